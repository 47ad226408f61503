"""Correcting a mistaken decision, and replacing issues and folders that were deleted."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Self

from pydantic import Field

from process.core import fold
from process.core.events import Change, Event, EventLog
from process.core.refusal import Refused, Suggestion, SuggestionKind, leave_out, refuse, suggest
from process.corrections.compensation import compensations
from process.corrections.correcting_decision import CorrectingDecision
from process.corrections.impact import offered
from process.corrections.remaining import remaining, restated_by
from process.corrections.unresolved import UnresolvedCorrection
from process.decisions.base import EVERY_TEAM, Decision, mail
from process.decisions.opening import LeadOpened
from process.effects import Effect, OpenHubIssue, OpenIssue, PlaceCard, ReadAnswers
from process.effects.reservations import folder_effects
from process.lead.lead import Lead
from process.money.billing import first_double_billing
from process.types import Role, Stage


class IssueReplaced(Decision):
    """The lead's issue or its hub's was deleted on GitHub; a new one is opened in its place."""

    kind = "issue_replaced"
    deciders = EVERY_TEAM

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        lead = event_log.lead
        if lead.drift.keys().isdisjoint(("issue", "hub issue")):
            there = f": {lead.issue.url}" if lead.issue else ""
            return refuse(f"No issue of this lead is known to be gone{there}")
        return None

    def apply(self, lead: Lead, event: Event) -> Lead:
        gone: dict[str, object] = {}
        if "issue" in lead.drift:
            gone |= {"issue": None, "card": None}
        if "hub issue" in lead.drift:
            gone["hub_issue"] = None
        others = {artifact: text for artifact, text in lead.drift.items() if artifact == "folder"}
        return lead.replaced(drift=others, **gone)

    def effects(self, change: Change) -> Iterable[Effect]:
        if change.after.issue is None:
            yield OpenIssue(key=change.key("open_issue"), cause=change.event.seq)
            yield PlaceCard(key=change.key("place_card"), cause=change.event.seq)
        if change.before.hub_issue and change.after.hub_issue is None:
            yield OpenHubIssue(key=change.key("open_hub_issue"), cause=change.event.seq)

    def summary(self, event_log: EventLog) -> str:
        return self.with_note("What was deleted on GitHub is opened anew")


class FolderReplaced(Decision):
    """The lead's Drive folder was deleted or is in the trash; a new one takes its place, with the same invoices.

    Files that people had put there are only in Drive's trash.
    """

    kind = "folder_replaced"
    deciders = EVERY_TEAM

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        lead = event_log.lead
        if "folder" not in lead.drift:
            there = f": {lead.folder.url}" if lead.folder else ""
            return refuse(f"No folder of this lead is known to be gone{there}")
        return None

    def apply(self, lead: Lead, event: Event) -> Lead:
        others = {artifact: text for artifact, text in lead.drift.items() if artifact != "folder"}
        # the invoices are written again, into the new folder
        gone: dict[str, object] = {
            "folder": None,
            "folder_id": None,
            "folder_wanted": True,
            "invoice_files": {},
        }
        return lead.replaced(drift=others, **gone)

    def effects(self, change: Change) -> Iterable[Effect]:
        yield from folder_effects(change)

    def summary(self, event_log: EventLog) -> str:
        return self.with_note("A new Drive folder takes the place of the one that is gone")


class Corrected(CorrectingDecision):
    """An earlier decision was a mistake and no longer counts. Both stay in the log. Nobody is told unless asked for.

    The card, the labels and the issues follow by themselves. Mails that the decision asked for are suspended if they have
    not been sent; correcting the correction queues them again. Messages that have reached people are put right on request
    (field compensate): by mail to the recipients, in the answer to the comment, in a comment on the issue, or at the hub's
    issue. The preview lists all of it; the answer lists what was not put right. That needs attention until the same event is
    corrected again, which then only puts right what is left, or until it is said to be fine (rest_is_fine).
    """

    kind = "corrected"
    deciders = EVERY_TEAM
    stages = frozenset(Stage)
    example = {"seq": 4, "reason": "That was another lead's quote"}

    tell: bool = Field(
        False, description="tell sales and the contracts team by mail, even if the decision sent them none"
    )

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        event = event_log.find(self.seq)
        if event is None:
            return refuse(
                f"There is no {self.seq} in the timeline",
                Suggestion(
                    kind=SuggestionKind.TIMELINE, text="Look up the decision's number in the lead's timeline"
                ),
                *_newest(event_log, self.reason),
            )
        if not isinstance(event.fact, Decision):
            return refuse(
                f"{self.seq} is no decision but something that happened ({event.summary})",
                "Correct the decision that led to it",
            )
        if isinstance(event.fact, LeadOpened):
            return refuse(
                "That the lead was opened can't be undone",
                suggest("Change its details", "details_changed"),
                suggest("Or merge it into the lead that it is a duplicate of", "merged"),
            )
        if (completed := event.fact.completes) is not None:
            return refuse(
                f"{self.seq} only put right outside what {completed} had left",
                suggest("To take back the correction itself, correct that", "corrected", seq=completed),
            )
        if correction := fold.corrected_by(event_log.corrections).get(self.seq):
            return self._nothing_to_add(event_log, correction) or self._nothing_to_compensate(event_log)
        if broken := tuple(fold.broken(event_log, self.seq)):
            return _refuse_dependents(broken, event.fact.supersedes)
        if again := first_double_billing(fold.without(event_log, self.seq)):
            return refuse(
                f"Invoice {again.number} has billed the same since",
                suggest("Void that one first", "invoice_voided", number=again.number),
            )
        return self._nothing_to_compensate(event_log)

    def _nothing_to_add(self, event_log: EventLog, correction: int) -> Refused | None:
        """Return the reason to refuse an addition to this correction, or None."""
        left = offered(event_log, self.seq)
        wrong = any(each.seq == self.seq for each in event_log.lead.unresolved)
        if ("all" not in self.compensate or left) and (self.compensate or (self.rest_is_fine and wrong)):
            return None
        more = suggest(
            "What it left outside can still be put right",
            "corrected",
            seq=self.seq,
            reason=self.reason,
            compensate=list(left),
        )
        asked = self.compensate or self.rest_is_fine
        return refuse(
            f"{self.seq} is already corrected" + (", and nothing is left to put right" if asked else ""),
            more if left and not asked else "",
            suggest("To make it count again, correct its correction", "corrected", seq=correction),
        )

    def _nothing_to_compensate(self, event_log: EventLog) -> Refused | None:
        """Return the reason to refuse a named compensation without an object, or None. `all` may have none."""
        if not self.compensate:
            return None
        possible = offered(event_log, self.seq)
        for kind in self.compensate:
            if kind != "all" and kind not in possible:
                there = (
                    f"What can be put right is {', '.join(possible)}"
                    if possible
                    else leave_out(("compensate",))
                )
                texts = _NOTHING_LEFT if self.seq in fold.superseded(event_log.corrections) else _NOTHING
                return refuse(texts[kind].format(self.seq), there)
        return None

    def resolved(self, event_log: EventLog, now: datetime) -> Self:
        """Record each compensation by name instead of `all`."""
        possible = offered(event_log, self.seq) if self.compensate else ()
        asked = tuple(kind for kind in possible if kind in self.compensate or "all" in self.compensate)
        completed = fold.corrected_by(event_log.corrections).get(self.seq)
        resolved = self.replaced(compensate=asked, adds_to=completed, left=(), told=(), restated=None)
        event = Event(seq=event_log.lead.last_seq + 1, at=now, fact=resolved)
        after = event_log.then(event, fold.fold((*event_log.events, event), event_log.lead.id))
        found = remaining(after, self.seq)
        told = tuple(address for each in found for address in each.told)
        restated = restated_by(event_log, self.seq) if found else None
        return resolved.replaced(left=tuple(each.left for each in found), told=told, restated=restated)

    def apply(self, lead: Lead, event: Event) -> Lead:
        lead = lead.replaced(unresolved=self._unresolved(lead, event))
        if "hub" not in self.compensate or lead.hub.requested_on:
            return lead
        hub = lead.hub.replaced(withdrawn_on=lead.today(event.at))
        return lead.replaced(hub=hub)

    def _unresolved(self, lead: Lead, event: Event) -> tuple[UnresolvedCorrection, ...]:
        """Return the lead's unresolved corrections after this one."""
        known = next((each for each in lead.unresolved if each.correction == self.adds_to), None)
        others = tuple(each for each in lead.unresolved if each is not known)
        if self.rest_is_fine or not self.left or (self.adds_to and known is None):
            return others
        known = known or UnresolvedCorrection(
            seq=self.seq, correction=event.seq, on=lead.today(event.at), left=(), restated=self.restated
        )
        return (*others, known.replaced(left=self.left, told=self.told))

    def follow_ups(self, event_log: EventLog) -> tuple[Suggestion, ...]:
        if self.rest_is_fine:
            return ()
        wrong = [each for each in remaining(event_log, self.seq) if each.left != "unsent mail"]
        if not wrong:
            return ()
        again = {"seq": self.seq, "reason": self.reason}
        return (
            Suggestion(text=f"Not put right: {'; '.join(each.summary for each in wrong)}"),
            suggest("Put it right", "corrected", **again, compensate=[each.left for each in wrong]),
            suggest("Or let it be", "corrected", **again, rest_is_fine=True),
        )

    def effects(self, change: Change) -> Iterable[Effect]:
        if (
            change.after.hub.requested_on
            and not change.before.hub.requested_on
            and change.after.hub_issue is None
        ):
            yield OpenHubIssue(key=change.key("open_hub_issue"), cause=change.event.seq)
        response = change.after.questionnaire.response_id
        # while it was merged, the other lead read the edits of its response
        if change.before.merged_into and not change.after.merged_into and response:
            yield ReadAnswers(key=change.key("read_answers"), cause=change.event.seq, response_id=response)
        if self.tell:
            yield mail(change, "corrected", Role.SALES, Role.CONTRACTS, seq=str(self.seq), reason=self.reason)
        yield from compensations(change.event_log)

    def summary(self, event_log: EventLog) -> str:
        if self.adds_to:
            done = [f"put right now: {', '.join(self.compensate)}"] if self.compensate else []
            done += ["what is left may stay as it is"] if self.rest_is_fine else []
            return self.with_note(f"{self.seq} was corrected as {self.adds_to}; {', and '.join(done)}")
        # name the decision that counts again, not only the correction
        event = event_log.find(self.seq)
        if event and event.fact.supersedes is not None:
            again = event.fact.supersedes
            return self.with_note(f"{self.seq} was a mistake, so {again} counts again: {self.reason}")
        return self.with_note(f"{self.seq} was a mistake and no longer counts: {self.reason}")


