"""The policy in force: built in, from the settings or from a file, and the errors of a file that is not valid."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from config.policy_file import current_policy
from config.settings import Settings, SettingsError
from process.policy import BUILT_IN, COLUMNS, Discounts, Policy
from process.types import Role, Stage
from tests.support.commands import Ended, Opened, RunLeads, eventually


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


def in_file(folder: Path, text: str, name: str = "policy.toml", **values: Any) -> Policy:
    (file := folder / name).write_text(text)
    return current_policy(settings(policy_file=file, **values))


def test_without_settings_it_is_the_built_in_policy() -> None:
    assert current_policy(settings()) == Policy()


def test_addresses_and_people_of_the_settings_are_no_other_version() -> None:
    policy = current_policy(
        settings(addresses={"contracts": ["deals@example.org"]}, people={"sales": ["octocat"]})
    )
    assert policy.version == BUILT_IN
    assert policy.addresses == {Role.CONTRACTS: ("deals@example.org",)}
    assert policy.people == {Role.SALES: ("octocat",)}


def test_other_columns_in_the_settings_are_a_version_of_their_own() -> None:
    other = current_policy(settings(github={"columns": COLUMNS | {Stage.LEAD: "Inbox"}}))
    assert other.version.startswith(f"{BUILT_IN}+")
    assert other.columns[Stage.LEAD] == "Inbox"
    assert (
        other.version != current_policy(settings(github={"columns": COLUMNS | {Stage.LEAD: "New"}})).version
    )


def test_a_policy_file_replaces_only_what_it_names(tmp_path: Path) -> None:
    policy = in_file(
        tmp_path,
        """
        version = "2026-09"
        holidays = [2026-12-25]
        periods.stale = 14
        labels.customer = "client"
        columns.lead = "Inbox"
        addresses.contracts = ["deals@example.org"]
        people.sales = ["octocat", "team:sales"]
        """,
        addresses={"sales": ["shop@example.org"], "contracts": ["old@example.org"]},
    )
    assert policy.version == "2026-09"
    assert (policy.periods.stale, policy.periods.archive) == (14, 365)
    assert policy.holidays == (date(2026, 12, 25),)
    assert (policy.labels.customer, policy.labels.lead) == ("client", "lead")
    assert policy.columns == COLUMNS | {Stage.LEAD: "Inbox"}
    assert policy.addresses == {Role.SALES: ("shop@example.org",), Role.CONTRACTS: ("deals@example.org",)}
    assert policy.people == {Role.SALES: ("octocat", "team:sales")}


def test_a_file_says_how_much_discount_sales_gives_and_who_approves_more(tmp_path: Path) -> None:
    assert Policy().discounts == Discounts(without_approval=Decimal(10), approver=Role.CONTRACTS)
    text = 'version = "2026-09"\ndiscounts.without_approval = 12.5\ndiscounts.approver = "sales"'
    rule = in_file(tmp_path, text).discounts
    assert (rule.without_approval, rule.approver) == (Decimal("12.5"), Role.SALES)


def test_json_says_the_same(tmp_path: Path) -> None:
    text = '{"version": "2026-09", "periods": {"stale": 14}}'
    assert in_file(tmp_path, text, "policy.json").periods.stale == 14


def test_what_is_printed_can_be_read_again(tmp_path: Path) -> None:
    policy = in_file(tmp_path, 'version = "2026-09"\nholidays = [2026-12-25]')
    assert in_file(tmp_path, policy.model_dump_json(), "policy.json") == policy


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("periods.stale = 14", "version is missing"),
        (f'version = "{BUILT_IN}"', "is the name of the built-in policy"),
        ('version = ""', "version: write at least 1 character"),
        (
            'version = "1"\nperiods.stael = 14',
            "there is no periods.stael (did you mean stale?); periods takes",
        ),
        ('version = "1"\nperiod.stale = 14', "there is no period (did you mean periods?); it takes version"),
        (
            'version = "1"\nperiods.stale = 0',
            "periods.stale: write at least 1, not 0",
        ),
        (
            'version = "1"\ndiscounts.without_approval = 101',
            "discounts.without_approval: write at most 100, not 101",
        ),
        ('version = "1"\ndiscounts.approver = "community"', "discounts.approver: write "),
        ('version = "1"\nholidays = ["soon"]', "holidays.0: write a day that exists, such as 2026-03-31"),
        (
            'version = "1"\naddresses.contracts = ["deals"]',
            "addresses.contracts: 'deals' is no mail address",
        ),
        ('version = "1"\naddresses.contracts = []', "addresses.contracts: name at least one"),
        (
            'version = "1"\naddresses.legal = ["a@example.org"]',
            "addresses.legal: only these roles have people",
        ),
        (
            'version = "1"\npeople.nobody = ["octocat"]',
            "nobody: only these roles have people: contracts, engineering",
        ),
        ('version = "1"\npeople.sales = ["team sales"]', "'team sales' is neither a login nor team:SLUG"),
        ('version = "1"\ncolumns.won = "Won"', "columns.won: write 'lead', 'quoted'"),
        ("version = ", "is not well-formed"),
    ],
)
def test_a_wrong_entry_is_named_with_the_possible_ones(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        in_file(tmp_path, text)
    assert str(wrong.value).startswith(f"LEADS_POLICY_FILE: {tmp_path / 'policy.toml'} ")
    assert says in str(wrong.value)


@pytest.mark.parametrize(("name", "text"), [("policy.yaml", "version: 1"), ("policy.json", "[]")])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=r"neither \.toml nor \.json|must be an object with version"):
        in_file(tmp_path, text, name)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml cannot be read: No such file"):
        current_policy(settings(policy_file="nowhere.toml"))


async def test_a_new_lead_keeps_the_policy_that_it_began_under(
    leads: RunLeads, opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file := tmp_path / "policy.toml").write_text('version = "2026-09"\nperiods.stale = 14')
    monkeypatch.setenv("LEADS_POLICY_FILE", str(file))
    lead = await opened()
    file.write_text('version = "2026-10"\nperiods.stale = 20')
    lead_json = (await leads("show", lead, "--json")).json["lead"]
    assert (lead_json["policy"]["version"], lead_json["policy"]["periods"]["stale"]) == ("2026-09", 14)


async def test_a_wrong_file_ends_the_command_with_a_sentence(
    leads: RunLeads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file := tmp_path / "policy.toml").write_text("periods = 3")
    monkeypatch.setenv("LEADS_POLICY_FILE", str(file))
    ended = await leads("policy")
    assert ended.code == 2
    assert "periods: input should be a valid dictionary" in ended.err


async def test_leads_adopt_another_policy_when_a_person_decides_it(
    leads: RunLeads, opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await opened()
    await eventually(lambda: leads("policy", "--json"), lambda ended: ended.json["versions"])
    (file := tmp_path / "policy.toml").write_text('version = "2026-09"\nperiods.stale = 14')
    monkeypatch.setenv("LEADS_POLICY_FILE", str(file))
    shown = await leads("policy")
    assert shown.code == 0, shown.err
    assert f"Current policy: 2026-09 (from {file})" in shown.out
    assert "  2026-06: 1 open\n    differs: periods.stale 30 → 14" in shown.out

    preview = await leads("policy", "--all")
    assert "From here on under the policy 2026-09: periods.stale 30 → 14" in preview.out
    assert "    Gone stale: " in preview.out
    assert "Nothing was changed" in preview.out
    assert (await leads("show", lead, "--json")).json["lead"]["policy"]["version"] == "2026-06"

    done = await leads("policy", lead, "--adopt", "--note", "Agreed on Monday", "--json")
    assert done.json[0]["summary"].endswith("periods.stale 30 → 14: Agreed on Monday")
    assert (await leads("show", lead, "--json")).json["lead"]["policy"]["periods"]["stale"] == 14
    await eventually(
        lambda: leads("policy", "--all"),
        lambda ended: ended.out == "Every open lead is under the policy 2026-09.\n",
    )
    again = await leads("policy", lead, "--adopt")
    assert (again.code, "under the policy 2026-09 already" in again.out) == (3, True)


async def test_the_decision_takes_the_policy_in_force_by_itself(
    leads: RunLeads, opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await opened()
    (file := tmp_path / "policy.toml").write_text('version = "2026-09"\nperiods.stale = 14')
    monkeypatch.setenv("LEADS_POLICY_FILE", str(file))
    preview = await leads("preview", lead, "policy-adopted")
    assert "Dates\n  Gone stale: " in preview.out
    assert (await leads("policy-adopted", lead)).code == 0
    file.write_text('version = "2026-09"\nperiods.stale = 15')
    ended = await leads("policy-adopted", lead)
    assert (ended.code, "Give the new one a version of its own" in ended.err) == (3, True)


@pytest.mark.parametrize("summary", [("--adopt",), ("lead-x", "--all")])
def test_the_leads_must_be_named(say: Callable[..., Ended], summary: tuple[str, ...]) -> None:
    assert say("policy", *summary).code == 2
