"""Errors of erasures, as data that each face writes in its own way."""

from dataclasses import dataclass

from client.errors import RequestRefused, Unavailable, sentence
from process.core.refusal import Refused
from process.plain_errors import shown


@dataclass(eq=False, repr=False)
class ErasureRefused(RequestRefused):
    """An erasure is not asked for, agreed to, held or carried out as this person wants it."""

    refusal: Refused

    def __str__(self) -> str:
        return str(self.refusal)


@dataclass(eq=False, repr=False)
class NoSuchErasure(RequestRefused):
    """The journal has no request of this name."""

    request_id: str

    def __str__(self) -> str:
        return f"There is no erasure {shown(self.request_id)}."


class KeysOff(RequestRefused):
    """Personal data is not sealed here, so that nothing in a backup could be made unreadable."""

    def __str__(self) -> str:
        return (
            "Nothing is sealed here: there is no master key. An erasure destroys keys, so that backups forget as well, "
            "and needs them."
        )


@dataclass(eq=False, repr=False)
class ErasureUnfinished(Unavailable):
    """A step of an erasure did not come to its end. Nothing is lost; it goes on from there when it is repeated."""

    lead_id: str
    why: str

    def __str__(self) -> str:
        return f"The erasure is not finished for {self.lead_id}: {sentence(self.why, capital=False)}"
