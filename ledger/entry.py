"""One event of a lead as the ledger records it."""

from datetime import UTC, datetime
from math import isfinite
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, Field, JsonValue

from process.personal import Impersonal, Personal
from process.types import Base, Code


def _text(value: str) -> str:
    value.encode()  # a lone surrogate raises ValueError here instead of at the database
    if "\0" in value:
        raise ValueError("PostgreSQL cannot store the character NUL")
    return value


def _json(value: Any) -> Any:
    """Return the JSON. Raises ValueError for what cannot be stored."""
    match value:
        case str():
            return _text(value)
        case float() if not isfinite(value):
            raise ValueError("JSON has no infinity and no NaN")
        case list():
            return [_json(item) for item in value]
        case dict():
            return {_text(key): _json(item) for key, item in value.items()}
        case _:
            return value


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


Line = Annotated[str, AfterValidator(_text)]
Coded = Annotated[Line, Impersonal("an id, or a word of the process or of its settings")]


class Entry(Base, frozen=True):
    """One event of one lead, as it is recorded."""

    lead_id: Coded = Field(min_length=1)
    seq: int = Field(ge=1, lt=2**31, description="Number of the event within its lead, from 1, without gaps")
    at: Annotated[AwareDatetime, AfterValidator(_utc)] = Field(
        description="Time at which the event became true; stored in UTC"
    )
    kind: Coded
    by: Annotated[Line, Personal.NAME] = Field(description="Person or program that decided")
    source: Coded = Field(description="Face through which the decision came")
    key: Annotated[Line, Personal.MENTION] = Field(description="Idempotency key of the decision")
    policy: Coded = Field(description="Version of the policy that applied")
    summary: Annotated[Line, Personal.WORDS] = Field(description="The event as a plain sentence")
    data: Annotated[dict[Code, JsonValue], AfterValidator(_json), Personal.WORDS] = Field(
        description="The event itself, as JSON"
    )
