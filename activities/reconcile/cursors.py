"""What a round remembers for the next one: how far it read, and what it told to whom."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import AwareDatetime, BaseModel, ValidationError

AGAIN = timedelta(days=1)
"""A lead that could not put something right is told of it again after this."""

M = TypeVar("M", bound=BaseModel)


class Notified(BaseModel):
    """Of what a lead or a desk was told, and when."""

    what: str
    at: AwareDatetime


class Memory(BaseModel):
    """What was told to whom, so that the same is not told every round."""

    told: dict[str, Notified] = {}

    def news(self, now: dict[str, str], at: datetime) -> tuple[list[str], "Memory"]:
        """Who must be told: for whom something new is amiss, or nothing any more, or the same for long."""
        known = self.told
        due = [who for who, what in now.items() if not _fresh(known.get(who), what, at)] + [
            who for who in known if who not in now
        ]
        told = {who: Notified(what=what, at=at) if who in due else known[who] for who, what in now.items()}
        return due, Memory(told=told)


def _fresh(told: Notified | None, what: str, at: datetime) -> bool:
    return told is not None and told.what == what and at - told.at < AGAIN


def read_cursor(kind: type[M], cursor: dict[str, Any]) -> M:
    """How far the last round came; from the start where another release remembered it otherwise."""
    try:
        return kind.model_validate(cursor)
    except ValidationError:
        return kind()


def few(names: Iterable[str]) -> str:
    known = list(dict.fromkeys(names))
    return ", ".join(known[:10]) + (f" and {len(known) - 10} more" if len(known) > 10 else "")
