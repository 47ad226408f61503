"""One signal and one update per decision, of the same name, so that the Temporal UI offers each with its description."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from process.core.receipts import Answer
from process.core.refusal import Refused
from process.decisions.base import Decision
from process.decisions.registry import DECISIONS


class HandlesDecisions(Protocol):
    """What a workflow must have for its handlers: one place through which all decisions go."""

    def take(self, kind: str, args: tuple[Any, ...], source: str) -> Answer: ...


W = TypeVar("W", bound=type[HandlesDecisions])


def handles_decisions(cls: W) -> W:
    """Gives a workflow class its handlers.

    A handler takes whatever comes, in any number: judging it is the process's work, and a handler that raises on bad
    input would fail or wedge the lead. So a signal never fails; an update answers, or fails itself with the reason.
    """
    for kind, decision in DECISIONS.items():
        setattr(cls, kind, workflow.signal(name=kind, description=_describe(decision))(_signal(kind)))
        update = workflow.update(name=kind, description=_describe(decision))(_update(kind))
        setattr(cls, f"{kind}_update", update)
    return cls


def failure(refused: Refused) -> ApplicationError:
    """Return the refusal as the failure of an update: its text for people, its data as the only detail."""
    return ApplicationError(str(refused), refused.model_dump(mode="json"), type="Refused", non_retryable=True)


def _signal(kind: str) -> Callable[..., None]:
    def handle(self: HandlesDecisions, *args: Any) -> None:
        self.take(kind, args, "signal")

    handle.__name__ = kind
    return handle


def _update(kind: str) -> Callable[..., Answer]:
    def handle(self: HandlesDecisions, *args: Any) -> Answer:
        answer = self.take(kind, args, "update")
        if refused := answer.refused:
            raise failure(refused)
        return answer

    handle.__name__ = f"{kind}_update"
    return handle


def _describe(decision: type[Decision]) -> str:
    does = " ".join((decision.__doc__ or "").split())
    fields = (name for name in decision.model_fields if name not in ("source", "key"))
    return f"{does} Takes one object with any of: {', '.join(fields)}."
