"""A data key and its id."""

import re
import secrets
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
MAX_KEY_ID: Final = 200
"""Characters of a key id."""

_OWNER = re.compile(r"[^\x00-\x1f\x7f]{1,180}")
"""A workflow may have any id: whoever starts one in Temporal's own tools chooses it."""


class KeyId(NamedTuple):
    """The id of a data key: its owner and the number of its epoch. Written as `lead-example-ab2c/2`."""

    owner: str
    epoch: int

    def __str__(self) -> str:
        return f"{self.owner}/{self.epoch}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a key id. Raises ValueError for any other text."""
        owner, _, epoch = text[: MAX_KEY_ID + 1].rpartition("/")
        if len(text) > MAX_KEY_ID or not is_owner(owner) or not (epoch.isascii() and epoch.isdigit()):
            raise ValueError("this is no key id")
        return cls(owner, int(epoch))


def is_owner(name: str) -> bool:
    """Return True if keys can be kept for an owner of this name."""
    return _OWNER.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class DataKey:
    """A key that seals data of one owner, for one epoch."""

    id: KeyId
    secret: bytes = field(repr=False, compare=False)
    name: bytes = field(init=False, repr=False, compare=False)
    """The id as it stands beside sealed data."""
    measured_name: bytes = field(init=False, repr=False, compare=False)
    """The same after its length, in two bytes."""
    aead: AESGCM = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        name = str(self.id).encode()
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "measured_name", len(name).to_bytes(2, "big") + name)
        object.__setattr__(self, "aead", AESGCM(self.secret))

    @classmethod
    def new(cls, key_id: KeyId) -> Self:
        """Return a new random key."""
        return cls(key_id, secrets.token_bytes(KEY_BYTES))
