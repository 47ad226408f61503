"""The part of `leads check` about the keys under which personal data is sealed."""

from collections.abc import Iterator

from activities.checks import Check
from config.settings import Settings
from keys.errors import KeysError
from keys.master_keys import MasterKeys


def key_checks(settings: Settings) -> Iterator[Check]:
    """Yield checks of the master key, the key store and the pepper."""
    keys = settings.keys
    if not keys.master_keys:
        detail = "LEADS_KEYS__MASTER_KEY is not set, so names and texts stand in the clear in Temporal and the ledger"
        yield Check("Keys", "seal what is written", True, detail, warns=True)
        return
    detail = "" if keys.seals else "LEADS_KEYS__ENCRYPTION is off; what was sealed before can be read"
    yield Check("Keys", "seal what is written", True, detail, warns=not keys.seals)
    yield _store(settings)
    if not keys.pepper:
        detail = (
            "LEADS_KEYS__PEPPER is not set, so who guesses a customer's name can find the leads in Temporal"
        )
        yield Check("Keys", "have a pepper", True, detail, warns=True)


def _store(settings: Settings) -> Check:
    from keys.sql_store import SqlKeyStore  # loads a database

    what = "are kept"
    try:
        known = MasterKeys(settings.keys.master_keys)
        store = SqlKeyStore(settings.keys.store_url.get_secret_value(), known)
        try:
            if not store.exists():
                detail = f"There are none yet at {store.location}; the first lead makes some"
                return Check("Keys", what, True, detail, warns=True)
            counts = store.counts()
        finally:
            store.close()
    except KeysError as error:
        return Check("Keys", what, False, f"LEADS_KEYS__STORE_URL: {error}")
    if lost := sorted(counts.kept.keys() - set(known.ids)):
        number = sum(counts.kept[name] for name in lost)
        detail = f"{number} are wrapped under master keys that are not set here: {', '.join(lost)}"
        return Check("Keys", what, False, detail)
    detail = f"{store.location}; keys: {sum(counts.kept.values())}, destroyed: {counts.destroyed}"
    if old := sum(number for name, number in counts.kept.items() if name != known.newest):
        return Check("Keys", what, True, f"{detail}; {old} wait for `leads keys rotate`", warns=True)
    return Check("Keys", what, True, detail)
