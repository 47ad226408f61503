"""The message by which the service has a person's words taken out of a running lead."""

from datetime import datetime
from typing import Annotated, Any, NamedTuple, Self

from pydantic import StringConstraints, ValidationError, model_validator

from process.core.aggregate import LeadAggregate
from process.core.answers import NOT_SIGNED, Refusal
from process.core.refusal import Refused, refuse
from process.envelope import is_from_service
from process.privacy.person import EVERYBODY, Person, Whom
from process.privacy.redaction import Redaction, redacted, redaction_of, without
from process.types import Given, Id, Model

ERASE_PERSON = "erase_person"
"""Name of the message."""

NOT_READ = refuse("That is no request to erase a person")
"""It says nothing of what came, for that may be the words of the person."""
NOT_FROM_SERVICE = refuse("Only the service erases a person, and this is not signed by it")


class ErasePerson(Given):
    """A request to take the words of a person, or of everybody, out of a lead."""

    request_id: Annotated[Id, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,100}$")]
    """Id of the request in the journal. The same request is carried out once."""
    person: Person | None = None
    everybody: bool = False

    @model_validator(mode="after")
    def _of_somebody(self) -> Self:
        if (self.person is None) is not self.everybody:
            raise ValueError("name a person, or everybody")
        return self

    @property
    def whom(self) -> Whom:
        """The person, or everybody."""
        return self.person or EVERYBODY


class ErasureUnderWay(NamedTuple):
    """A request that is being carried out."""

    request: ErasePerson
    redaction: Redaction
    """The rule by which the lead was redacted. It knows names that are in the lead no more."""


class ErasureAnswer(Model):
    """The answer: the words are gone from the lead's state. Its present run ends, and the next one begins without them."""

    request_id: Id
    last_seq: int
    """Number of the lead's newest event."""
    run_id: Id = ""
    """The run that took the request and ends now. What it was sent and did before stays in its history."""


def erase_person(
    aggregate: LeadAggregate, args: tuple[Any, ...], now: datetime
) -> tuple[LeadAggregate, ErasureUnderWay | Refused]:
    """Take the person's words out of the lead, and note the request. Returns the request, or why it was refused.

    A lead that knows a key of the service believes only what that has signed, and one that has not heard from its workers
    believes nothing.
    """
    if aggregate.keys is None:
        return _refused(aggregate, NOT_SIGNED, now)
    if aggregate.keys and not is_from_service(args, aggregate.keys, aggregate.lead.id, ERASE_PERSON):
        return _refused(aggregate, NOT_FROM_SERVICE, now)
    try:
        request = ErasePerson.model_validate(args[0] if args else {})
    except ValidationError:
        return _refused(aggregate, NOT_READ, now)
    redaction = redaction_of(tuple(aggregate.event_log.events), request.whom)
    return redacted(aggregate, request.whom, request.request_id, now), ErasureUnderWay(request, redaction)


def erased_again(aggregate: LeadAggregate, erasing: ErasureUnderWay) -> LeadAggregate:
    """Return the lead without what effects under way have brought back of the person since the request."""
    return without(aggregate, erasing.redaction)


def _refused(aggregate: LeadAggregate, refused: Refused, now: datetime) -> tuple[LeadAggregate, Refused]:
    return aggregate.refuse(Refusal.of(ERASE_PERSON, refused, now)), refused
