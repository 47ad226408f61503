"""`leads erase`, `leads export-person` and `leads retention`, as people use them."""

import json
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from client.belonging import Belonging
from client.key_rings import key_ring
from client.ledgers import ledger_of
from keys.opening import ring_at
from process.policy import Policy
from starter.cli import erase
from starter.cli.configuration import read_settings
from starter.web.auth.database import WebDatabase
from starter.web.auth.people import People, Person, Way
from starter.web.auth.sealing import WebContents
from starter.web.auth.store import AccountStore
from tests.support.commands import Ended
from tests.support.lives import Life
from tests.support.rows import write_events

PERSON = "Quixotina Zweifelhaft"


@pytest.fixture
def sealed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Settings with keys, two people who have roles, and a lead of that person that Temporal does not have."""
    for name, value in {
        "LEADS_KEYS__MASTER_KEY": "m" * 32,
        "LEADS_KEYS__PEPPER": "p" * 32,
        "LEADS_PEOPLE": json.dumps({"sales": ["ann"], "contracts": ["bob"]}),
        "LEADS_BY": "ann",
    }.items():
        monkeypatch.setenv(name, value)
    life = Life(person=PERSON, email="quixotina@zweifelhaft.example").lost()
    with closing(ledger_of(read_settings())) as ledger:
        write_events(ledger, life)
    yield tmp_path
    ring_at.cache_clear()


def asked(say: Callable[..., Ended]) -> str:
    ended = say("erase", PERSON, "--yes", "--json")
    assert ended.code == 0, ended.err
    return str(ended.json["id"])


def test_without_keys_nothing_is_erased(say: Callable[..., Ended]) -> None:
    refused = say("erase", "--list")
    assert (refused.code, "LEADS_KEYS__MASTER_KEY" in refused.err) == (3, True)


def test_one_thing_at_a_time(say: Callable[..., Ended]) -> None:
    assert say("erase").code == 2
    assert say("erase", PERSON, "--list").code == 2
    assert say("erase", "--hold", "ab12cd34").code == 2


def test_what_is_found_is_shown_before_anything_is_asked_for(say: Callable[..., Ended], sealed: Path) -> None:
    shown = say("erase", "quixotina@zweifelhaft.example")
    assert shown.code == 0
    assert f"Known as: {PERSON}" in shown.out or f", {PERSON}" in shown.out
    assert "lead-example" in shown.out
    assert "No request was made" in shown.out
    assert "Nobody has asked" in say("erase", "--list").out
    assert say("erase", "Nobody Anywhere").code == 4


def test_somebody_of_no_lead_is_looked_for_in_the_pages(
    say: Callable[..., Ended], sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = say("erase", "Otto Ohnelead", "--yes")
    assert (nowhere.code, "LEADS_WEB__STORE_URL" in nowhere.err) == (4, True)
    assert say("erase", "Otto Ohnelead", "--anyway", "--yes", "--json").json["leads"] == 0
    url = f"sqlite:///{sealed / 'web.sqlite'}"
    monkeypatch.setenv("LEADS_WEB__STORE_URL", url)
    people = People(Policy(), frozenset({Way.GITHUB}))
    with closing(WebDatabase.open(url, WebContents(key_ring(read_settings()), "p" * 32))) as database:
        AccountStore(database, people).sign_in(Person(Way.GITHUB, "otto-ohnelead", 7))
    found = say("erase", "@otto-ohnelead", "--yes")
    assert (found.code, "pages: " in found.out, "Asked for" in found.out) == (0, True, True)


def test_whoever_asks_is_known_and_does_not_confirm(
    say: Callable[..., Ended], sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = say("erase", PERSON, "--yes", "--by", "mallory")
    assert (unknown.code, "Nobody knows who you are" in unknown.err) == (3, True)
    name = asked(say)
    same = say("erase", "--confirm", name, "--yes", "--by", "Ann")
    assert (same.code, "somebody else" in same.err) == (3, True)
    nope = say("erase", "--confirm", "nope", "--yes", "--by", "bob")
    assert (nope.code, "`leads erase --list`" in nope.err) == (3, True)


def test_where_roles_are_of_teams_only_two_people_are_named_first(
    say: Callable[..., Ended], sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADS_PEOPLE", json.dumps({"sales": ["team:sales"]}))
    for words in ((PERSON, "--yes"), ("--confirm", "ab12cd34", "--yes")):
        refused = say("erase", *words)
        assert (refused.code, "LEADS_ALIASES" in refused.err, "the pages" in refused.err) == (3, True, True)
    monkeypatch.setenv("LEADS_ALIASES", json.dumps({"ann": ["ann.a"], "bob": ["bob.b"]}))
    name = asked(say)
    nearly = say("erase", "--confirm", name, "--by", "bob.b")
    assert (nearly.code, "Nothing was erased" in nearly.out) == (0, True)


def test_a_store_of_the_pages_that_was_never_made_holds_nobody(
    say: Callable[..., Ended], sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADS_WEB__STORE_URL", f"sqlite:///{sealed / 'nowhere' / 'web.sqlite'}")
    assert "was never made" not in say("erase", PERSON).out, "its folder is missing: it may be elsewhere"
    monkeypatch.setenv("LEADS_WEB__STORE_URL", f"sqlite:///{sealed / 'web.sqlite'}")
    shown = say("erase", PERSON)
    assert (shown.code, "The store of the pages was never made" in shown.out) == (0, True)
    nowhere = say("erase", "Otto Ohnelead", "--yes")
    assert (nowhere.code, "no row of the pages" in nowhere.err) == (4, True)
    assert not (sealed / "web.sqlite").exists()


def test_the_pages_forget_where_they_are(
    say: Callable[..., Ended], sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = asked(say)
    missing = say("erase", "--pages", name)
    assert (missing.code, "LEADS_WEB__STORE_URL" in missing.err) == (2, True)
    monkeypatch.setenv("LEADS_WEB__STORE_URL", f"sqlite:///{sealed / 'web.sqlite'}")
    (sealed / "web.sqlite").touch()
    refused = say("erase", "--pages", name)
    assert (refused.code, "requested" in refused.err) == (3, True), "nobody has confirmed it"


def test_the_same_person_is_asked_for_once(say: Callable[..., Ended], sealed: Path) -> None:
    name = asked(say)
    again = say("erase", "quixotina@zweifelhaft.example", "--yes")
    assert (again.code, f"Request {name}" in again.err, "--anyway" in again.err) == (3, True, True)
    assert say("erase", PERSON, "--anyway", "--yes").code == 0


def test_the_rest_is_looked_at_by_a_person_after_a_search(say: Callable[..., Ended], sealed: Path) -> None:
    short = say("erase", "Li", "--yes")
    assert (short.code, "no lead" in short.err.lower()) == (4, True)
    refused = say("erase", "--rest-is-fine", asked(say))
    assert (refused.code, "No search has found anything" in refused.err) == (3, True)


def test_a_request_is_held_and_withdrawn(say: Callable[..., Ended], sealed: Path) -> None:
    name = asked(say)
    held = say("erase", "--hold", name, "--until", "2999-01-01", "--reason", "dispute")
    assert (held.code, "held, until 2999-01-01: dispute" in held.out) == (0, True)
    assert [each["state"] for each in say("erase", "--list", "--json").json] == ["held"]
    refused = say("erase", "--confirm", name, "--yes", "--by", "bob")
    assert (refused.code, "legal hold" in refused.err) == (3, True)
    assert say("erase", "--withdraw", name).code == 0
    listed = say("erase", "--list")
    assert (PERSON in listed.out, "withdrawn" in listed.out) == (False, True)


def test_a_person_of_the_settings_is_taken_out_of_them_first(
    say: Callable[..., Ended], sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADS_ALIASES", json.dumps({"quix": [PERSON]}))
    refused = say("erase", PERSON, "--yes")
    assert (refused.code, "The settings name this person (aliases)" in refused.err) == (3, True)


def test_a_person_gets_a_file(say: Callable[..., Ended], sealed: Path) -> None:
    file = sealed / "person.zip"
    assert "Nothing was written" in say("export-person", PERSON, "--output", str(file)).out
    written = say("export-person", PERSON, "--output", str(file), "--yes")
    assert (written.code, stat.S_IMODE(file.stat().st_mode)) == (0, 0o600)
    with zipfile.ZipFile(file) as stored:
        assert PERSON in stored.read("timeline.md").decode()
    again = say("export-person", PERSON, "--output", str(file), "--yes")
    assert (again.code, "is there already" in again.err) == (2, True)
    assert say("export-person", "Nobody Anywhere", "--output", "x.zip", "--yes").code == 4


def test_retention_names_the_rules_and_what_is_due(say: Callable[..., Ended], sealed: Path) -> None:
    shown = say("retention")
    assert shown.out.startswith("Names: 24 months after a lead's end\n")
    assert say("retention", "--json").json["retention"]["chores_days"] == 30


OPENS_KEYS = [
    ("erase", "--list"),
    ("retention",),
    ("export-person", PERSON, "--output", "person.zip", "--yes"),
    ("keys", "status"),
    ("rebuild",),
]


@pytest.mark.parametrize("command", OPENS_KEYS)
def test_a_command_that_opens_keys_refuses_another_store_than_the_workers(
    say: Callable[..., Ended], sealed: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    alone = say(*command)
    assert (alone.code, "was not compared with that of the workers" in alone.err) == (0, True)
    theirs = Belonging(
        ledger=None, ledger_at="", organisation="", outside="", credentials=False, keys="another"
    )

    async def connect(**_: object) -> object:
        return object()

    async def recorded(*_: object) -> Belonging:
        return theirs

    monkeypatch.setattr("starter.cli.session.connect", connect)
    monkeypatch.setattr("client.belonging.recorded", recorded)
    refused = say(*command)
    assert refused.code != 0
    assert "not the one of this service's workers" in refused.err


def test_a_report_is_for_its_owner_and_a_folder_may_be_missing(tmp_path: Path) -> None:
    file = erase._write(tmp_path, "ab12cd34", ["a", "b"])
    assert file
    assert (file.name, file.read_text(), stat.S_IMODE(file.stat().st_mode)) == (
        "erasure-ab12cd34.md",
        "a\nb\n",
        0o600,
    )
    assert erase._write(tmp_path / "nowhere", "ab12cd34", ["a"]) is None
