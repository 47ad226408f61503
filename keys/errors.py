"""Errors about keys and sealed data. A message names the key, never a secret and never what was sealed."""


class KeysError(Exception):
    """Base of all errors about keys."""


class KeysUnavailable(KeysError):
    """A temporary failure: the store is away, or this process lacks the master key. A retry may succeed."""


class KeysRefused(KeysError):
    """A permanent failure: unusable URL, wrong password, malformed master key. A person must act."""


class KeyUnknown(KeysError):
    """The store has no such key and never destroyed it: it is another store, or an older one."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The key store has no key {name}. It is not the store of this service, or an older one."
        )
        self.name = name


class KeyErased(KeysError):
    """The key was destroyed, and so is all that was sealed under it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The key {name} was destroyed, and all that was sealed under it is erased.")
        self.name = name


class SealBroken(KeysError):
    """The sealed data was changed, was moved to where it does not belong, or is none."""

    def __init__(self, name: str) -> None:
        super().__init__(f"What is sealed under the key {name} was changed or belongs elsewhere.")
        self.name = name
