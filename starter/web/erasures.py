"""The requests for erasure as the pages reach them: who is found, what is asked for, agreed to, held and withdrawn.

The pages only ask and agree. They may neither write into the ledger nor destroy keys, so an administrator carries a request
out (`leads erase`).
"""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from client.erasure.doubts import doubt_about
from client.erasure.errors import ErasureRefused, KeysOff
from client.erasure.finding import Found, find, person_named
from client.erasure.opening import Erasures, open_erasures
from client.erasure.settings import fields_naming
from client.export_person import collect, write_zip
from config.settings import Settings
from ledger.reader import LedgerReader
from process.core.refusal import Refused, refuse
from process.policy import Policy
from process.privacy.person import Person
from process.types import one_line
from starter.web.auth.database import WebDatabase
from starter.web.auth.forgetting import Found as FoundInPages
from starter.web.auth.forgetting import find_person

MAX_WORDS: Final = 20
"""Words by which one person is looked for at most."""
NOBODY: Final = refuse(
    "Name the person by a mail address, a login (as @ada) or a name of two letters or more"
)


@contextmanager
def erasures_of(settings: Settings) -> Iterator[Erasures | None]:
    """Open the journal of the settings; None where nothing is sealed, so that nothing can be erased from backups."""
    with ExitStack() as opened:
        try:
            erasures = opened.enter_context(open_erasures(settings))
        except KeysOff:
            erasures = None
        yield erasures


@dataclass(frozen=True)
class Search:
    """A search for a person: the words that were given, and what every store keeps of them."""

    given: Person
    found: Found
    pages: FoundInPages
    """Rows of the store of the pages."""
    settings: tuple[str, ...]
    """Settings that name the person."""
    exactly: bool
    limited: bool = False
    """True if some of the leads are left out."""

    @property
    def is_empty(self) -> bool:
        """True if no store keeps anything of the person."""
        return not (self.found.leads or self.pages)

    def doubt(self, erasures: Erasures, today: date) -> Refused | None:
        """Return why a request for this person would be a mistake, or None. Raises KeysUnavailable."""
        return doubt_about(erasures.requests, self.given, self.found, today, limited=self.limited)


def demand(erasures: Erasures | None) -> Erasures:
    """Return the journal. Raises KeysOff where there is none."""
    if erasures is None:
        raise KeysOff
    return erasures


def person_of_words(text: str) -> Person:
    """Return the person with these words, one on each line. Raises ErasureRefused."""
    words = [word for line in text.splitlines() if (word := one_line(line))]
    if len(words) > MAX_WORDS:
        raise ErasureRefused(refuse(f"Give at most {MAX_WORDS} words of the person, one on each line"))
    try:
        return person_named(words)
    except (ValidationError, ValueError):
        raise ErasureRefused(NOBODY) from None


def search(
    ledger: LedgerReader,
    pages: WebDatabase,
    policy: Policy,
    person: Person,
    lead_ids: Iterable[str] = (),
    *,
    exactly: bool = False,
) -> Search:
    """Return what leads, pages and settings keep of the person, and all words by which leads know them.

    It reads every event. Raises LedgerError or StoreUnavailable.
    """
    found = find(ledger, person, lead_ids=lead_ids, widen=not exactly)
    rows, named = find_person(pages, found.person), fields_naming(policy, found.person)
    return Search(person, found, rows, tuple(named), exactly)


def zip_of(ledger: LedgerReader, found: Found) -> bytes:
    """Return everything that these leads keep of the person, as a ZIP file. Raises LedgerError."""
    data = collect(ledger, found.person, [each.lead_id for each in found.leads])
    with tempfile.TemporaryDirectory(prefix="leads-") as folder:
        file = Path(folder) / "personal-data.zip"
        write_zip(file, found.person, data, datetime.now(UTC))
        return file.read_bytes()
