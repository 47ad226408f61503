"""A decision's form as a page shows it: with what was typed, and what is wrong with it."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self

from process.core.refusal import Refused
from process.decisions.base import Decision
from process.decisions.reading import Complaint, complaints_about, parse_as
from starter.web.auth.links import KEY_PREFIX
from starter.web.forms.fields import FieldGroup, FormField, fields_of, groups_of
from starter.web.forms.values import Pairs, body_of, default_values, typed, typed_values

MAX_KEY = 100
"""Characters of a form's key."""


class Option(NamedTuple):
    """A value that a field offers beside free text."""

    value: str
    text: str = ""


@dataclass(frozen=True)
class Form:
    """The form of one decision."""

    decision: type[Decision]
    values: Mapping[str, str]
    """Text of each field that is not empty, by name."""
    key: str
    """Idempotency key of the decision that the form makes: sent twice, it is one decision."""
    examples: Mapping[str, str] = field(default_factory=dict)
    """Text that an empty field shows, by name."""
    offers: Mapping[str, tuple[Option, ...]] = field(default_factory=dict)
    """Values that a field offers, by name."""
    complaints: Mapping[str, str] = field(default_factory=dict)
    """Sentence about each field that could not be read, by name."""
    refusal: Refused | None = None
    """Reason why the form as a whole could not be read, where no field is to blame."""

    @classmethod
    def empty(cls, decision: type[Decision], pairs: Pairs = ()) -> Self:
        """Return a new form with the values of an address filled in."""
        values = default_values(decision) | typed_values(decision, pairs)
        return cls(decision, values, new_key())

    @classmethod
    def sent(cls, decision: type[Decision], pairs: list[tuple[str, str]]) -> Self:
        """Return the form as it was sent."""
        key = dict(pairs).get("key", "").strip()
        known = (
            key
            if 0 < len(key) <= MAX_KEY and key.isprintable() and not key.startswith(KEY_PREFIX)
            else new_key()
        )
        return cls(decision, typed_values(decision, pairs), known)

    @property
    def groups(self) -> tuple[FieldGroup, ...]:
        """The fields as they stand below each other."""
        return groups_of(self.decision)

    @property
    def wrong(self) -> list[tuple[FormField, str]]:
        """The fields that could not be read, each with its complaint."""
        return [
            (each, self.complaints[each.name])
            for each in fields_of(self.decision)
            if each.name in self.complaints
        ]

    def body(self) -> dict[str, Any]:
        """Return the fields as the decision reads them."""
        return body_of(self.decision, self.values)

    def read(self, **ours: Any) -> tuple[Self, Decision | None]:
        """Return the decision that was typed, with fields that the page fills in; or None, and the form with complaints."""
        body = {**self.body(), "key": self.key, **ours}
        parsed = parse_as(self.decision, body)
        if not isinstance(parsed, Refused):
            return self, parsed
        found = {each.field: each for each in reversed(complaints_about(self.decision, body))}
        labels = {each.name: each.label for each in fields_of(self.decision)}
        complaints = {name: _sentence(labels[name], found[name]) for name in labels if name in found}
        return replace(self, complaints=complaints, refusal=None if complaints else parsed), None

    def with_complaints_about_given(self) -> Self:
        """Return the form with the complaints about the fields that are filled in. Others may still be."""
        read, _ = self.read()
        complaints = {name: text for name, text in read.complaints.items() if self.values.get(name)}
        return replace(self, complaints=complaints)

    def on(self, examples: Mapping[str, str], offers: Mapping[str, tuple[Option, ...]]) -> Self:
        """Return the form with what a lead offers."""
        return replace(self, examples=examples, offers=offers)

    def renewed(self) -> Self:
        """Return the form with a new key: what is sent next is another decision."""
        return replace(self, key=new_key())


def new_key() -> str:
    """Return a key that no other form has."""
    return f"form-{secrets.token_urlsafe(16)}"


def examples_of(example: Mapping[str, Any]) -> dict[str, str]:
    """Return the example's fields as somebody would type them."""
    return {name: typed(value) for name, value in example.items()}


def _sentence(label: str, complaint: Complaint) -> str:
    """Return the complaint with the field's label, and the line if the field has several."""
    place = complaint.path.split(".")[1:2]
    line = f", line {int(place[0]) + 1}" if place and place[0].isdecimal() else ""
    return f"{label}{line}{complaint.clause}"
