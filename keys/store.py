"""The interface of a place where keys are kept, and such a place in memory."""

import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from keys.data_key import DataKey, KeyId
from keys.errors import KeyErased, KeyUnknown


@dataclass(frozen=True, slots=True)
class Epoch:
    """One key of an owner, without its secret."""

    number: int
    created_at: datetime
    destroyed_at: datetime | None = None
    master_key: str = ""
    """The id of the master key under which it is wrapped."""


class Found(NamedTuple):
    """A key that was asked for by its id."""

    key: DataKey
    is_newest: bool
    """True if its owner has no newer one, so that it is also the answer to `newest`."""


class KeyStore(Protocol):
    """Keeps data keys. Its calls block, and raise KeysUnavailable while the place is away."""

    def newest(self, owner: str) -> DataKey:
        """Return the owner's newest key, made if there is none. Raises KeyErased if the owner was erased whole."""

    def get(self, key_id: KeyId) -> Found:
        """Return a key. Raises KeyErased or KeyUnknown."""

    def advance(self, owner: str) -> int:
        """Begin the owner's next epoch and return it. Raises KeyErased if the owner was erased whole."""

    def erase(self, owner: str, before: int | None = None) -> int:
        """Destroy the owner's keys of the epochs below `before`; without it all, for good. Return how many."""

    def epochs(self, owner: str) -> list[Epoch]:
        """Return the owner's epochs, oldest first, destroyed ones too."""

    def owners(self, prefix: str = "") -> list[str]:
        """Return the owners whose name begins so and that have a key which is not destroyed, in order."""


class MemoryKeyStore:
    """Keeps keys in memory, for tests and measurements."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[str, dict[int, tuple[Epoch, DataKey | None]]] = {}

    def newest(self, owner: str) -> DataKey:
        with self._lock:
            epochs = self._keys.setdefault(owner, {})
            if not epochs:
                self._add(owner, 1)
            return _usable(KeyId(owner, max(epochs)), epochs[max(epochs)][1])

    def get(self, key_id: KeyId) -> Found:
        with self._lock:
            epochs = self._keys.get(key_id.owner, {})
            if key_id.epoch not in epochs:
                raise KeyUnknown(str(key_id))
            return Found(_usable(key_id, epochs[key_id.epoch][1]), key_id.epoch == max(epochs))

    def advance(self, owner: str) -> int:
        with self._lock:
            epochs = self._keys.setdefault(owner, {})
            newest = max(epochs, default=0)
            if newest:
                _usable(KeyId(owner, newest), epochs[newest][1])
            self._add(owner, newest + 1)
            return newest + 1

    def erase(self, owner: str, before: int | None = None) -> int:
        with self._lock:
            epochs = self._keys.setdefault(owner, {})
            if before is None and not epochs:
                self._add(owner, 1)
            gone = [n for n, (_, key) in epochs.items() if key is not None and (before is None or n < before)]
            for number in gone:
                epoch, _ = epochs[number]
                epochs[number] = (replace(epoch, destroyed_at=datetime.now(UTC)), None)
            return len(gone)

    def epochs(self, owner: str) -> list[Epoch]:
        with self._lock:
            return [epoch for _, (epoch, _) in sorted(self._keys.get(owner, {}).items())]

    def owners(self, prefix: str = "") -> list[str]:
        with self._lock:
            return sorted(
                owner
                for owner, epochs in self._keys.items()
                if owner.startswith(prefix) and any(key for _, key in epochs.values())
            )

    def _add(self, owner: str, epoch: int) -> None:
        key = DataKey.new(KeyId(owner, epoch))
        self._keys[owner][epoch] = (Epoch(epoch, datetime.now(UTC)), key)


def _usable(key_id: KeyId, key: DataKey | None) -> DataKey:
    if key is None:
        raise KeyErased(str(key_id))
    return key
