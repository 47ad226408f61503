"""The ledger: every event of every lead in one append-only SQL table, on SQLite or PostgreSQL, and a row per lead.

A lead's workflow decides; the ledger keeps its events after Temporal's retention has deleted the history, and lists and
reports read them.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import func, select

from ledger.conversion import entry_of
from ledger.entry import Entry
from ledger.reader import LedgerReader
from ledger.recording import Reopening, rebuild, reopen, reopenings, write
from ledger.redacting import Erasure, epochs, erasures, redact
from ledger.tables import LEADS, SCHEMA_VERSION, find_identity, set_identity
from ledger.writing import Writing, make_writing
from process.core.events import Event
from process.views.lead_row import LeadRow
from process.views.snapshot import Snapshot


class Status(NamedTuple):
    """Result of `Ledger.check`."""

    location: str
    engine: str
    schema_version: int
    leads: int
    events: int


class Ledger(LedgerReader):
    """The tables of the ledger. One object serves all threads; any number of processes share the tables.

    Every method raises LedgerUnavailable for a temporary failure, and LedgerRefused for a permanent one.
    """

    def identity(self) -> str:
        """Return the random name that the ledger keeps in every copy. One that was made without gets it now."""
        with self._database.reading() as connection:
            found = find_identity(connection)
        if found is None:
            with self._database.writing() as connection:
                set_identity(connection)
                found = find_identity(connection)
        return found or ""

    # ---- writing

    def append(
        self,
        lead_id: str,
        entries: Sequence[Entry],
        *,
        after: int,
        row: LeadRow | None = None,
        snapshots: Sequence[Snapshot] = (),
        committed: bool = False,
    ) -> int:
        """Record events of one lead, its row and its read tables, all or nothing.

        Returns the last number without a gap before it.

        `entries` are all events after the number `after`, up to which the workflow's committed history knows
        them to be recorded; they may be none, and begin earlier. Those up to `after` are final from now on.
        What is recorded already is skipped, so a call may be repeated, even concurrently. Events above `after`
        that a lost workflow task has written are superseded by a newer writing. `snapshots` are those after new
        events; if some are missing, the read tables are made from all events. `committed` says that the
        events are in the lead's history for good, so whatever else stands there was lost.

        Raises LedgerConflict if a final event would change, and LedgerOutdated if a newer writing stands.
        """
        made_at = (row.updated_at, row.last_seq) if row else None
        writing = make_writing(lead_id, entries, after, made_at, committed)
        key = self._database.contents.key_of(lead_id) if entries else None
        with self._database.writing() as connection:
            return write(connection, writing, row, snapshots, key)

    def rebuild(self, lead_id: str, *, only_if_lagging: bool = False) -> bool:
        """Make the lead's row and read tables anew from its events: an older program may have written them.

        Returns False, and keeps the row, if this code cannot read the events as a lead, or some are missing.
        """
        now = datetime.now(UTC)
        with self._database.writing() as connection:
            return rebuild(connection, lead_id, now, only_if_lagging=only_if_lagging)

    def reopen(self, lead_id: str, after: int, reason: str, *, by: str = "the service") -> bool:
        """Allow a lead's workflow to write its events above `after` anew, as it does after a reset.

        They stand until then, and stay in the table. Who allowed it, when and why is recorded. Returns False,
        and records nothing, if those events are not final anyway, so the call may be repeated.
        Raises LedgerRefused for an unknown lead.
        """
        note = Reopening(lead_id, after, 0, datetime.now(UTC), by, reason)
        key = self._database.contents.key_of(lead_id)
        with self._database.writing() as connection:
            return reopen(connection, note, key)

    def redact(self, lead_id: str, epoch: int, events: Sequence[Event], request: str) -> int:
        """Let the ledger say of a lead what these events say, and nothing else: a person was erased from them.

        `events` are all events of the lead, redacted: numbers, kinds and times are those that are recorded.
        They are sealed under the lead's key of this epoch, which has to be newer than all that was recorded of the
        person. What lost workflow tasks have left is emptied. Row and read tables are made anew. All or nothing; it may
        be repeated. `request` names the request, and nobody.

        Returns the number of contents that were replaced. A repeat of an event as it was before is known as recorded from
        then on. Raises LedgerConflict if a final event is another one, and LedgerOutdated if the lead has recorded
        more meanwhile: read its events again.
        """
        entries = [entry_of(lead_id, event) for event in events]
        erasure = Erasure(lead_id, epoch, request, datetime.now(UTC))
        key = self._database.contents.key_at(lead_id, epoch)
        with self._database.writing() as connection:
            replaced = redact(connection, erasure, entries, key)
        self._database.overwrite()
        return replaced

    def erasures(self, lead_id: str) -> list[Erasure]:
        """Return the erasures from a lead's events, oldest first."""
        with self._database.reading() as connection:
            return erasures(connection, lead_id)

    def epochs(self, lead_id: str) -> dict[int, int]:
        """Return the number of the lead's contents by the epoch of their key; 0 stands for those that are not sealed."""
        with self._database.reading() as connection:
            return epochs(connection, lead_id)

    def reopenings(self, lead_id: str) -> list[Reopening]:
        """Return the notes of `reopen` about a lead, oldest first."""
        with self._database.reading() as connection:
            return reopenings(connection, lead_id)

    def check(self) -> Status:
        """Return what the ledger is and holds, after writing a probe event and rolling it back."""
        counts = select(func.count(), func.coalesce(func.sum(LEADS.c.recorded), 0))
        counts = counts.where(LEADS.c.recorded > 0)  # read from the index of that column
        with self._database.writing() as connection:
            leads, events = connection.execute(counts).one()
            with connection.begin_nested() as savepoint:
                write(connection, _PROBE, None)
                savepoint.rollback()
            dialect = connection.dialect
            version = ".".join(str(part) for part in dialect.server_version_info or ())
            return Status(self.location, f"{dialect.name} {version}", SCHEMA_VERSION, leads, int(events))


_PROBE_AT = datetime(2000, 1, 1, tzinfo=UTC)
_PROBE = Writing(
    lead_id="",  # no real lead has an empty id
    entries=[
        Entry.model_construct(
            lead_id="",
            seq=1,
            at=_PROBE_AT,
            kind="",
            by="",
            source="",
            key="",
            policy="",
            summary="",
            data={},
        )
    ],
    after=0,
    at=_PROBE_AT,
    length=None,
    committed=False,
)
