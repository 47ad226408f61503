"""Key stores for tests."""

from keys.data_key import DataKey, KeyId
from keys.errors import KeysUnavailable
from keys.store import MemoryKeyStore


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

    def get(self, key_id: KeyId) -> DataKey:
        if self.away:
            self.missed += 1
            raise KeysUnavailable("away")
        return super().get(key_id)
