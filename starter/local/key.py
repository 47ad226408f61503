"""The keys with which the service signs and seals, made at the first start and kept beside the other local data."""

import os
import secrets
from pathlib import Path

from starter.cli.configuration import KEYS


def signing_key(folder: Path) -> str:
    """Return the key kept in this folder. The first call makes it, in a file that only its owner can read."""
    return _kept(folder, "signing.key", secrets.token_hex(32))


def sealing_keys(folder: Path) -> dict[str, str]:
    """Return the settings about keys that are kept in this folder: master key, pepper and store.

    The first call makes them. All commands in the folder above read the file (`starter.cli.configuration`).
    """
    keys = folder / KEYS.parent.name
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = {
        "LEADS_KEYS__MASTER_KEY": secrets.token_hex(32),
        "LEADS_KEYS__PEPPER": secrets.token_hex(32),
        "LEADS_KEYS__STORE_URL": f"sqlite:///{keys / 'keys.sqlite'}",
    }
    text = _kept(keys, KEYS.name, "".join(f"{name}={value}\n" for name, value in made.items()))
    return dict(line.split("=", 1) for line in text.splitlines())


def _kept(folder: Path, name: str, text: str) -> str:
    """Return the text of the file in this folder, which is made with `text` if it is missing."""
    file = folder / name
    if not file.exists():
        made = folder / f"{name}.{os.getpid()}"  # never half a key, also if the machine stops now
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as new:
            new.write(text)
        made.rename(file)
    return file.read_text()
