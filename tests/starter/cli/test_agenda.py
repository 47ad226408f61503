"""`leads agenda`, from the leads' rows in the ledger: neither a server nor a worker is there."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.commands import Ended
from tests.support.lives import Life
from tests.support.rows import write_rows

Say = Callable[..., Ended]


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    monkeypatch.setenv("LEADS_LEDGER_URL", url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "localhost:1")
    return url


def today() -> Life:
    """A lead that was opened now."""
    return Life(datetime.now(UTC))


def test_it_lists_by_role_and_person_what_is_to_be_done(say: Say, url: str) -> None:
    life = today()
    life.does("assigned", role="sales", person="Grace Example", login="grace")
    write_rows(url, life)
    ended = say("agenda", "--for", "grace")
    assert ended.code == 0, ended.err
    first, second, third = ended.out.split("\n")[:3]
    assert (first, second) == ("sales (Grace Example)", "  To do")
    assert third.startswith("    Send the questionnaire · by 2")
    assert "lead-example [" in third
    assert say("agenda", "--for", "engineering").out == "Nothing to do.\n"
    assert "did not wake up" not in ended.err


def test_json_has_all_of_it(say: Say, url: str) -> None:
    write_rows(url, today())
    found = say("agenda", "--json").json
    (item,) = found["items"]
    assert (item["lead_id"], item["section"], item["role"], item["text"]) == (
        "lead-example",
        "due",
        "sales",
        "Send the questionnaire",
    )
    assert found["outdated"] == []


def test_leads_that_did_not_follow_their_dates_are_named(say: Say, url: str) -> None:
    write_rows(url, Life(datetime.now(UTC) - timedelta(days=60)))
    ended = say("agenda")
    assert ended.code == 0
    assert "1 did not wake up when a date passed" in ended.err
    assert "lead-example" in ended.err
    assert "leads check" in ended.err
    listed = say("list")
    assert "lead-example" in listed.out
    assert "1 did not wake up when a date passed" in listed.err


def test_without_a_ledger_it_says_which_setting_names_it(say: Say, url: str) -> None:
    ended = say("agenda")
    assert ended.code == 5
    assert "There is no ledger yet" in ended.err
    assert "LEADS_LEDGER_URL" in ended.err


def test_a_list_is_cut_with_the_number_of_the_others(say: Say, url: str) -> None:
    write_rows(url, *(Life(datetime.now(UTC), lead_id=f"lead-{number}") for number in range(3)))
    ended = say("list", "--limit", "2")
    assert ended.out.splitlines()[-1] == "2 of 3 leads (lead: 3); --limit shows more."
    assert "lead-2" not in ended.out
    assert [row["lead_id"] for row in say("list", "--limit", "2", "--json").json] == ["lead-0", "lead-1"]
    assert say("list", "--count").out == "lead: 3\n"
    assert say("list", "--count", "--json").json == {"lead": 3}
    assert say("list", "--count", "--stage", "hub").out == "No leads.\n"
    assert say("list", "--limit", "0").code == 2
    turned = say("list", "--all", "--since", "2026-02-01", "--until", "2026-01-31")
    assert (turned.code, turned.err.strip()) == (2, "leads: --since must not be later than --until.")
    assert "`leads show` takes words" in say("list", "--org", "Example").out


def test_a_list_is_sorted_as_wished(say: Say, url: str) -> None:
    first, second = Life(datetime.now(UTC), lead_id="lead-b"), Life(datetime.now(UTC), lead_id="lead-a")
    first.quoted()  # its deadline comes first
    write_rows(url, first, second)

    def listed(*how: str) -> list[str]:
        return [row["lead_id"] for row in say("list", "--json", *how).json]

    assert listed() == ["lead-b", "lead-a"]
    assert listed("--sort", "lead") == ["lead-a", "lead-b"]
    assert listed("--sort", "next-date") == ["lead-b", "lead-a"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("salez", "Did you mean sales?"),
        ("contract", "Did you mean contracts?"),
        ("grase", "Did you mean grace?"),
        ("xyz", "Roles are contracts, engineering, sales."),
        ("nobody", "Roles are contracts, engineering, sales."),
    ],
)
def test_an_unknown_role_or_person_is_an_error_with_near_names(
    say: Say, url: str, name: str, says: str
) -> None:
    life = today()
    life.does("assigned", role="engineering", person="Grace Example", login="grace")
    write_rows(url, life)
    ended = say("agenda", "--for", name)
    assert ended.code == 2
    assert f"{name!r} is no role, and nobody of that name has one." in ended.err
    assert says in ended.err
    assert say("agenda", "--for", "@Grace").code == 0, "a person without an item is known"


def test_a_person_with_a_role_sees_the_roles_items(
    say: Say, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('version = "2027"\n[people]\nsales = ["amara"]\nengineering = ["kofi"]\n')
    monkeypatch.setenv("LEADS_POLICY_FILE", str(policy))
    write_rows(url, today())
    hers = say("agenda", "--for", "amara").out
    assert "Send the questionnaire" in hers
    assert hers[0] != "\n", "blank lines stand between the owners alone"
    assert say("agenda", "--for", "kofi").out == "Nothing to do.\n"


def test_a_lost_lead_is_listed_with_its_reason(say: Say, url: str) -> None:
    write_rows(url, today().lost())
    assert "lost (budget, on 20" in say("list", "--stage", "lost").out


def test_a_next_date_is_a_day_with_its_purpose(say: Say, url: str) -> None:
    life = Life(datetime.now(UTC), zone="Pacific/Kiritimati")
    write_rows(url, life)
    day = life.today + timedelta(days=30)
    assert f"{day}: the lead is stale if nothing moves until then" in say("list").out
