"""The decorator that makes a method the activity of a kind of effect."""

from collections.abc import Callable

from temporalio import activity

from process.effects.requests import Outcome

Performer = Callable[..., Outcome]
"""A method that performs effects of one kind."""


def performs(kind: str) -> Callable[[Performer], Performer]:
    """Make the method the activity for effects of this kind.

    It is not cancelled when the lead continues as new: the result of an interrupted call would be unknown.
    """
    return activity.defn(name=kind, no_thread_cancel_exception=True)
