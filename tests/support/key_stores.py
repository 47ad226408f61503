"""Key stores for tests."""

from collections import Counter

from keys.data_key import DataKey, KeyId
from keys.errors import KeysUnavailable
from keys.store import Found, MemoryKeyStore


class Away(MemoryKeyStore):
    """A store that may be away."""

    away = False
    missed = 0
    """Requests while it was away."""

    def newest(self, owner: str) -> DataKey:
        if self.away:
            self.missed += 1
            raise KeysUnavailable("away")
        return super().newest(owner)

    def get(self, key_id: KeyId) -> Found:
        if self.away:
            self.missed += 1
            raise KeysUnavailable("away")
        return super().get(key_id)


class Counting(MemoryKeyStore):
    """A store that counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()
        """Questions by the owner whose key was asked for."""

    def newest(self, owner: str) -> DataKey:
        self.asked[owner] += 1
        return super().newest(owner)

    def get(self, key_id: KeyId) -> Found:
        self.asked[key_id.owner] += 1
        return super().get(key_id)
