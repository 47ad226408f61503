"""Opens everything that an erasure reaches, as the settings name it."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from client.chores import Chores
from client.erasure.erasing import Erasing
from client.erasure.opening import open_erasures
from client.erasure.requests import Requests
from client.erasure.settings import fields_naming
from client.erasure.steps import Stores
from client.errors import KeysFailed, LedgerFailed
from client.key_rings import demand_keys
from client.ledgers import ledger_of
from config.policy_file import current_policy
from config.settings import Settings
from keys.errors import KeysError
from keys.journal import ErasureJournal
from keys.ring import KeyRing
from ledger.errors import LedgerError
from ledger.ledger import Ledger
from process.policy import Policy
from process.privacy.person import Person
from starter.cli.configuration import read_settings
from starter.cli.pages_store import EmptyStore, PagesStore
from starter.cli.session import leads_of

LOGS = Path(".leads/logs")
"""Folder in which `leads up` writes its logs."""


@dataclass(frozen=True)
class Opened:
    """The stores of an erasure that need no Temporal."""

    settings: Settings
    policy: Policy
    ledger: Ledger
    ring: KeyRing
    journal: ErasureJournal
    requests: Requests

    def names_in_settings(self, person: Person) -> list[str]:
        """Return the fields of the policy's team that name the person."""
        return fields_naming(self.policy, person)

    @property
    def pages(self) -> PagesStore | EmptyStore | None:
        """The store of the pages; None if it is not reached from here. Whoever asks closes it."""
        return PagesStore.of(self.settings, self.ring)

    def places_in_pages(self, person: Person) -> list[str] | None:
        """Return the places in the store of the pages that name the person; None if it is not reached from here."""
        store = self.pages
        if store is None:
            return None
        with closing(store):
            return [each.where for each in store.places(person)]

    async def erasing(self, logs: Sequence[Path], *, no_pages: bool = False) -> Erasing:
        """Return what carries requests out, connected to Temporal. Raises LeadsError.

        `no_pages`: somebody says that there are none.
        """
        leads = await leads_of()
        return Erasing(
            Stores(leads, self.ledger, self.ring, self.journal),
            Chores.of(leads.client, self.settings),
            self.requests,
            pages=self.pages,
            no_pages=no_pages,
            logs=(*logs, LOGS),
        )


@contextmanager
def opened_stores() -> Iterator[Opened]:
    """Open the ledger, the keys and the journal of the settings. Raises KeysOff, KeysFailed or LedgerFailed."""
    settings = read_settings()
    demand_keys(settings)
    try:
        with closing(ledger_of(settings)) as ledger, open_erasures(settings) as opened:
            policy = current_policy(settings)
            yield Opened(settings, policy, ledger, opened.ring, opened.journal, opened.requests)
    except LedgerError as error:
        raise LedgerFailed(str(error)) from error
    except KeysError as error:
        raise KeysFailed(str(error)) from error
