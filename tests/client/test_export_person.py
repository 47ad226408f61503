"""A person gets what leads keep of them, and nothing of others."""

import json
import re
import stat
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from client.erasure.finding import find, person_named
from client.export_person import collect, write_zip
from ledger.ledger import Ledger
from tests.support.lives import Life
from tests.support.rows import write_events

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def lead(ledger: Ledger) -> str:
    """A lead whose contact is Ada, and at which Bob has written."""
    life = Life(person="Ada Lovelace", email="ada@example.org")
    life.does("put_on_hold", event="Bob Builder calls Ada Lovelace", by="Bob Builder")
    write_events(ledger, life)
    return life.lead.id


def test_everything_of_theirs_is_in_a_file_that_only_its_owner_reads(
    ledger: Ledger, lead: str, tmp_path: Path
) -> None:
    found = find(ledger, person_named(["ada@example.org"]))
    assert (found.person.names, [each.lead_id for each in found.leads]) == (("Ada Lovelace",), [lead])
    assert found.leads[0].is_contact
    file = tmp_path / "ada.zip"
    write_zip(file, found.person, collect(ledger, found.person, [lead]), NOW)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as stored:
        assert stored.namelist() == ["README.txt", "data.json", "timeline.md", "links.md"]
        data = json.loads(stored.read("data.json"))
        timeline = stored.read("timeline.md").decode()
        everything = b"".join(stored.read(name) for name in stored.namelist()).decode()
    assert [each["lead_id"] for each in data["leads"]] == [lead]
    assert re.search(r"^- \d{4}-\d\d-\d\d \d\d:\d\d UTC: \w", timeline, re.MULTILINE)
    assert "Ada Lovelace" in everything
    assert "ada@example.org" in everything
    assert "Bob" not in everything
    with pytest.raises(FileExistsError):
        write_zip(file, found.person, [], NOW)


def test_of_a_colleague_only_the_places_that_name_them(ledger: Ledger, lead: str) -> None:
    found = find(ledger, person_named(["Bob Builder"]))
    assert [(each.lead_id, each.is_contact) for each in found.leads] == [(lead, False)]
    (mine,) = collect(ledger, found.person, [lead])
    assert "Ada" not in mine.data.model_dump_json()


def test_words_are_addresses_logins_and_names() -> None:
    person = person_named(["ada@example.org", "@ada", "Ada Lovelace", " "])
    assert (person.addresses, person.logins, person.names) == (
        ("ada@example.org",),
        ("ada",),
        ("Ada Lovelace",),
    )


def test_a_lead_alone_may_be_looked_at(ledger: Ledger, lead: str) -> None:
    person = person_named(["Ada Lovelace"])
    assert find(ledger, person, lead_ids=["lead-nope"]).leads == ()
    assert find(ledger, person, lead_ids=[lead], widen=False).person == person
