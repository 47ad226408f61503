"""What is still to be done outside: the queue of a lead's effects. Each function is pure and gives a new queue."""

from collections.abc import Collection, Iterable, Iterator
from typing import Literal

from pydantic import AwareDatetime

from process.effects import AnyEffect, CheckFolder, CheckIssues, Effect, SendMail
from process.lead.lead import Lead
from process.types import Model


class Outstanding(Model):
    """An effect that is still to be done. Parked: it failed for good, and waits for a person (`retry`)."""

    effect: AnyEffect
    status: Literal["waiting", "parked"] = "waiting"
    reason: str = ""
    since: AwareDatetime | None = None


class Finished(Model):
    """An effect that is done."""

    key: str
    summary: str
    at: AwareDatetime


class DriftCheck(Model):
    """What of the lead somebody may have changed outside, so that it is to be looked at."""

    issues: bool = True
    """Its issue, its card, and its hub's issue."""
    folder: bool = True
    duplicates: tuple[int, ...] = ()
    """Issues that carry its mark beside its own."""

    def effects(self, lead: Lead) -> Iterator[Effect]:
        seq = lead.last_seq
        others = "".join(f"-{number}" for number in self.duplicates)
        if self.issues:
            key = f"{lead.id}/{seq}/check_issues{others}"
            yield CheckIssues(key=key, cause=seq, duplicates=self.duplicates)
        if self.folder:
            yield CheckFolder(key=f"{lead.id}/{seq}/check_folder", cause=seq)


Outbox = tuple[Outstanding, ...]


def startable(outbox: Outbox, lead: Lead, busy: Collection[str]) -> tuple[Effect, ...]:
    """Effects that can start now: the first ready one of each lane that is not busy."""
    queues, found = set(busy), []
    for item in outbox:
        effect = item.effect
        if item.status == "waiting" and effect.queue not in queues and effect.ready(lead):
            queues.add(effect.queue)
            found.append(effect)
    return tuple(found)


def planned(outbox: Outbox, effects: Collection[Effect], lead: Lead) -> Outbox:
    """With these for what the lead has become: newer ones of their kind replace older ones, needless ones fall away."""
    newest = {effect.kind for effect in effects if effect.coalesces}
    kept = tuple(item for item in outbox if item.effect.kind not in newest)
    new = (effect for effect in effects if not _introduces_again(effect, kept))
    together = (*kept, *(Outstanding(effect=effect) for effect in new))
    return tuple(item for item in together if not item.effect.is_obsolete(lead))


def looked(outbox: Outbox, look: DriftCheck, lead: Lead) -> Outbox:
    """With what looks there; what is to be looked at already is, once, and is tried again if it was parked."""
    for effect in look.effects(lead):
        there = next((item.effect.key for item in outbox if _same(item.effect, effect)), None)
        if there:
            outbox = retried(outbox, there)
        elif not effect.is_obsolete(lead):
            outbox = (*outbox, Outstanding(effect=effect))
    return outbox


def parked(outbox: Outbox) -> Outbox:
    return tuple(item for item in outbox if item.status == "parked")


def retried(outbox: Outbox, key: str | None = None) -> Outbox:
    """Parked effects (all, or the one with this key) are to be tried again."""
    return tuple(
        Outstanding(effect=item.effect)
        if item.status == "parked" and key in (None, item.effect.key)
        else item
        for item in outbox
    )


def without(outbox: Outbox, key: str) -> Outbox:
    return tuple(item for item in outbox if item.effect.key != key)


def sorted_out(outbox: Outbox, suspended: Outbox, corrected: Collection[int]) -> tuple[Outbox, Outbox]:
    """The queue, and what is put aside: what falls with its cause while that is corrected."""

    def fallen(item: Outstanding) -> bool:
        return item.effect.suspended_with_cause and item.effect.cause in corrected

    out = (*suspended, *(item for item in outbox if fallen(item)))
    restored = (item for item in out if not fallen(item))
    return (*(item for item in outbox if not fallen(item)), *restored), tuple(filter(fallen, out))


def _same(one: Effect, other: Effect) -> bool:
    """Whether doing one is doing the other."""
    keyless = {"key": "", "cause": 0}
    return one.replaced(**keyless) == other.replaced(**keyless)


def _introduces_again(effect: Effect, outbox: Iterable[Outstanding]) -> bool:
    """Whether somebody is about to be introduced like that already."""
    if not isinstance(effect, SendMail) or not effect.is_introduction:
        return False
    waiting = (item.effect for item in outbox if isinstance(item.effect, SendMail))
    return any(_introduced(one) == _introduced(effect) for one in waiting)


def _introduced(mail: SendMail) -> tuple[object, ...]:
    return mail.template, mail.addresses, mail.fields.get("role"), mail.fields.get("now")
