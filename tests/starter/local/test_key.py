"""The key of the tokens on this machine is made once, and only its owner can read it."""

import stat
from pathlib import Path

from config.groups import MIN_KEY
from starter.local.key import signing_key


def test_the_key_is_made_once_and_private(tmp_path: Path) -> None:
    key = signing_key(tmp_path)
    assert signing_key(tmp_path) == key
    assert len(key) >= MIN_KEY
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_another_folder_has_another_key(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    assert signing_key(tmp_path / "one") != signing_key(tmp_path / "other")
