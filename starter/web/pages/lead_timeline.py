"""The timeline of a lead's page: filtered, newest first, page by page."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal, NamedTuple, get_args

from process.actor import Face
from process.core.events import BY_DATE, Event, EventLog, Fact
from process.core.fold import corrected_by
from process.decisions.base import Decision
from process.decisions.opening import LeadOpened
from process.effects.observations import MailSent
from process.views.lead_overview import TimelineLine
from process.views.overview import line_of

PAGE = 50
"""Number of events on a page."""
ABOVE = 5
"""Number of later events that are shown above one that is asked for."""

Group = Literal["people", "calendar", "outside", "mail"]
GROUPS: tuple[Group, ...] = get_args(Group)

_THROUGH: dict[str, str] = {
    Face.COMMENT: "in a comment",
    Face.ISSUE: "on the issue",
    Face.BOARD: "on GitHub's board",
    Face.PAGE: "on a page",
    Face.API: "through the API",
    Face.LINK: "through a link",
    Face.QUESTIONNAIRE: "in the questionnaire",
    Face.COMMAND_LINE: "at the command line",
    Face.SIGNAL: "through Temporal",
    Face.UPDATE: "through Temporal",
}


class Entry(NamedTuple):
    """One event as the timeline shows it."""

    line: TimelineLine
    group: Group
    through: str
    """The face through which a decision came, as words."""
    note: str
    """The person's note or reason, if the summary does not tell it."""
    correctable: bool


class Timeline(NamedTuple):
    """A page of the timeline, newest first."""

    entries: tuple[Entry, ...]
    total: int
    """Number of all events of the lead."""
    group: Group | None
    earlier: int | None
    """The number before which the next page begins; None on the last page."""
    later: bool
    """True if there are newer events than those of this page."""

    def find(self, seq: int) -> Entry | None:
        """Return the event of this number, or None if it is not on the page."""
        return next((entry for entry in self.entries if entry.line.seq == seq), None)

    @property
    def seqs(self) -> frozenset[int]:
        """The numbers of the events on the page."""
        return frozenset(entry.line.seq for entry in self.entries)


class _Item(NamedTuple):
    seq: int
    group: Group
    entry: Callable[[], Entry]


def timeline_of(
    log: EventLog, group: Group | None = None, before: int | None = None, event: int | None = None
) -> Timeline:
    """Return the events of this group: those before the number `before`, those around `event`, or the newest ones."""
    out = corrected_by(log.corrections)
    items = [
        _Item(each.seq, group_of(each.kind, each.fact.source), partial(_entry, each, out.get(each.seq)))
        for each in log.events
    ]
    return _page(items, group, before, event)


def timeline_of_lines(
    lines: Sequence[TimelineLine],
    group: Group | None = None,
    before: int | None = None,
    event: int | None = None,
) -> Timeline:
    """Return the same from the lines of an overview, which tell no notes."""
    items = [
        _Item(line.seq, group_of(line.kind, line.source), partial(_entry_of_line, line)) for line in lines
    ]
    return _page(items, group, before, event)


def _page(items: Sequence[_Item], group: Group | None, before: int | None, event: int | None) -> Timeline:
    found = [item for item in items if group is None or item.group == group]
    seqs = [item.seq for item in found]
    end = len(found)
    if event is not None:
        end = min(end, bisect_right(seqs, event) + ABOVE)
    elif before is not None:
        end = bisect_left(seqs, before)
    start = max(0, end - PAGE)
    return Timeline(
        entries=tuple(item.entry() for item in reversed(found[start:end])),
        total=len(items),
        group=group,
        earlier=seqs[start] if start else None,
        later=end < len(found),
    )


def group_of(kind: str, source: str) -> Group:
    """Return the group of an event: a person's decision, a date, a mail, or what else came from outside."""
    if source == BY_DATE:
        return "calendar"
    if kind == MailSent.kind:
        return "mail"
    return "people" if issubclass(Fact.kinds.get(kind, Fact), Decision) else "outside"


def _entry(event: Event, corrected_by: int | None) -> Entry:
    fact, line = event.fact, line_of(event, corrected_by)
    told = (getattr(fact, name, None) for name in ("reason", "note"))
    note = next((text for text in told if text and text not in line.summary), "")
    completes = fact.completes is not None
    return _entry_of_line(line)._replace(note=note, correctable=_is_correctable(line) and not completes)


def _entry_of_line(line: TimelineLine) -> Entry:
    through = _THROUGH.get(line.source, "")
    through = "" if through in line.by else through
    return Entry(line, group_of(line.kind, line.source), through, "", _is_correctable(line))


def _is_correctable(line: TimelineLine) -> bool:
    kind = Fact.kinds.get(line.kind, Fact)
    return issubclass(kind, Decision) and kind is not LeadOpened and not line.corrected
