"""`leads restore`, and what other commands say of a lead whose workflow was terminated."""

from collections.abc import Callable

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from tests.support.commands import Opened, RunLeads, eventually

PRICE = ("--amount", "9000", "--currency", "USD", "--per", "year")
HOW = "terminated in Temporal at "


@pytest.fixture
async def lost(leads: RunLeads, opened: Opened, env: WorkflowEnvironment) -> str:
    """A quoted lead whose workflow was terminated."""
    lead = await opened()
    assert (await leads("price-quoted", lead, *PRICE)).code == 0
    await eventually(
        lambda: leads("show", lead, "--json"),
        lambda ended: all(effect["status"] != "waiting" for effect in ended.json["effects"]),
    )
    await env.client.get_workflow_handle(lead).terminate()
    return lead


async def test_a_terminated_lead_is_named_and_begun_again(leads: RunLeads, lost: str, org: str) -> None:
    listed = await eventually(lambda: leads("list"), lambda ended: HOW in ended.err)
    assert lost in listed.out
    assert f"`leads restore {lost}`" in listed.err
    verified = await leads("verify")
    assert (verified.code, lost in verified.err, HOW in verified.err) == (0, True, True)
    shown = await leads("show", lost)
    assert (shown.code, HOW in shown.out, f"`leads restore {lost}`" in shown.out) == (0, True, True)
    assert HOW in (await leads("show", lost, "--json")).json["lost"]
    refused = await leads("quote-accepted", lost)
    assert (refused.code, HOW in refused.err, f"`leads restore {lost}`" in refused.err) == (4, True, True)
    for command in (
        ["options", lost],
        ["preview", lost, "quote-accepted"],
        ["retry", lost],
        ["repair", lost],
    ):
        useless = await leads(*command)
        assert (useless.code, HOW in useless.err, f"`leads restore {lost}`" in useless.err) == (4, True, True)
    second = await leads("start", "--org", org, "--person", "Ada", "--title", "A hub")
    assert (second.code, f"`leads restore {lost}`" in second.err) == (3, True)

    planned = await leads("restore", lost)
    assert (planned.code, "Nothing was changed. Add --yes to do it." in planned.out) == (0, True)
    done = await leads("restore", "--all", "--yes", "--json")
    assert [(each["lead_id"], each["result"]) for each in done.json] == [(lost, "restored")]
    assert (await leads("quote-accepted", lost)).code == 0
    assert "No failed effect has the key 'xxxxx" in (nothing := await leads("retry", lost, "x" * 5000)).out
    assert len(nothing.out) < 300
    again = await leads("restore", lost, "--yes")
    assert (again.code, "running workflow" in again.out) == (0, True)


async def test_one_lead_or_all(leads: RunLeads) -> None:
    assert (await leads("restore")).code == 2
    assert (await leads("restore", "lead-x", "--all")).code == 2
    assert (await leads("restore", "lead-x")).code == 4
    none = await leads("restore", "--all")
    assert (none.code, none.out) == (0, "Each lead of the ledger has a running workflow, or is archived.\n")


async def test_without_a_worker_a_lead_is_shown_from_the_ledger(
    leads_alone: RunLeads, work: Callable[[], Worker], org: str, queue: str
) -> None:
    async with work():
        started = await leads_alone("start", "--org", org, "--person", "Ada", "--title", "A hub", "--json")
        lead = started.json["lead_id"]
        await eventually(
            lambda: leads_alone("show", lead, "--json"), lambda ended: ended.json["lead"]["issue"]
        )
    shown = await leads_alone("show", lead, "--timeout", "1")
    assert (shown.code, queue in shown.out, "This is from the SQLite file" in shown.out) == (0, True, True)
    assert (await leads_alone("show", lead, "--timeout", "1", "--json")).json["lost"] == ""
