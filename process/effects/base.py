"""The base class of effects. Each effect is performed by the activity of the same name, idempotently by its key.

An effect does not say how it is performed. It says in which queue it waits (in order within a queue, queues side by
side), if a newer effect of its kind replaces it, which parts of the lead it is given, and what the lead must know before
it can start.
"""

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, SerializeAsAny, SerializerFunctionWrapHandler, model_serializer

from process.lead.lead import Lead, LeadPart
from process.types import Id, Model


class Effect(Model):
    """Something to do outside because of an event."""

    kind: ClassVar[str]
    """Name of the effect on the wire, and of the activity that performs it."""
    kinds: ClassVar[dict[str, type["Effect"]]] = {}
    queue: ClassVar[str] = ""
    needs: ClassVar[frozenset[LeadPart]] = frozenset()
    """Parts of the lead that the effect is given beside its present state."""
    brings_link: ClassVar[bool] = False
    """True if the effect brings an object for which effects that are not ready may wait."""
    is_searched: ClassVar[bool] = False
    """True if the object that it creates can only be found by a search, which the first attempt need not make."""
    comes_last: ClassVar[bool] = False
    """True if the effect shows the results of others, and so comes after those that start with it."""
    coalesces: ClassVar[bool] = False
    """True if the effect brings the outside to the lead's present state, so that only the newest of its kind matters."""
    is_shown: ClassVar[bool] = False
    """True if the lead's issue shows what the effect brings back."""
    alone: ClassVar[bool] = False
    """True if the effect is always an activity of its own, because it may wait for long or is no call outside."""
    suspended_with_cause: ClassVar[bool] = False
    """True if the waiting effect is suspended while the decision that caused it is corrected."""
    shows_corrections: ClassVar[bool] = False
    """True if the effect writes a text that lists the corrected decisions."""

    key: Id
    """Idempotency key, stable over retries and restarts."""
    cause: int
    """Number of the event that caused the effect."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "kind" not in vars(cls):
            raise TypeError(f"{cls.__name__} needs a kind of its own")
        Effect.kinds[cls.kind] = cls

    @model_serializer(mode="wrap")
    def _with_kind(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = handler(self)
        return {"kind": self.kind} | fields

    @property
    def invoice_number(self) -> int | None:
        """Number of the invoice that the effect is about, or None."""
        return vars(self).get("number")

    def ready(self, lead: Lead) -> bool:
        """Return True if the lead knows all that the effect needs. Until then it waits, and delays nothing else."""
        return True

    def is_obsolete(self, lead: Lead) -> bool:
        """Return True if the effect has no purpose any more, so that it is dropped."""
        return False

    def summary(self) -> str:
        """Return a short sentence for people, in the imperative and without a full stop."""
        return self.kind.replace("_", " ").capitalize()


def _load(value: Any) -> Any:
    if isinstance(value, dict):
        return Effect.kinds[value["kind"]].model_validate(value)
    return value


AnyEffect = Annotated[SerializeAsAny[Effect], BeforeValidator(_load)]
"""An effect of the class that its `kind` names."""