_NOTHING = {
    "mail": "No mail about {} would be wrong after the correction",
    "comment": "The lead's issue has not shown {}",
    "answer": "{} was not decided in a comment, so no answer speaks of it",
    "hub": "No issue of the hub is open because of {}",
}

_NOTHING_LEFT = {
    "mail": "Everybody who got a mail about {} was told, or is being told",
    "comment": "No comment about {} is missing on the lead's issue",
    "answer": "No answer to a comment confirms {}",
    "hub": "No issue of the hub is open because of {}",
}


def _newest(event_log: EventLog, reason: str) -> Iterator[Suggestion]:
    """Suggest a correction of the newest decision that counts, if there is one besides the opening."""
    corrected = fold.superseded(event_log.corrections)
    for event in reversed(event_log.events):
        if isinstance(event.fact, Decision) and event.seq > 1 and event.seq not in corrected:
            yield suggest(
                "The newest decision is corrected like this", "corrected", seq=event.seq, reason=reason
            )
            return


MAX_NAMED = 8
"""Most numbers that a sentence names."""


def _refuse_dependents(broken: tuple[Event, ...], undone: int | None) -> Refused:
    """Refuse a correction that would invalidate later decisions, and suggest to correct those first."""
    first, *others = broken
    if first.seq == undone:
        return refuse(
            f"{first.seq} ({first.summary}) could not be decided as things are now",
            suggest("Decide it anew", first.kind),
        )
    order = [str(event.seq) for event in reversed(broken)]
    rest = (
        f", and so {'do' if len(others) > 1 else 'does'} {_and([str(e.seq) for e in others])}"
        if others
        else ""
    )
    return refuse(
        f"{first.seq} ({first.summary}) rests on it{rest}",
        suggest(
            f"Correct {_and(order)} first" + (", in this order" if others else ""),
            "corrected",
            seq=broken[-1].seq,
        ),
    )


def _and(names: list[str]) -> str:
    if len(names) > MAX_NAMED:
        return f"{', '.join(names[:MAX_NAMED])} and {len(names) - MAX_NAMED} more"
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
