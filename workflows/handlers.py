"""The messages that a lead's workflow handles, from which its signals, updates and queries are made.

Each decision is a signal and an update of the same name, so that the Temporal UI offers it with its description. All other
messages stand in one table.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from process.core.answers import Answer
from process.core.refusal import Refused
from process.decisions.base import SET_BY_FACE, SET_BY_LEAD, Decision
from process.decisions.registry import DECISIONS

Way = Literal["signal", "update", "query"]


class Message(NamedTuple):
    """A message that is no decision."""

    name: str
    ways: tuple[Way, ...]
    """The ways in which it is sent."""
    method: str
    """The workflow's method that is called with the arguments. An update fails if it returns Refused."""
    description: str


MESSAGES = (
    Message(
        "retry",
        ("signal", "update"),
        "retry",
        "Try again what failed for good: all of it, or the effect with this key.",
    ),
    Message(
        "check_drift",
        ("signal", "update"),
        "check_drift",
        "Check whether somebody deleted or moved the lead's issue, card or folder, and repair what can be repaired. "
        "Takes one object with any of: issues, folder, duplicates.",
    ),
    Message(
        "revert_edits",
        ("signal", "update"),
        "revert_edits",
        "Undo on GitHub what people changed there and the lead could not follow. An issue sync sends it.",
    ),
    Message(
        "set_team",
        ("signal", "update"),
        "set_team",
        "Set the people and addresses that have the roles, as a worker's settings say. Takes one object with people "
        "and addresses by role, and read_at.",
    ),
    Message(
        "flag_duplicates",
        ("signal",),
        "flag_duplicates",
        "Flag other open leads as possible duplicates, and hold the lead for a person. A reconciliation sends it.",
    ),
    Message(
        "receive_relation_notice",
        ("update",),
        "receive_relation_notice",
        "Receive the relation that another lead has to this one: undecided, another one, merged into it, or none.",
    ),
    Message(
        "erase_person",
        ("signal", "update"),
        "erase_person",
        "Take a person's words out of the lead and go on in a new run. The service sends it, signed. Takes one object with "
        "request_id, and person or everybody.",
    ),
    Message("adopt", ("signal",), "adopt", "Go on in a new run, under the newest rules of the process."),
    Message(
        "lead",
        ("query",),
        "overview",
        "Everything about the lead: stage, next step, timeline, refusals, effects.",
    ),
    Message("timeline", ("query",), "timeline", "All events, oldest first."),
    Message("options", ("query",), "options", "All decisions: allowed now or not, and their consequences."),
    Message(
        "agenda",
        ("query",),
        "agenda",
        "Tasks for the lead, by role and person. Takes a point in time; by default now.",
    ),
    Message(
        "preview",
        ("query",),
        "preview",
        "The consequences of a decision, without taking it. Takes its name and its object.",
    ),
)


class HandlesDecisions(Protocol):
    """A workflow with one method through which all decisions go."""

    async def turn(self) -> None:
        """Wait until the present task can take one more message. Every signal and update does so first."""

    def take(self, kind: str, args: tuple[Any, ...], source: str) -> Answer:
        """Take, refuse or recognise as a repeat a decision. Never raises."""

    async def recorded(self, answer: Answer) -> bool:
        """Wait until the event of an accepted decision is recorded. Returns False if the ledger is away."""


W = TypeVar("W", bound=type[HandlesDecisions])


def handles_messages(cls: W) -> W:
    """Give a workflow class the handlers of all decisions and of all messages in the table.

    A handler takes any arguments in any number, because one that raises on bad input would fail or block the lead. So
    a signal never fails. An update answers, or fails itself with the reason.
    """
    for kind, decision in DECISIONS.items():
        description = _describe(decision)
        setattr(cls, f"{kind}_signal", workflow.signal(name=kind, description=description)(_signal(kind)))
        setattr(cls, f"{kind}_update", workflow.update(name=kind, description=description)(_update(kind)))
    for message in MESSAGES:
        for way in message.ways:
            define: Any = {"signal": workflow.signal, "update": workflow.update, "query": workflow.query}[way]
            handler = _caller(getattr(cls, message.method), way)
            setattr(
                cls,
                f"{message.name}_{way}",
                define(name=message.name, description=message.description)(handler),
            )
    return cls


def failure(refused: Refused) -> ApplicationError:
    """Return the failure of a refused update: its text for people, its data as the only detail. The lead goes on."""
    return ApplicationError(str(refused), refused.model_dump(mode="json"), type="Refused", non_retryable=True)


def _caller(method: Callable[[Any, tuple[Any, ...]], Any], way: Way) -> Callable[..., Any]:
    def ask(self: Any, *args: Any) -> Any:
        return method(self, args)

    async def handle(self: Any, *args: Any) -> Any:
        await self.turn()
        answer = method(self, args)
        if way == "update" and isinstance(answer, Refused):
            raise failure(answer)
        return None if way == "signal" else answer

    return ask if way == "query" else handle


def _signal(kind: str) -> Callable[..., Awaitable[None]]:
    async def handle(self: HandlesDecisions, *args: Any) -> None:
        await self.turn()
        self.take(kind, args, "signal")

    return handle


def _update(kind: str) -> Callable[..., Awaitable[Answer]]:
    async def handle(self: HandlesDecisions, *args: Any) -> Answer:
        await self.turn()
        answer = self.take(kind, args, "update")
        if refused := answer.refused:
            raise failure(refused)
        return answer.replaced(recorded=await self.recorded(answer))

    return handle


def _describe(decision: type[Decision]) -> str:
    does = " ".join((decision.__doc__ or "").split())
    fields = (name for name in decision.model_fields if name not in SET_BY_FACE | SET_BY_LEAD)
    return f"{does} Takes one object with any of: {', '.join(fields)}."
