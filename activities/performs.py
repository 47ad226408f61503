"""How a method becomes the activity of a kind of effect."""

from collections.abc import Callable

from temporalio import activity

from process.effects.requests import Outcome

Performer = Callable[..., Outcome]


def performs(kind: str) -> Callable[[Performer], Performer]:
    """The method performs effects of this kind.

    A call that is under way when a lead moves on to a new run ends by itself: cut short, nobody would know what it did.
    """
    return activity.defn(name=kind, no_thread_cancel_exception=True)
