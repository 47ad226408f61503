"""Turns the fields of a decision into options of a command, and given options into a decision."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from types import NoneType
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from cyclopts import Parameter
from pydantic import AwareDatetime
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from config.login import login
from process.actor import Actor, Face
from process.core.refusal import Refused
from process.decisions.base import Decision, given_fields
from process.decisions.reading import Complaint, complaints_about, in_one_sentence, parse_as
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.spelling import as_command, as_option

AT_COMMAND_LINE = Actor(face=Face.COMMAND_LINE)
"""The person at the command line. Nobody knows who it is: they write any name."""

F = TypeVar("F", bound=Callable[..., Any])


def with_options(function: F, decision: type[Decision], *, but: Iterable[str] = ()) -> F:
    """Return the function with its `**values` replaced by one option per field of the decision."""
    signature = inspect.signature(function)
    own = [p for p in signature.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    fields = [_option(name, decision.model_fields[name]) for name in given_fields(decision, but)]
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
    if get_origin(type_) is tuple:  # free values are parsed by the decision itself
        each = get_args(type_)[0]
        type_, default = list[each if get_origin(each) is Literal else str], None  # type: ignore[misc] # a type made at run time
        parameter = Parameter(help=f"{help_} May be given several times.", show_default=False, negative="")
    if type_ in (Decimal, int):  # the decision reads numbers; cyclopts would round 1.200 users to one
        type_, default = str, default if default is inspect.Parameter.empty else None
        parameter = Parameter(help=help_, metavar="NUMBER")
    if type_ is AwareDatetime:  # so is its message about a time
        type_, default = str, default if default is inspect.Parameter.empty else None
        parameter = Parameter(help=help_, metavar="TIME")
    annotation: Any = Annotated[type_ | None if default is None else type_, parameter]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _given_type(annotation: Any) -> Any:
    """Return the type without None and constraints; the decision itself checks those."""
    if NoneType in get_args(annotation):
        (annotation,) = (each for each in get_args(annotation) if each is not NoneType)
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


D = TypeVar("D", bound=Decision)


def given(decision: type[D], values: Mapping[str, Any], command: str = "") -> D:
    """Return the decision made of the given options. Raises CommandFailed (usage) if they are not valid.

    The error names the help of the command, by default of the one that has the decision's name.
    """
    body = {name: value for name, value in values.items() if value is not None}
    body = {"by": login(), "source": Face.COMMAND_LINE, "actor": AT_COMMAND_LINE} | body
    parsed = parse_as(decision, body)
    if isinstance(parsed, Refused):
        reason = in_one_sentence(complaints_about(decision, body), _of_option) or parsed.reason
        command = command or as_command(decision.kind)
        raise CommandFailed(ExitCode.USAGE, f"{reason}. `leads {command} --help` explains it.")
    return parsed


def _of_option(complaint: Complaint) -> str:
    """Return the complaint with the option as it is typed. Which of several values is wrong, the value tells."""
    return (as_option(complaint.field) if complaint.field else "") + complaint.clause
