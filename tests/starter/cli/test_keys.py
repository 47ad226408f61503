"""`leads keys` makes, shows and rotates keys, and `leads check` tells how they are."""

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from config.settings import Settings
from keys.master_keys import MasterKeys
from keys.sql_store import SqlKeyStore
from starter.cli.check_keys import key_checks
from tests.support.commands import Ended

Say = Callable[..., Ended]
FIRST, SECOND, PEPPER = (secrets.token_hex(32) for _ in range(3))


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Settings with a master key and a pepper, and a store that is not there yet."""
    url = f"sqlite:///{tmp_path / 'keys.sqlite'}"
    monkeypatch.setenv("LEADS_KEYS__STORE_URL", url)
    monkeypatch.setenv("LEADS_KEYS__MASTER_KEY", FIRST)
    monkeypatch.setenv("LEADS_KEYS__PEPPER", PEPPER)
    return url


def made(url: str, *owners: str) -> None:
    store = SqlKeyStore(url, MasterKeys.of(FIRST))
    for owner in owners:
        store.newest(owner)
    store.close()


def checked() -> list[tuple[str, bool, bool]]:
    return [(check.name, check.ok, check.warns) for check in key_checks(Settings(_env_file=None))]


def test_the_first_start_tells_which_settings_are_needed(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = say("keys", "init", "--json").json["settings"]
    assert told.keys() == {"LEADS_KEYS__MASTER_KEY", "LEADS_KEYS__PEPPER"}
    assert told != say("keys", "init", "--json").json["settings"]
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in told.items()))
    assert "is ready" in say("keys", "init").out
    assert (tmp_path / ".leads/keys.sqlite").exists()


def test_the_status_names_no_key(url: str, say: Say) -> None:
    made(url, "lead-a", "lead-b")
    status = say("keys", "status")
    assert status.code == 0
    assert "requests to erase): 2" in status.out
    assert "can't be read" not in status.out
    assert FIRST not in status.out
    assert say("keys", "--json").json["keys"] == {MasterKeys.of(FIRST).newest: 2}


def test_a_short_key_is_named_alone(url: str, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADS_KEYS__MASTER_KEY", "short")
    told = say("keys").err
    assert "LEADS_KEYS__MASTER_KEY: the key is too short" in told
    assert "LEADS_CHORES_QUEUE" not in told, "its default follows from other settings, and is not wrong"


def test_the_status_says_which_master_key_is_missing(
    url: str, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(url, "lead-a")
    monkeypatch.setenv("LEADS_KEYS__MASTER_KEY", SECOND)
    assert f"under {MasterKeys.of(FIRST).newest} can't be read here" in " ".join(say("keys").out.split())


def test_a_master_key_is_changed(url: str, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    made(url, "lead-a", "lead-b")
    monkeypatch.setenv("LEADS_KEYS__MASTER_KEY", SECOND)
    assert ("are kept", False, False) in checked()
    assert say("keys", "rotate").code == 5  # nothing can be unwrapped, and nothing is lost

    monkeypatch.setenv("LEADS_KEYS__MASTER_KEY_PREVIOUS", FIRST)
    assert ("are kept", True, True) in checked()
    assert say("keys", "rotate", "--json").json["rotated"] == 2
    assert "is needed no more" in say("keys", "rotate").out

    monkeypatch.delenv("LEADS_KEYS__MASTER_KEY_PREVIOUS")
    assert say("keys", "status", "--json").json["keys"] == {MasterKeys.of(SECOND).newest: 2}
    assert ("are kept", True, False) in checked()


def test_without_a_master_key_nothing_is_sealed_and_it_is_said(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = say("keys", "status")
    assert ended.code == 2
    assert "leads keys init" in ended.err
    assert checked() == [("seal what is written", True, True)]


def test_a_check_makes_no_store(url: str, tmp_path: Path) -> None:
    assert ("are kept", True, True) in checked()
    assert not list(tmp_path.iterdir())


def test_a_command_that_misses_the_store_refuses_and_makes_none(url: str, tmp_path: Path, say: Say) -> None:
    for command in (("keys",), ("keys", "rotate"), ("erase", "--list"), ("show", "lead-1")):
        ended = say(*command)
        assert (ended.code != 0, "put the newest copy" in ended.err) == (True, True), command
        assert not (tmp_path / "keys.sqlite").exists()


def test_a_missing_pepper_and_encryption_that_is_off_are_told(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LEADS_KEYS__PEPPER")
    monkeypatch.setenv("LEADS_KEYS__ENCRYPTION", "off")
    assert ("have a pepper", True, True) in checked()
    assert ("seal what is written", True, True) in checked()
