"""The ids of leads in texts. An id is a key that the service made, so its letters are nobody's name."""

import re
from collections.abc import Iterable
from typing import Final

from process.identity import invoices_of

_PREFIX: Final = "lead-"
_TOKEN = re.compile(rf"{_PREFIX}[a-z0-9_-]+", re.ASCII)
_INVOICE = re.compile(r"(?<![\w-])([A-Z0-9_-]+)-\d{3,}(?!\w)", re.ASCII)
_IN_PLACE: Final = "|"
"""Stands where an id stood: what is on its left and right is not one name."""


class LeadIds:
    """Known ids of leads, by which these and the numbers of their invoices are told from other words."""

    def __init__(self, lead_ids: Iterable[str] = ()) -> None:
        # Temporal's own tools can begin a workflow of any id, such as a person's name, which must not hide that person
        self._known = frozenset(each for each in lead_ids if each.startswith(_PREFIX))
        self._invoices = frozenset(map(invoices_of, self._known))
        self._odd = sorted(
            (each for each in self._known if not _TOKEN.fullmatch(each)), key=len, reverse=True
        )

    def left_out(self, text: str) -> str:
        """Return the text without these ids. One that is unknown, such as a word that only looks like it, stays."""
        for lead_id in self._odd:  # of leads that were begun in Temporal's own tools
            text = text.replace(lead_id, _IN_PLACE)
        text = _TOKEN.sub(self._without_id, text)
        return _INVOICE.sub(lambda found: _IN_PLACE if found[1] in self._invoices else found[0], text)

    def _without_id(self, found: re.Match[str]) -> str:
        """Return what follows the longest known id at the beginning of the match."""
        whole = lead_id = found[0]
        while lead_id not in self._known:
            end = max(lead_id.rfind("-"), lead_id.rfind("_"))
            if end < 0:
                return whole
            lead_id = lead_id[:end].rstrip("-_")
        return _IN_PLACE + whole[len(lead_id) :]
