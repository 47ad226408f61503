"""The result of checking an outside system (`leads check`)."""

from typing import NamedTuple


class Check(NamedTuple):
    """One requirement on an outside system, and if it is met."""

    system: str
    name: str
    ok: bool
    detail: str = ""
    """The finding, or the problem and its remedy. Contains no secret."""
    warns: bool = False
    """True if it is met, but a person should look at the finding."""
