"""The key ring of this process, as its settings have it."""

from contextlib import closing
from typing import TYPE_CHECKING

from client.errors import KeysFailed
from config.settings import Settings
from keys.errors import KeysError, KeysUnavailable
from keys.ring import KeyRing

if TYPE_CHECKING:
    from keys.brief_store import BriefKeyStore


def key_ring(settings: Settings) -> KeyRing | None:
    """Return the key ring, or None if there is no master key. Raises KeysRefused for an unusable store."""
    keys = settings.keys
    if not keys.master_keys:
        return None
    from keys.opening import ring_at  # a process without keys needs none of it

    return ring_at(keys.store_url.get_secret_value(), *keys.master_keys, cache_seconds=keys.cache_seconds)


def keys_exist(settings: Settings) -> bool:
    """Return True if the key store is there. None is made. Raises KeysRefused or KeysUnavailable."""
    with closing(_store(settings)) as store:
        return store.exists()


def identity_of_keys(settings: Settings, *, create: bool = False) -> str | None:
    """Return the identity of the key store, empty if there is none, None if it cannot be reached. `create` makes it."""
    try:
        ring = key_ring(settings)
        return ring.identity() if ring and (create or keys_exist(settings)) else ""
    except KeysUnavailable:
        return None


def demand_keys(settings: Settings) -> None:
    """Raise KeysFailed if there are master keys and no key store: it may be lost, and a new one opens nothing."""
    if not settings.keys.master_keys:
        return
    try:
        with closing(_store(settings)) as store:
            if store.exists():
                return
    except KeysError as error:
        raise KeysFailed(str(error)) from None
    raise KeysFailed(
        f"There is no key store ({store.location}). If this service has sealed anything, put the newest copy of its key "
        "store back; where nothing was ever sealed, make a new one. docs/operations.md says how."
    )


def _store(settings: Settings) -> "BriefKeyStore":
    from keys.brief_store import BriefKeyStore  # as above
    from keys.master_keys import MasterKeys

    return BriefKeyStore(settings.keys.store_url.get_secret_value(), MasterKeys(settings.keys.master_keys))
