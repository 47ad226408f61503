"""`leads start` answers with the lead, asks about duplicates and names earlier losses."""

from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from starter.cli.start import _lost_before
from tests.support.commands import Opened, RunLeads, Visible, refused
from tests.support.lives import Life
from tests.support.rows import write_rows


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    monkeypatch.setenv("LEADS_LEDGER_URL", url)
    return url


def test_losses_are_named_also_long_after_the_lead_was_archived(ledger: str) -> None:
    first = Life(lead_id="lead-first")
    first.does("lost", reason="budget")
    second = Life(first.now + timedelta(days=1), lead_id="lead-second")
    second.does("lost", reason="other", note="A tool of their own")
    other = Life(lead_id="lead-other", org="Another").lost()
    still_open = Life(lead_id="lead-open")
    write_rows(ledger, first.wait(400), second, other, still_open)
    assert first.lead.archived
    org = first.lead.org
    found = _lost_before(org, "lead-new")
    assert [line.partition(",")[0] for line in found] == [
        f"{org} was lost before: lead-first",
        f"{org} was lost before: lead-second",
    ]
    assert "budget" in found[0]
    assert [line for line in _lost_before(org, "lead-first") if "lead-first" in line] == []


def test_without_a_ledger_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADS_LEDGER_URL", "sqlite:////nowhere/at/all.sqlite")
    assert _lost_before("Example University", "lead-new") == []


async def test_start_answers_with_the_lead(leads: RunLeads, org: str, env: WorkflowEnvironment) -> None:
    ended = await leads(
        "start",
        "--org",
        org,
        "--person",
        "Ada",
        "--title",
        "A hub",
        "--note",
        "Met at a conference",
        "--json",
    )
    assert ended.code == 0
    lead = ended.json["lead_id"]
    assert ended.json == {
        "lead_id": lead,
        "stage": "lead",
        "url": f"http://localhost:8233/namespaces/default/workflows/{lead}",
        "already": False,
        "likely_duplicates": [],
    }
    described = await env.client.get_workflow_handle(lead).describe()
    assert await described.static_summary() == f"[{org} / Ada] - A hub"
    first = (await leads("history", lead, "--json")).json[0]
    assert (first["by"], first["source"]) == ("Ann, sales", "cli")
    assert "Met at a conference" in first["summary"]


@pytest.mark.parametrize("name", ["Acme", "a/b ?<b>", "ä"])
async def test_an_odd_id_is_refused(leads: RunLeads, org: str, name: str) -> None:
    start = ("start", "--org", org, "--person", "Ada", "--title", "A hub")
    refused(await leads(*start, "--id", name), "cannot be an id")


async def test_the_same_request_twice_is_one_lead(leads: RunLeads, opened: Opened, org: str) -> None:
    lead = await opened()
    again = await leads("start", "--org", org.upper(), "--person", "ada", "--title", "A  hub", "--json")
    assert again.code == 0
    assert again.json["lead_id"] == lead
    assert again.json["already"]


async def test_another_person_is_asked_about_and_another_title_is_another_lead(
    leads: RunLeads, opened: Opened, org: str
) -> None:
    lead = await opened()
    other = await leads("start", "--org", org, "--person", "Grace", "--title", "A hub", "--json")
    assert other.code == 3
    assert f"{lead} is already open as" in other.json["error"]
    assert "--title" in other.json["error"]
    titles = ("C++ course", "C# course", "???", "!!!")
    start = ("start", "--org", org, "--person", "Ada", "--not-a-duplicate", "--json", "--title")
    ids = [(await leads(*start, title)).json["lead_id"] for title in titles]
    assert len({lead, *ids}) == 5
    assert len((await leads("history", lead, "--json")).json) >= 1
    assert (await leads("show", lead, "--json")).json["lead"]["person"] == "Ada"


async def test_a_second_lead_of_an_organisation_needs_a_confirmation(
    leads: RunLeads, opened: Opened, org: str, visible: Visible
) -> None:
    lead = await opened()
    other = ("start", "--org", org, "--person", "Ada", "--title", "Another hub")

    await visible(lead)
    refused(await leads(*other), lead, "--not-a-duplicate")
    meant = await leads(*other, "--not-a-duplicate", "--json")
    assert meant.code == 0
    assert meant.json["lead_id"] != lead
    assert meant.json["likely_duplicates"] == [lead]
    assert not (await leads("show", meant.json["lead_id"], "--json")).json["attention"]


async def test_a_second_lead_of_a_mail_domain_needs_a_confirmation(
    leads: RunLeads, opened: Opened, queue: str, visible: Visible
) -> None:
    email = f"ada@{queue.replace('_', '-')}.example.org"
    lead = await opened("--email", email)
    await visible(lead)
    other = ("start", "--org", f"Institute {queue}", "--person", "Grace", "--title", "A hub", "--email")
    refused(await leads(*other, f"grace{email[3:]}"), f"{lead} (same mail domain)", "--not-a-duplicate")


async def test_a_duplicate_is_merged_into_an_existing_lead_only(
    leads: RunLeads, opened: Opened, queue: str
) -> None:
    lead = await opened()
    other = await opened("--id", f"lead-twin-of-{queue}", "--not-a-duplicate")
    refused(await leads("merged", other, "--into", "lead-nowhere"), "There is no lead 'lead-nowhere'")
    refused(await leads("merged", other, "--into", other), "A lead is not merged into itself")
    assert "Merged into" in (await leads("preview", other, "merged", "--into", lead)).out
    done = await leads("merged", other, "--into", lead.removeprefix("lead-"))
    assert done.code == 0
    assert f"Merged into {lead}" in done.out
    refused(await leads("merged", lead, "--into", other), f"{other} was itself merged into {lead}")
    again = await leads("merged", other, "--into", lead, "--json")
    assert (again.code, again.json["repeat"]) == (0, True)
    assert f"merged: {lead}" in (await leads("show", other)).out


@pytest.mark.parametrize(("option", "value"), [("--zone", "Mars/Base"), ("--email", "nobody")])
async def test_an_invalid_lead_is_refused(leads: RunLeads, org: str, option: str, value: str) -> None:
    refused(await leads("start", "--org", org, "--person", "Ada", "--title", "A hub", option, value), value)


async def test_a_lead_can_have_an_id_of_its_own_and_a_zone(
    leads: RunLeads, opened: Opened, queue: str
) -> None:
    lead = await opened("--id", f"lead-own-{queue}", "--zone", "Pacific/Auckland")
    assert lead == f"lead-own-{queue}"
    assert (await leads("show", lead, "--json")).json["lead"]["zone"] == "Pacific/Auckland"


async def test_the_default_zone_is_a_setting(
    leads: RunLeads, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADS_ZONE", "Europe/Berlin")
    assert (await leads("show", await opened(), "--json")).json["lead"]["zone"] == "Europe/Berlin"
