"""Refused decisions, in modules named as in `process/decisions`."""

from tests.support.refused import billing, contracting, details, qualifying, quoting, serving

REFUSED = [
    *details.REFUSED,
    *qualifying.REFUSED,
    *quoting.REFUSED,
    *contracting.REFUSED,
    *serving.REFUSED,
    *billing.REFUSED,
]
