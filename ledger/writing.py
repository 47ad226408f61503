"""Decides what a writing changes in the ledger: a pure function, without a database.

A lead's workflow writes its events within the workflow task that recorded them. If the worker dies afterwards, the task
is lost and done again: the same numbers may then carry other events, of a later time, perhaps fewer. So events above the
number that the workflow knows to be recorded can be superseded by a newer writing, and only those.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from ledger.entry import Entry
from ledger.errors import LedgerConflict, LedgerOutdated, LedgerRefused

VOID = "void"
"""Kind of a row that voids a lost event."""


class Writing(NamedTuple):
    """The writing of one call of a lead's workflow."""

    lead_id: str
    entries: Sequence[Entry]
    """Consecutive events, in order."""
    after: int
    """Number up to which the workflow's committed history knows the events to be recorded."""
    at: datetime | None
    """Time of the writing by the lead's clock, or None if it has no events and no row."""
    length: int | None
    """Number of the lead's newest event, if the writing tells it."""
    committed: bool
    """True if the events are part of the lead's history for good."""

    @property
    def last(self) -> int:
        """Number of the newest event that the writer knows."""
        return max(self.after, self.entries[-1].seq if self.entries else 0)


class LeadState(NamedTuple):
    """The knowledge of the ledger about a lead's writings."""

    confirmed: int = 0
    """Number up to which events are final."""
    written_at: datetime | None = None
    """Time of the newest writing."""
    redacted: int = 0
    """Number up to which the events say no longer what was recorded, because a person was erased."""


class Standing(NamedTuple):
    """The entry under one number."""

    revision: int
    entry: Entry | None
    """The valid event, or None if it was voided."""


class Changes(NamedTuple):
    """The changes that a writing makes."""

    entries: tuple[tuple[int, Entry], ...] = ()
    """New rows, each with its revision."""
    voids: tuple[tuple[int, int], ...] = ()
    """Number and revision of each new row that voids a lost event."""
    supersedes: bool = False
    """True if what stood there was lost."""

    @property
    def written(self) -> list[tuple[int, int, str]]:
        """Number, revision and kind of each new row, in their order."""
        events = [(entry.seq, revision, entry.kind) for revision, entry in self.entries]
        return [*events, *((seq, revision, VOID) for seq, revision in self.voids)]


def make_writing(
    lead_id: str,
    entries: Sequence[Entry],
    after: int,
    row: tuple[datetime, int] | None,
    committed: bool,
) -> Writing:
    """Return the writing. `row`: time and newest event number of the lead's row. Raises LedgerRefused."""
    ordered = sorted(entries, key=lambda entry: entry.seq)
    if any(entry.lead_id != lead_id for entry in ordered):
        raise LedgerRefused("One call must record events of exactly one lead.")
    numbers = [entry.seq for entry in ordered]
    if numbers and (numbers != list(range(numbers[0], numbers[-1] + 1)) or numbers[0] > after + 1):
        raise LedgerRefused(
            "One call must record consecutive events, from the first one that is not recorded."
        )
    times = [entry.at for entry in ordered] + ([row[0]] if row else [])
    return Writing(lead_id, ordered, after, max(times, default=None), row[1] if row else None, committed)


def changes_of(writing: Writing, state: LeadState, standing: Mapping[int, Standing]) -> Changes:
    """Return what the writing changes.

    `standing` has every number from the writing's first or from the first that is not final, whichever is less.
    Raises LedgerConflict if a final event would change, and LedgerOutdated if a newer writing stands.
    """
    final = max(writing.after, state.confirmed)
    new: list[tuple[int, Entry]] = []
    first_other: tuple[Entry, Entry] | None = None
    for entry in writing.entries:
        revision, valid = standing.get(entry.seq, _NOTHING)
        if _is_recorded(entry, valid, state.redacted):
            continue
        if valid is not None:
            if entry.seq <= final:
                raise LedgerConflict(writing.lead_id, entry.seq)
            first_other = first_other or (entry, valid)
        new.append((revision + 1, entry))
    lost = _lost(writing, state, standing, final, superseding=first_other is not None)
    if not writing.committed and any(entry.seq > final for _, entry in new):
        _require_newer(writing, state, first_other)
    return Changes(tuple(new), lost, supersedes=bool(first_other or lost))


_NOTHING = Standing(0, None)


def _is_recorded(entry: Entry, valid: Entry | None, redacted: int) -> bool:
    """Check if the entry is what stands. Of a redacted one only the outside is compared: a repeat brings no words back."""
    if valid is None or entry.seq > redacted:
        return valid == entry
    return _outside(entry) == _outside(valid)


def _outside(entry: Entry) -> tuple[datetime, str, str, str]:
    return entry.at, entry.kind, entry.source, entry.policy


def _lost(
    writing: Writing, state: LeadState, standing: Mapping[int, Standing], final: int, *, superseding: bool
) -> tuple[tuple[int, int], ...]:
    """Return the voids for the events that stand beyond the end of the lead."""
    if superseding:
        end = max(writing.last, final)
    elif writing.length is not None and _is_newer(writing.at, state.written_at):
        end = max(writing.length, writing.last, final)
    else:
        return ()
    return tuple(
        (seq, there.revision + 1)
        for seq, there in sorted(standing.items())
        if seq > end and there.entry is not None
    )


def _require_newer(writing: Writing, state: LeadState, first_other: tuple[Entry, Entry] | None) -> None:
    """Raise LedgerOutdated unless the writing may add to what stands, or supersede it."""
    if first_other is None:
        allowed = not _is_newer(state.written_at, writing.at)
    else:
        mine, theirs = first_other
        allowed = mine.at > theirs.at and _is_newer(writing.at, state.written_at)
    if not allowed:
        raise LedgerOutdated(writing.lead_id)


def _is_newer(at: datetime | None, other: datetime | None) -> bool:
    return at is not None and (other is None or at > other)
