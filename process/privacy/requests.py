"""Requests to erase a person: their states, the steps for each lead, and who may ask, agree and hold.

A request names its person nowhere in the clear. People who ask and agree are kept as digests of their identities: enough to
tell two of them apart, and to say later that it was this one.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from process.actor import UNKNOWN_NAMES, Actor
from process.core.refusal import Refused, refuse
from process.types import Id, Model

RequestId = Annotated[Id, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{3,39}$")]
"""A made-up name, or for retention the day of its beginning."""
Digest = Annotated[Id, StringConstraints(max_length=64, pattern=r"^[a-z0-9]*$")]
LeadId = Annotated[Id, StringConstraints(max_length=120)]


SHORTEST = 3
"""Letters of the shortest word by which alone a person is erased, in scripts whose letters are no words."""
MAX_UNSURE = 20
"""Leads that may name a person by single words alone."""


class RequestKind(StrEnum):
    """The reason for an erasure."""

    PERSON = "person"
    """Somebody asks to be forgotten."""
    RETENTION = "retention"
    """The policy's time has passed: all personal data of leads that ended long ago."""


class HoldReason(StrEnum):
    """The reason of a legal hold. It is one of a few, since free text would name people."""

    INVOICE = "invoice"
    CONTRACT = "contract"
    DISPUTE = "dispute"
    AUTHORITY = "authority"


class RequestState(StrEnum):
    """The state of a request."""

    REQUESTED = "requested"
    HELD = "held"
    RUNNING = "running"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class Step(StrEnum):
    """A step of an erasure for one lead. They are done in this order; each may be repeated."""

    REDACT = "redact"
    """A running lead is told; it goes on redacted. One that has ended needs no message."""
    EPOCH = "epoch"
    """The next epoch of its key begins. From here on, nothing is written under earlier ones."""
    RENEW = "renew"
    """A running lead has begun a run of which every payload is under the new epoch."""
    LEDGER = "ledger"
    """The ledger's words are redacted and sealed under the new epoch; its read tables are made anew."""
    RUNS = "runs"
    """Earlier runs are deleted in Temporal; of a lead that has ended, all."""
    KEYS = "keys"
    """The keys of the earlier epochs are destroyed: backups cannot be read any more."""


STEPS: tuple[Step, ...] = tuple(Step)


class LeadErasure(Model):
    """The erasure of one lead: what is done of it."""

    lead_id: LeadId
    done: tuple[Step, ...] = ()
    epoch: int | None = Field(None, ge=1)
    """Epoch of its key under which it goes on, once that is decided."""
    since: AwareDatetime | None = None
    """Moment at which that epoch began (UTC)."""
    redacted_to: int | None = Field(None, ge=0)
    """Number of the event by which the running lead redacted itself; None if it had ended."""

    found: bool = False
    """True if the last search still found the person in the lead."""
    attempt: int = Field(1, ge=1)
    """Number of the attempt. There is another one if a search still finds the person in the lead."""

    def again(self) -> "LeadErasure":
        """Return it with all steps to be done anew, if all were done and the person was still found."""
        if not self.found or self.next_step is not None:
            return self
        return LeadErasure(lead_id=self.lead_id, attempt=self.attempt + 1)

    def name_of(self, request_id: str) -> str:
        """Return the name by which the lead and the ledger know this attempt."""
        return request_id if self.attempt == 1 else f"{request_id}-{self.attempt}"

    @property
    def next_step(self) -> Step | None:
        """The first step that is not done, or None."""
        return next((step for step in STEPS if step not in self.done), None)

    def after(self, step: Step) -> "LeadErasure":
        """Return it with this step done."""
        return self if step in self.done else self.replaced(done=(*self.done, step))

    def ready_at(self, cache: timedelta) -> datetime | None:
        """Return the moment from which no process writes under an earlier epoch any more; None before it began."""
        return self.since + cache if self.since else None


class ErasureRequest(Model):
    """A request to erase a person, or everybody of leads that ended long ago, as the journal keeps it.

    It holds no personal data.
    """

    id: RequestId
    kind: RequestKind = RequestKind.PERSON
    asked_at: AwareDatetime
    asked_by: Digest = ""
    confirmed_at: AwareDatetime | None = None
    confirmed_by: Digest = ""
    held_until: date | None = None
    """Last day on which the law forbids to carry it out."""
    held_for: HoldReason | None = None
    held_by: Digest = ""
    ended_at: AwareDatetime | None = None
    withdrawn: bool = False
    limited: bool = False
    """True if the person is erased from the named leads alone: others name somebody else of that name."""
    pages: bool = False
    """True once the store of the pages has forgotten the person, where it is reached from another place."""
    found: int = Field(0, ge=0)
    """Number of places where the last search still found the person."""
    waits: bool = False
    """True if the store of the pages was not reached, and has not forgotten the person yet."""
    rest_by: Digest = ""
    """Digest of whoever has looked at the places that are left, and says that they mean somebody else."""
    chores: int = Field(0, ge=0)
    """Number of runs of chores that retention deleted with it."""
    keys: int = Field(0, ge=0)
    """Number of keys of chores that retention destroyed with it."""
    removed: tuple[LeadId, ...] = ()
    """Leads of which retention left nothing but their ids, kinds and times of events: the time for money is over, too."""
    failed: tuple[LeadId, ...] = ()
    """Leads whose erasure did not come to its end at the last attempt."""
    leads: tuple[LeadErasure, ...] = ()

    def state(self, today: date) -> RequestState:
        """Return its state on a day."""
        if self.withdrawn:
            return RequestState.WITHDRAWN
        if self.ended_at:
            return RequestState.DONE
        if self.is_held(today):
            return RequestState.HELD
        return RequestState.RUNNING if self.confirmed_at else RequestState.REQUESTED

    def is_held(self, today: date) -> bool:
        """Return True if a legal hold forbids the erasure on this day."""
        return self.held_until is not None and today <= self.held_until

    @property
    def is_pending(self) -> bool:
        """True until it is done or withdrawn."""
        return self.ended_at is None and not self.withdrawn

    def lead(self, lead_id: str) -> LeadErasure | None:
        """Return the erasure of this lead, or None."""
        return next((each for each in self.leads if each.lead_id == lead_id), None)


