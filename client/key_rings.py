"""The key ring of this process, as its settings have it."""

from config.settings import Settings
from keys.ring import KeyRing


def key_ring(settings: Settings) -> KeyRing | None:
    """Return the key ring, or None if there is no master key. Raises KeysRefused for an unusable store."""
    keys = settings.keys
    if not keys.master_keys:
        return None
    from keys.opening import ring_at  # only this needs a database, which takes a moment to load

    return ring_at(keys.store_url.get_secret_value(), *keys.master_keys, cache_seconds=keys.cache_seconds)
