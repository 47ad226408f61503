"""The currencies in use, and the decimals in which they are counted (ISO 4217)."""

from functools import cache

from babel.core import get_global

USUAL_DECIMALS = 2

_NONE = ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV")
_FRANCS = ("XAF", "XOF", "XPF")
_THREE = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_FOUR = ("CLF", "UYW")
DECIMALS = dict.fromkeys((*_NONE, *_FRANCS), 0) | dict.fromkeys(_THREE, 3) | dict.fromkeys(_FOUR, 4)
"""Minor units that differ from two: ISO 4217, list one, published on 2024-06-25.

Compared code by code with the copy of that list in https://github.com/moneyphp/iso-currencies. Codes that are newer than
the copy (SLE, VED, ZWG, XCG) have two.

CLDR's digits are for display: they have none for RSD, ALL and IQD, whose contracts and invoices have decimals.
"""


@cache
def currencies() -> frozenset[str]:
    """Return the ISO 4217 codes that are legal tender somewhere today (Unicode CLDR). Only new prices are checked."""
    return frozenset(
        code
        for territory in get_global("territory_currencies").values()
        for code, _start, end, tender in territory
        if end is None and tender
    )


def decimals_of(currency: str) -> int:
    """Return the number of decimals in which amounts of this currency are counted."""
    return DECIMALS.get(currency, USUAL_DECIMALS)
