"""The currencies in use, and the decimals in which they are counted (ISO 4217)."""

from babel.core import get_global

CURRENCIES = frozenset(
    code
    for territory in get_global("territory_currencies").values()
    for code, _start, end, tender in territory
    if end is None and tender
)
"""ISO 4217 codes that are legal tender somewhere today (Unicode CLDR). Only new prices are checked.

They are read with this module: a workflow, which decides by them, may open no file later.
"""

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


def decimals_of(currency: str) -> int:
    """Return the number of decimals in which amounts of this currency are counted."""
    return DECIMALS.get(currency, USUAL_DECIMALS)
