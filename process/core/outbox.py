"""The outbox of a lead: effects that are still to be performed. Each function is pure and returns a new outbox."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime

from process.core.packed import Packed
from process.effects import AnyEffect, CheckFolder, CheckIssues, Effect, ReserveIds, SendMail
from process.lead.lead import Lead
from process.types import Given, Id, Mention, Model, Words


class Outstanding(Model):
    """An effect that is still to be performed. A parked one failed for good and waits for a retry."""

    effect: AnyEffect
    status: Literal["waiting", "parked"] = "waiting"
    reason: Words = ""
    """The cause of its failure: for good, or for now if the outside named a time for the next attempt."""
    since: AwareDatetime | None = None
    next_attempt_at: AwareDatetime | None = None
    """Time of the next attempt, if the outside named it."""


class Finished(Model):
    """An effect that was performed."""

    key: Id
    summary: Mention
    at: AwareDatetime


class FinishedEffects(Packed[Finished]):
    """The newest effects that were performed, oldest first."""

    item = Finished


class DriftCheck(Given):
    """A request to check whether somebody changed the lead's things outside."""

    issues: bool = True
    """True to check the lead's issue, its card and the hub's issue."""
    folder: bool = True
    """True to check the lead's Drive folder."""
    duplicates: tuple[int, ...] = ()
    """Numbers of other issues that carry the lead's marker."""

    def effects(self, lead: Lead) -> Iterator[Effect]:
        """Yield the effects that perform the check."""
        seq = lead.last_seq
        others = "".join(f"-{number}" for number in self.duplicates)
        if self.issues:
            key = f"{lead.id}/{seq}/check_issues{others}"
            yield CheckIssues(key=key, cause=seq, duplicates=self.duplicates)
        if self.folder:
            yield CheckFolder(key=f"{lead.id}/{seq}/check_folder", cause=seq)


Outbox = tuple[Outstanding, ...]

MAX_BATCH = 12
"""Number of effects that start together. One after the other, they take a worker's thread for as long as all of them."""


def startable(outbox: Outbox, lead: Lead, busy: Collection[str]) -> tuple[Effect, ...]:
    """Return the effects that can start together now, in order: those of each queue that is not busy.

    An effect that is not ready yet is among them only if one before it brings the object for which it may wait.
    """
    waiting = [item.effect for item in outbox if item.status == "waiting" and item.effect.queue not in busy]
    found: list[Effect] = []
    for effect in sorted(waiting, key=lambda effect: effect.comes_last):
        if may_start(effect, lead, found):
            found.append(effect)
    return tuple(found[:MAX_BATCH])


def may_start(effect: Effect, lead: Lead, before: Iterable[Effect]) -> bool:
    """Return True if the effect is ready, or may become so by one of the effects that start before it."""
    return effect.ready(lead) or any(other.brings_link for other in before)


def planned(outbox: Outbox, effects: Collection[Effect], lead: Lead) -> Outbox:
    """Add new effects for the lead as it is now.

    An effect that coalesces replaces older ones of its kind. Obsolete effects are dropped.
    """
    newest = {effect.kind for effect in effects if effect.coalesces}
    kept = tuple(item for item in outbox if item.effect.kind not in newest)
    new = (
        effect for effect in effects if not (_introduces_again(effect, kept) or _reserves_again(effect, kept))
    )
    together = (*kept, *(Outstanding(effect=effect) for effect in new))
    return tuple(item for item in together if not item.effect.is_obsolete(lead))


def checking(outbox: Outbox, check: DriftCheck, lead: Lead) -> Outbox:
    """Queue the requested drift checks. A check that is already queued is not added again; a parked one is retried."""
    for effect in check.effects(lead):
        queued = next((item.effect.key for item in outbox if _same(item.effect, effect)), None)
        if queued:
            outbox = retried(outbox, queued)
        elif not effect.is_obsolete(lead):
            outbox = (*outbox, Outstanding(effect=effect))
    return outbox


def parked(outbox: Outbox) -> Outbox:
    """Return the effects that failed for good."""
    return tuple(item for item in outbox if item.status == "parked")


def retried(outbox: Outbox, key: str | None = None) -> Outbox:
    """Let parked effects start again: all of them, or the one with this key."""
    return tuple(
        Outstanding(effect=item.effect)
        if item.status == "parked" and key in (None, item.effect.key)
        else item
        for item in outbox
    )


def postponed(outbox: Outbox, key: str, reason: str, until: datetime) -> Outbox:
    """Note why the waiting effect with this key is tried again only then."""
    return tuple(
        item.replaced(reason=reason, next_attempt_at=until)
        if item.effect.key == key and item.status == "waiting"
        else item
        for item in outbox
    )


def tried(outbox: Outbox, keys: Collection[str]) -> Outbox:
    """Note that attempts at these effects begin, so that they are no longer postponed."""
    if not any(item.next_attempt_at and item.effect.key in keys for item in outbox):
        return outbox
    return tuple(
        Outstanding(effect=item.effect) if item.next_attempt_at and item.effect.key in keys else item
        for item in outbox
    )


def without(outbox: Outbox, key: str) -> Outbox:
    """Remove the effect with this key."""
    return tuple(item for item in outbox if item.effect.key != key)


def without_kind(outbox: Outbox, kind: str) -> Outbox:
    """Remove the waiting effects of this kind."""
    return tuple(item for item in outbox if item.effect.kind != kind or item.status == "parked")


def partitioned(outbox: Outbox, suspended: Outbox, corrected: Collection[int]) -> tuple[Outbox, Outbox]:
    """Move effects between the outbox and the suspended ones, for the decisions that are corrected now."""

    def falls(item: Outstanding) -> bool:
        return item.effect.suspended_with_cause and item.effect.cause in corrected

    out = (*suspended, *(item for item in outbox if falls(item)))
    restored = (item for item in out if not falls(item))
    return (*(item for item in outbox if not falls(item)), *restored), tuple(filter(falls, out))


def is_called_off(outbox: Outbox, effect: Effect) -> bool:
    """Return True if an effect under way is no longer wanted: its decision was corrected, or it became obsolete."""
    return effect.suspended_with_cause and all(item.effect.key != effect.key for item in outbox)


def _same(one: Effect, other: Effect) -> bool:
    """Return True if the effects do the same."""
    keyless = {"key": "", "cause": 0}
    return one.replaced(**keyless) == other.replaced(**keyless)


def _introduces_again(effect: Effect, outbox: Iterable[Outstanding]) -> bool:
    """Return True if a waiting mail already makes this introduction."""
    if not isinstance(effect, SendMail) or not effect.is_introduction:
        return False
    waiting = (item.effect for item in outbox if isinstance(item.effect, SendMail))
    return any(_introduction(one) == _introduction(effect) for one in waiting)


def _reserves_again(effect: Effect, outbox: Iterable[Outstanding]) -> bool:
    """Return True if a waiting effect already reserves the same ids."""
    return isinstance(effect, ReserveIds) and any(
        item.status == "waiting" and _same(item.effect, effect) for item in outbox
    )


def _introduction(mail: SendMail) -> tuple[object, ...]:
    return mail.template, mail.addresses, mail.fields.get("role"), mail.fields.get("now")
