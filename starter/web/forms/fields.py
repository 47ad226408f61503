"""The fields of a decision's form, from the model of the decision."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import Enum, StrEnum
from functools import cache
from itertools import groupby
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import AwareDatetime
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from process.decisions.base import SET_FOR_SIGNED_IN, Decision, given_fields
from process.decisions.serving import HubInformationGiven
from process.lead.hub import HUB_FIELDS
from process.money.amounts import CURRENCY_PATTERN
from process.types import TEXT_PATTERN

FEW = 4
"""Choices that are shown at once, as radio buttons."""
YES_OR_NO = (("true", "Yes"), ("false", "No"))

_LABELS = {
    "org": "Organisation",
    "email": "Mail address",
    "url": "Address",
    "logo_url": "Logo and its link",
    "per": "Charged per",
    "on": "Day",
    "seq": "Number",
}
"""Labels that are more than the field's name."""
_KEYBOARDS = {"email": "email", "url": "url", "logo_url": "url"}
"""The keyboard that a phone shows, by the field's name."""


class Widget(StrEnum):
    """The way in which a field is filled in."""

    RADIOS = "radios"
    SELECT = "select"
    CHECKBOX = "checkbox"
    DATE = "date"
    LINE = "line"
    TEXT = "text"
    LINES = "lines"
    """A text with one value on each line."""
    JSON = "json"
    """A text with a value as JSON: for types that no other widget knows."""


class FormField(NamedTuple):
    """One field of a form."""

    name: str
    label: str
    help: str
    widget: Widget
    required: bool
    default: str = ""
    """Value as it stands in the form."""
    choices: tuple[tuple[str, str], ...] = ()
    """Values and their texts."""
    inputmode: str = ""
    max_length: int = 0
    """Characters of a line at most; 0 if the field is no text."""
    currency: bool = False
    """True for a currency's code."""


class FieldGroup(NamedTuple):
    """Fields that belong together because their names begin alike; a single field stands by itself."""

    label: str
    """Text above the fields; empty above a single one."""
    fields: tuple[FormField, ...]


@cache
def fields_of(decision: type[Decision]) -> tuple[FormField, ...]:
    """Return the fields that a person fills in, those of the decision's own first."""
    names = given_fields(decision, but=SET_FOR_SIGNED_IN)
    return tuple(_field(name, decision.model_fields[name], _label(decision, name)) for name in names)


@cache
def groups_of(decision: type[Decision]) -> tuple[FieldGroup, ...]:
    """Return the decision's fields in groups: `discount_percent` and `discount_reason` are the group “Discount”."""
    found = groupby(fields_of(decision), lambda field: field.name.partition("_")[0])
    return tuple(group for _, fields in found for group in _group(tuple(fields)))


def _group(fields: tuple[FormField, ...]) -> Iterable[FieldGroup]:
    if len(fields) == 1:
        return [FieldGroup("", fields)]
    prefix = _common([field.name.split("_") for field in fields])
    return [FieldGroup(_title(prefix), tuple(_within(prefix, field) for field in fields))]


def _common(names: list[list[str]]) -> str:
    """Return the words with which all names begin."""
    words: list[str] = []
    for same in zip(*names, strict=False):
        if len(set(same)) > 1:
            break
        words.append(same[0])
    return "_".join(words)


def _within(prefix: str, field: FormField) -> FormField:
    """Return the field with the label that it has below the label of its group."""
    rest = field.name.removeprefix(prefix).lstrip("_")
    return _without_echo(field._replace(label=_title(rest))) if rest else field


def _without_echo(field: FormField) -> FormField:
    """Return the field without a help that only repeats its label."""
    return field._replace(help="") if field.help.casefold() == field.label.casefold() else field


def _title(name: str) -> str:
    return _LABELS.get(name, name.replace("_", " ").capitalize())


def _label(decision: type[Decision], name: str) -> str:
    """Return the field's label. The fields of a hub have those under which pages and its issue say that they are missing."""
    return HUB_FIELDS.get(name, _title(name)) if decision is HubInformationGiven else _title(name)


def _field(name: str, info: FieldInfo, label: str) -> FormField:
    type_, constraints = _resolved(info.annotation, tuple(info.metadata))
    choices = _choices(type_)
    widget = _widget(type_, constraints, choices, default=info.default)
    help_ = (info.description or "").rstrip(".")
    if widget is Widget.LINES:
        help_ = f"{help_}; one on each line"
    if type_ is AwareDatetime:
        help_ = f"{help_}; written with its offset from UTC, as 2026-06-30T17:00+02:00"
    field = FormField(
        name=name,
        label=label,
        help=f"{help_[:1].upper()}{help_[1:]}" if help_ else "",
        widget=widget,
        required=info.is_required(),
        default=_as_typed(info.default),
        choices=choices if widget in (Widget.RADIOS, Widget.SELECT) else (),
        inputmode=_KEYBOARDS.get(name, {Decimal: "decimal", int: "numeric"}.get(type_, "")),
        max_length=_max_length(constraints) if widget in (Widget.LINE, Widget.TEXT) else 0,
        currency=any(getattr(each, "pattern", None) == CURRENCY_PATTERN for each in constraints),
    )
    return _without_echo(field)


def _resolved(annotation: Any, metadata: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """Return the type without None and `Annotated`, and all constraints of it."""
    if annotation is AwareDatetime:
        return annotation, metadata
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return _resolved(inner, (*more, *metadata))
    others = [each for each in get_args(annotation) if each is not NoneType]
    if get_origin(annotation) in (Union, UnionType) and len(others) == 1:
        return _resolved(others[0], metadata)
    return annotation, metadata


def _widget(
    type_: Any, constraints: tuple[Any, ...], choices: tuple[tuple[str, str], ...], *, default: Any
) -> Widget:
    if type_ is bool and default is False:
        return Widget.CHECKBOX
    if choices:
        return Widget.RADIOS if len(choices) <= FEW else Widget.SELECT
    if type_ is str and any(getattr(each, "pattern", None) == TEXT_PATTERN for each in constraints):
        return Widget.TEXT
    if type_ in (str, int, Decimal, AwareDatetime):
        return Widget.LINE
    if type_ is date:
        return Widget.DATE
    return Widget.LINES if get_origin(type_) is tuple else Widget.JSON


def _choices(type_: Any) -> tuple[tuple[str, str], ...]:
    if type_ is bool:
        return YES_OR_NO
    values: Iterable[Any] = ()
    if get_origin(type_) is Literal:
        values = get_args(type_)
    elif isinstance(type_, type) and issubclass(type_, Enum):
        values = type_
    texts = [str(value.value if isinstance(value, Enum) else value) for value in values]
    return tuple((text, f"{text[:1].upper()}{text[1:]}") for text in texts)


def _max_length(constraints: tuple[Any, ...]) -> int:
    lengths = [getattr(each, "max_length", None) for each in constraints]
    return min((length for length in lengths if length), default=0)


def _as_typed(default: Any) -> str:
    if default is PydanticUndefined or default in (None, (), False):
        return ""
    return str(default.value if isinstance(default, Enum) else default)
