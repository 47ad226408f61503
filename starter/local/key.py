"""The key with which the service signs, made at the first start and kept beside the other local data."""

import os
import secrets
from pathlib import Path


def signing_key(folder: Path) -> str:
    """Return the key kept in this folder. The first call makes it, in a file that only its owner can read."""
    file = folder / "signing.key"
    if not file.exists():
        made = folder / f"signing.key.{os.getpid()}"  # never half a key, also if the machine stops now
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as new:
            new.write(secrets.token_hex(32))
        made.rename(file)
    return file.read_text()
