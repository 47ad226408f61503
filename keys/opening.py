"""Opens the key ring of a process: one for each store, which all its parts share."""

from functools import lru_cache

from keys.brief_store import BriefKeyStore
from keys.master_keys import MasterKeys
from keys.ring import CACHE_SECONDS, KeyRing


@lru_cache(maxsize=8)
def ring_at(url: str, *master_keys: str, cache_seconds: float = CACHE_SECONDS) -> KeyRing:
    """Return the ring over the store at this URL, which is connected at its first use.

    The first master key wraps, all of them unwrap. Raises KeysRefused for an unusable URL or no master key.
    """
    return KeyRing(BriefKeyStore(url, MasterKeys(master_keys)), cache_seconds=cache_seconds)
