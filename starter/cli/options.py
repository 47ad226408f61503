"""The fields of a decision as options of a command, and what was given as a decision again."""

import getpass
import inspect
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from types import NoneType
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from cyclopts import Parameter
from cyclopts.validators import Number
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from process.core.refusal import Refused
from process.decisions.base import Decision
from process.decisions.parsing import parse_as
from starter.cli.errors import CommandError, ExitCode

SOURCE = "cli"

_OURS = frozenset({"source", "policy", "changed", "price_books", "changes", "issue", "originals"})
"""Fields that are not for a person to give."""


def flag(text: str, *names: str) -> Parameter:
    """An option that is given or not, and never as its opposite."""
    return Parameter(names or None, negative="", show_default=False, help=text)


Lead = Annotated[str, Parameter(help="The lead's id, or as much of its beginning as no other lead's has.")]
Json = Annotated[bool, flag("One JSON value instead of text.")]
PORT = Number(gte=1, lte=65535)
Timeout = Annotated[float, Parameter("--timeout", help="Seconds to wait for the lead's answer.")]

F = TypeVar("F", bound=Callable[..., Any])


def with_options(function: F, decision: type[Decision], *, but: Iterable[str] = ()) -> F:
    """The function as a command that takes, in place of its `**values`, the fields of the decision."""
    signature = inspect.signature(function)
    own = [p for p in signature.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    left_out = {*_OURS, *but}
    names = [name for name in decision.model_fields if name not in left_out]
    names.sort(key=Decision.model_fields.__contains__)  # what is the decision's own comes first
    fields = [_option(name, decision.model_fields[name]) for name in names]
    first = [p for p in own if p.kind is not inspect.Parameter.KEYWORD_ONLY]
    last = [p for p in own if p.kind is inspect.Parameter.KEYWORD_ONLY]
    function.__signature__ = signature.replace(parameters=[*first, *fields, *last])  # type: ignore[attr-defined]
    return function


def _option(name: str, field: FieldInfo) -> inspect.Parameter:
    text = (field.description or "").rstrip(".")
    help_ = f"{text[:1].upper()}{text[1:]}." if not text.endswith("?") else text
    default = inspect.Parameter.empty if field.default is PydanticUndefined else field.default
    type_ = _given_type(field.annotation)
    parameter = Parameter(help=help_, show_default=bool(default))
    if name == "by":
        default = None
        parameter = Parameter(help=f"{help_} By default your login name.", env_var="LEADS_BY")
    if get_origin(type_) is tuple:  # what is no choice of words is read as a person writes it
        each = get_args(type_)[0]
        type_, default = list[each if get_origin(each) is Literal else str], None  # type: ignore[misc] # made as it runs
        parameter = Parameter(help=f"{help_} May be given several times.", show_default=False, negative="")
    if type_ is Decimal:  # cyclopts fails on what is no number; the decision itself says so better
        type_, default = str, default if default is inspect.Parameter.empty else None
        parameter = Parameter(help=help_, metavar="NUMBER")
    annotation: Any = Annotated[type_ | None if default is None else type_, parameter]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _given_type(annotation: Any) -> Any:
    """The bare type: an option that is not given is not there, and constraints are the decision's own to judge."""
    if NoneType in get_args(annotation):
        (annotation,) = (each for each in get_args(annotation) if each is not NoneType)
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


D = TypeVar("D", bound=Decision)


def given(decision: type[D], values: Mapping[str, Any]) -> D:
    """The decision with what the command line gave.

    Raises CommandError (usage) where that is no sound decision of its kind.
    """
    body = {name: value for name, value in values.items() if value is not None}
    parsed = parse_as(decision, {"by": login(), "source": SOURCE} | body)
    if isinstance(parsed, Refused):
        raise CommandError(ExitCode.USAGE, f"{parsed.reason}.")
    return parsed


def login() -> str:
    """Who sits at this terminal, as far as the system knows."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "someone at the command line"
