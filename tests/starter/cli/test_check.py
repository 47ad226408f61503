"""`leads check` judges settings, people, ledger and workers, and makes nothing."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.worker import Worker

from activities.github.people import people_checks
from activities.ledger import LedgerActivities
from config.policy_file import current_policy
from config.settings import Settings
from ledger.ledger import Ledger
from starter.cli.check_settings import settings_checks
from tests.support.commands import Ended, Opened, RunLeads

OWN = {
    "LEADS_GITHUB__ORG": "an-org",
    **{
        f"LEADS_ADDRESSES__{role}": f'["{role.lower()}@hubs.io"]'
        for role in ("SALES", "CONTRACTS", "ENGINEERING")
    },
    "LEADS_MAIL__SENDER": "leads@hubs.io",
    "LEADS_MAIL__MESSAGE_ID_DOMAIN": "leads.hubs.io",
}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, [("have no example addresses", True, False)]),
        (
            {"LEADS_ADDRESSES__SALES": '["sales@example.org"]'},
            [("have no example addresses", False, False)],
        ),
        ({"LEADS_MAIL__SENDER": "Us <us@mail.example.com>"}, [("have no example addresses", False, False)]),
        ({"LEADS_MAIL__MESSAGE_ID_DOMAIN": ""}, [("have no example addresses", False, False)]),
        (
            {"LEADS_GITHUB__ORG": ""},
            [("have no example addresses", True, False), ("name the organisation", True, True)],
        ),
        (
            {
                "LEADS_GOOGLE__QUESTIONNAIRE_FORM": "form",
                "LEADS_GOOGLE__QUESTIONNAIRE_URL": "https://f/{lead}",
            },
            [("have no example addresses", True, False), ("sign the questionnaire's links", True, False)],
        ),
        (
            {"LEADS_GOOGLE__QUESTIONNAIRE_FORM": "form"},
            [
                ("have no example addresses", True, False),
                ("sign the questionnaire's links", True, False),
                ("name the lead in the questionnaire's link", True, True),
            ],
        ),
        (
            {"LEADS_GOOGLE__QUESTIONNAIRE_URL": "https://f/{lead}", "LEADS_SIGNING_KEY": ""},
            [
                ("have no example addresses", True, False),
                ("sign the questionnaire's links", False, False),
                ("have a key to sign with", False, False),
            ],
        ),
        ({"LEADS_GITHUB__API_URL": "http://sandbox.localhost:8080/api/v3", "LEADS_MAIL__SENDER": ""}, []),
    ],
)
def test_settings_that_are_the_examples_are_named(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], expected: list[tuple[str, bool, bool]]
) -> None:
    for name, value in (OWN | changed).items():
        monkeypatch.setenv(name, value)
    settings = Settings(_env_file=None)
    found = settings_checks(settings, current_policy(settings))
    assert [(each.name, each.ok, each.warns) for each in found] == expected


class GitHub:
    """GitHub with one account and two teams, of which one is empty."""

    settings = Settings(_env_file=None).github

    def has_user(self, login: str) -> bool:
        return login == "ann"

    def team(self, slug: str) -> frozenset[str] | None:
        return {"sales": frozenset({"ann"}), "empty": frozenset[str]()}.get(slug)


@pytest.mark.parametrize(
    ("names", "ok", "detail"),
    [
        (("ann", "@ann", "team:sales"), True, "3 logins and teams"),
        (("bob",), False, "GitHub has no account bob"),
        (("team:nobody",), False, "2i2c-org has no team nobody"),
        (("ann", "team:empty"), False, "the team empty has no members"),
        ((), True, "LEADS_PEOPLE names nobody"),
    ],
)
def test_people_who_are_unknown_are_named(names: tuple[str, ...], detail: str, *, ok: bool) -> None:
    (check,) = people_checks(GitHub(), {"sales": names})  # type: ignore[arg-type,dict-item] # a stand-in
    assert (check.ok, check.warns) == (ok, not names)
    assert check.detail.startswith(detail)


def test_a_ledger_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'elsewhere' / 'ledger.sqlite'}")
    (check,) = LedgerActivities(ledger).checks()
    assert (check.ok, check.warns, check.name) == (True, True, "is there")
    assert list(tmp_path.iterdir()) == []


async def test_a_check_makes_nothing_and_sees_leads_that_the_ledger_lacks(
    leads: RunLeads, opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened()
    elsewhere = tmp_path / "elsewhere"
    monkeypatch.setenv("LEADS_LEDGER_URL", f"sqlite:///{elsewhere / 'ledger.sqlite'}")
    found = {each["name"]: each for each in (await leads("check", "--json")).json}
    assert not found["has a row of every lead"]["ok"]
    assert found["gets an answer from a worker"]["ok"]
    assert found["keeps these settings"]["warns"]
    assert not elsewhere.exists()


async def test_a_worker_that_does_not_answer_is_seen(
    leads_alone: RunLeads,
    work: Callable[[], Worker],
    org: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The worker has polled a moment ago, and is gone."""
    monkeypatch.setattr("starter.cli.check_leads.ANSWERS_WITHIN", timedelta(seconds=1))
    async with work():
        await leads_alone("start", "--org", org, "--person", "Ada", "--title", "A hub")
        await leads_alone("show", org)
    found = {each["name"]: each for each in (await leads_alone("check", "--json")).json}
    assert not found["gets an answer from a worker"]["ok"]


async def test_a_missing_namespace_is_named(leads_alone: RunLeads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "nowhere")
    ended: Ended = await leads_alone("check", "--json")
    assert ended.code == 5
    assert any("nowhere" in each["detail"] and not each["ok"] for each in ended.json)
