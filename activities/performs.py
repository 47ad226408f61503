"""The decorator that makes a method the activity of a kind of effect."""

from collections.abc import Callable
from functools import wraps

from temporalio import activity

from activities.errors import Missing
from activities.settling import given_time
from process.effects.requests import EffectRequest, Outcome

Performer = Callable[..., Outcome]
"""A method that performs effects of one kind."""


def performs(kind: str) -> Callable[[Performer], Performer]:
    """Make the method the activity for effects of this kind.

    It is not cancelled when the lead continues as new: the result of an interrupted call would be unknown. Something
    that is missing is waited for, since it may have been made a moment ago.
    """

    def made(method: Performer) -> Performer:
        @wraps(method)
        def perform(self: object, request: EffectRequest) -> Outcome:
            try:
                return method(self, request)
            except Missing as error:
                raise given_time(error) from None

        return activity.defn(name=kind, no_thread_cancel_exception=True)(perform)

    return made
