"""A lead's events go to the ledger. Recorded again, they are recognised; nothing else can be."""

from collections.abc import Iterator

from activities.checks import Check
from activities.errors import again, park
from activities.ledger.events import Entry, Ledger, LedgerError, LedgerUnavailable
from activities.performs import performs
from process.effects import Outcome, Task
from process.facts import Event


class LedgerActivities:
    """Holds the ledger, which serves all threads."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @performs("record_events")
    def record_events(self, task: Task) -> Outcome:
        """Records the events that the task brings; answers up to which one the ledger is complete."""
        try:
            if not task.events:
                return Outcome(recorded=self._ledger.last_seq(task.lead.id))
            return Outcome(
                recorded=self._ledger.append([entry_of(task.lead.id, event) for event in task.events])
            )
        except LedgerUnavailable as error:
            raise again(str(error)) from None
        except LedgerError as error:
            raise park(str(error)) from None

    def checks(self) -> Iterator[Check]:
        """Whether the ledger can be written."""
        try:
            status = self._ledger.check()
        except LedgerError as error:
            yield Check("Ledger", "can be written", ok=False, detail=str(error))
        else:
            detail = f"{status.engine} at {status.place}: {status.events} events of {status.leads} leads"
            yield Check("Ledger", "can be written", ok=True, detail=detail)


def entry_of(lead: str, event: Event) -> Entry:
    return Entry(
        lead=lead,
        seq=event.seq,
        at=event.at,
        kind=event.kind,
        by=event.fact.by,
        source=event.fact.source,
        key=event.key or "",
        policy=event.policy,
        words=event.words,
        data=event.fact.model_dump(mode="json"),
    )


def event_of(entry: Entry) -> Event:
    """The event as it was, of whichever kind its JSON says; one that this code does not know is kept whole."""
    return Event.model_validate(
        {
            "seq": entry.seq,
            "at": entry.at,
            "policy": entry.policy,
            "words": entry.words,
            "fact": entry.data,
        }
    )
