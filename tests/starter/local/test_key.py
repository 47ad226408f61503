"""The keys on this machine are made once, and only their owner can read them."""

import stat
from pathlib import Path

from config.groups import MIN_KEY
from starter.local.key import sealing_keys, signing_key


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


def test_the_keys_of_leads_are_made_once_and_private(tmp_path: Path) -> None:
    keys = sealing_keys(tmp_path)
    assert sealing_keys(tmp_path) == keys
    assert keys["LEADS_KEYS__MASTER_KEY"] != keys["LEADS_KEYS__PEPPER"]
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "keys/keys.env").stat().st_mode) == 0o600
