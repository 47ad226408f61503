"""What `leads check` finds out about each outside system."""

from typing import NamedTuple


class Check(NamedTuple):
    """One thing that the service needs from outside, and whether it is there."""

    system: str
    name: str
    ok: bool
    detail: str = ""
    """What was found; or what is wrong and how to mend it. Never a secret."""
