"""Seed files: reading, validation, and a sandbox that starts with another one."""

from pathlib import Path

import pytest

from sandbox.seed import EXAMPLE, Seed, SeedError, read_seed
from sandbox.server import Sandbox
from sandbox_tests.support.http import call

OTHER = """
environment = { CHAT_URL = "${url}/chat", PLANS = "${plans}", PRICE = "5 $$", SECRET = "${webhook_secret}" }
[organization]
login = "other-org"
name = "Another Organization"
[[people]]
login = "kim"
name = "Kim Doe"
access = "admin"
owner = true
[[repositories]]
name = "work"
[board]
title = "Work"
columns = [{ name = "Now" }]
[drive]
id = "0AOther"
name = "Other"
service_account = "robot@example.org"
members = { "robot@example.org" = "writer", "kim@example.org" = "organizer" }
folders.plans = { id = "1Plans", name = "Plans" }
"""


def read(tmp_path: Path, text: str) -> Seed:
    (file := tmp_path / "seed.toml").write_text(text)
    return read_seed(file)


def test_a_sandbox_with_another_seed(tmp_path: Path) -> None:
    with Sandbox(seed=read(tmp_path, OTHER)) as sandbox:
        assert sandbox.environment() == {"CHAT_URL": f"{sandbox.url}/chat", "PLANS": "1Plans", "PRICE": "5 $"}
        assert sandbox.person("kim").open("work", "First").number == 1
        sandbox.on_drive().rename(sandbox.ids["plans"], "Other plans")
        assert [each.name for each in sandbox.google.children("0AOther")] == ["Other plans"]
        page = call(sandbox, "GET", "/").text
        assert "other-org/work" in page
        sandbox.reset()
        assert [each.name for each in sandbox.google.children("0AOther")] == ["Plans"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "Kim Doe"', "", "people.0.name: Field required"),
        ('access = "admin"', 'access = "everything"', "people.0.access: Input should be "),
        ("[board]", "[bored]", "bored: Extra inputs are not permitted"),
        ("[board]", "[board", "is not valid TOML"),
        (
            "[board]\n",
            '[[teams]]\nslug = "all"\nmembers = ["jo"]\n[board]\n',
            "team all: there is no person jo",
        ),
        ('"Plans" }', '"Plans", parent = "top" }', "plans: there is no folder top"),
        ('id = "1Plans"', 'id = "0AOther"', "id of a file on Drive 0AOther is there twice"),
        ('= "organizer"', '= "writer"', "the drive needs a member with the role organizer"),
        ('"robot@example.org" =', '"else@example.org" =', "members must include its service account"),
        ("${plans}", "${plan}", "environment.PLANS: unknown placeholder plan"),
        ("5 $$", "5 $", "environment.PRICE: unknown placeholder $ that starts no placeholder"),
    ],
)
def test_a_wrong_seed_is_refused_with_what_is_wrong(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in OTHER
    with pytest.raises(SeedError) as refused:
        read(tmp_path, OTHER.replace(old, new, 1))
    assert message in str(refused.value)
    assert str(tmp_path / "seed.toml") in str(refused.value)


def test_a_missing_seed_file() -> None:
    with pytest.raises(SeedError, match=r"Cannot read the seed file no-such\.toml: No such file"):
        read_seed(Path("no-such.toml"))


def test_the_example_is_the_default() -> None:
    assert read_seed() == read_seed(EXAMPLE)
