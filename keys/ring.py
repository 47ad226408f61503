"""The key ring of a process: the keys that it uses, for a short time each, over the store that keeps them."""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Self, TypeVar

from keys.data_key import DataKey, KeyId
from keys.store import Epoch, KeyStore, MemoryKeyStore

K = TypeVar("K")

CACHE_SECONDS: Final = 60.0
"""Seconds for which a process may go on using a key that was destroyed meanwhile, or an owner's epoch before the newest."""

_STORE: Final = "store"
"""Owner of a key that seals nothing: the store is known by it."""

CACHED_KEYS: Final = 4096
"""Keys that a process remembers; the least recently used ones go first."""


class KeyRing:
    """The keys of one process. It may be used by several threads. Calls that find nothing in the cache block."""

    def __init__(
        self,
        store: KeyStore,
        *,
        cache_seconds: float = CACHE_SECONDS,
        cached_keys: int = CACHED_KEYS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store = store
        self.cache_seconds = cache_seconds
        self._size = cached_keys
        self._clock = clock
        self._lock = threading.Lock()
        self._newest: OrderedDict[str, tuple[float, DataKey]] = OrderedDict()
        self._keys: OrderedDict[KeyId, tuple[float, DataKey]] = OrderedDict()

    @classmethod
    def in_memory(cls) -> Self:
        """Return a ring whose keys end with the process, for tests and measurements."""
        return cls(MemoryKeyStore())

    def newest(self, owner: str) -> DataKey:
        """Return the key under which data of this owner is sealed now. It is made if the owner has none.

        Raises KeyErased if the owner was erased whole, and KeysUnavailable while the store is away.
        """
        if key := self.cached_newest(owner):
            return key
        asked = self._clock()
        key = self.store.newest(owner)
        with self._lock:
            _remember(self._newest, owner, (asked, key), self._size)
            _remember(self._keys, key.id, (asked, key), self._size)
        return key

    def get(self, key_id: KeyId) -> DataKey:
        """Return the key with this id. Raises KeyErased, KeyUnknown, and KeysUnavailable while the store is away."""
        if key := self.cached(key_id):
            return key
        asked = self._clock()
        key, is_newest = self.store.get(key_id)
        with self._lock:
            _remember(self._keys, key_id, (asked, key), self._size)
            if is_newest:  # whoever opens what stands there mostly seals next
                _remember(self._newest, key_id.owner, (asked, key), self._size)
        return key

    def cached_newest(self, owner: str) -> DataKey | None:
        """Return the owner's newest key if it is remembered. Never blocks."""
        return self._remembered(self._newest, owner)

    def cached(self, key_id: KeyId) -> DataKey | None:
        """Return the key with this id if it is remembered. Never blocks."""
        return self._remembered(self._keys, key_id)

    def advance(self, owner: str) -> int:
        """Begin the owner's next epoch and return it.

        Other processes may seal under the one before for `cache_seconds` more. Raises KeyErased if the owner was
        erased whole.
        """
        epoch = self.store.advance(owner)
        self.forget(owner)
        return epoch

    def erase(self, owner: str, before: int | None = None) -> int:
        """Destroy the owner's keys of the epochs below `before`, and return how many. Without it: all, for good.

        Other processes may use them for `cache_seconds` more.
        """
        gone = self.store.erase(owner, before)
        self.forget(owner)
        return gone

    def epochs(self, owner: str) -> list[Epoch]:
        """Return the owner's epochs, oldest first, destroyed ones too."""
        return self.store.epochs(owner)

    def owners(self, prefix: str = "") -> list[str]:
        """Return the owners whose name begins so and that have a key which is not destroyed, in order."""
        return self.store.owners(prefix)

    def identity(self) -> str:
        """Return a text by which the store is known. It tells nothing about its keys."""
        return hashlib.sha256(b"identity" + self.newest(_STORE).secret).hexdigest()[:16]

    def forget(self, owner: str) -> None:
        """Forget the owner's keys in this process."""
        with self._lock:
            self._newest.pop(owner, None)
            for key_id in [key_id for key_id in self._keys if key_id.owner == owner]:
                del self._keys[key_id]

    def _remembered(self, cache: OrderedDict[K, tuple[float, DataKey]], name: K) -> DataKey | None:
        with self._lock:
            found = cache.get(name)
            if found is None:
                return None
            asked, key = found
            if self._clock() - asked >= self.cache_seconds:
                del cache[name]
                return None
            cache.move_to_end(name)
            return key


def _remember(
    cache: OrderedDict[K, tuple[float, DataKey]], name: K, value: tuple[float, DataKey], size: int
) -> None:
    cache[name] = value
    cache.move_to_end(name)
    while len(cache) > size:
        cache.popitem(last=False)