def refuse_unknown(actor: Actor) -> Refused | None:
    """Return why this person can neither ask for an erasure nor agree to one, or None.

    It needs somebody who is known and has a role: an erasure cannot be taken back.
    """
    if actor.identity is None or actor.identity.casefold() in UNKNOWN_NAMES:
        return refuse(
            "Nobody knows who you are, and an erasure needs two people who are known: by a sign-in, or by a login or "
            "another name in LEADS_PEOPLE or LEADS_ALIASES"
        )
    if actor.roles == ():
        return refuse("You have no role, and only people who have one erase somebody")
    return None


def refuse_confirmation(request: ErasureRequest, actor: Actor, digest: str, today: date) -> Refused | None:
    """Return why this person cannot agree to the request, or None. `digest`: of their identity.

    Whoever asked cannot agree as well. Once it was confirmed, anybody who is known may let it go on.
    """
    if not request.is_pending:
        return _closed(request)
    if unknown := refuse_unknown(actor):
        return unknown
    if request.is_held(today):
        return refuse(f"A legal hold forbids it until {request.held_until}")
    if request.confirmed_at is None and (not request.asked_by or request.asked_by == digest):
        return refuse("You asked for this erasure, and somebody else has to agree to it")
    return None


def refuse_held_elsewhere(
    request: ErasureRequest, others: Iterable[ErasureRequest], today: date
) -> Refused | None:
    """Return why a hold on another request forbids this one, or None: both name the same lead.

    Otherwise a second request for the same person would pass by a hold.
    """
    mine = {each.lead_id for each in request.leads}
    for other in others:
        held = other.id != request.id and other.is_pending and other.is_held(today)
        if held and not mine.isdisjoint(each.lead_id for each in other.leads):
            return refuse(
                f"A legal hold on request {other.id} forbids it until {other.held_until}: it names the same lead"
            )
    return None


def refuse_hold(request: ErasureRequest, actor: Actor, until: date, today: date) -> Refused | None:
    """Return why this person cannot hold the request until that day, or None. A hold may be made shorter or longer."""
    if not request.is_pending:
        return _closed(request)
    if unknown := refuse_unknown(actor):
        return unknown
    if until < today and not request.is_held(today):
        return refuse(f"{until} has passed")
    if any(each.done for each in request.leads):
        return refuse(
            "It was begun: what is erased cannot be held back. Let it go on, or ask the administrators"
        )
    return None


def refuse_withdrawal(request: ErasureRequest, actor: Actor) -> Refused | None:
    """Return why this person cannot withdraw the request, or None."""
    if not request.is_pending:
        return _closed(request)
    if unknown := refuse_unknown(actor):
        return unknown
    if request.confirmed_at is not None:
        return refuse("It was confirmed, and is being carried out")
    return None


def refuse_rest(request: ErasureRequest, actor: Actor) -> Refused | None:
    """Return why this person cannot end the request with the places that are left, or None.

    They say that they have looked at each, and that it means somebody else. A word may be so common that the search never
    finds nothing.
    """
    if not request.is_pending:
        return _closed(request)
    if unknown := refuse_unknown(actor):
        return unknown
    if not request.found:
        return refuse("No search has found anything that is left: let it be carried out first")
    if request.waits:
        return refuse("The store of the pages has not forgotten the person yet")
    if any(each.done and each.next_step for each in request.leads):
        return refuse("It was ended in the middle of a lead: let it be carried out to its end first")
    return None


def refuse_short(words: Iterable[str]) -> Refused | None:
    """Return why somebody with these words alone is not erased, or None. Words so short stand for anything."""
    if short := [word for word in words if len(word.strip().removeprefix("@")) < SHORTEST]:
        return refuse(
            f"{', '.join(short)}: one word of fewer than {SHORTEST} letters stands in texts about anybody",
            "Say the mail address or the whole name",
        )
    return None


def refuse_common(unsure: int) -> Refused | None:
    """Return why a person is not erased whom so many leads name by single words alone, or None.

    What is said there of others would be blacked out, and the search at the end would find the words again and again.
    """
    if unsure <= MAX_UNSURE:
        return None
    return refuse(
        f"Too common: {unsure} leads have one of these words alone, and neither a mail address nor a whole name of the "
        "person",
        "Say the mail address or the whole name, or name the leads that mean this person",
    )


def refuse_asked_again(
    known: ErasureRequest, lead_ids: Iterable[str], today: date, *, limited: bool
) -> Refused | None:
    """Return why a person whom a pending request names is not asked for again from these leads, or None.

    Two limited requests of different leads may mean two people of one name.
    """
    if limited and known.limited and not any(map(known.lead, lead_ids)):
        return None
    return refuse(
        f"Request {known.id} of {known.asked_at:%Y-%m-%d} names this person already: it is {known.state(today)}"
    )


def _closed(request: ErasureRequest) -> Refused:
    if request.withdrawn:
        return refuse("The request was withdrawn")
    return refuse("The request was carried out")
