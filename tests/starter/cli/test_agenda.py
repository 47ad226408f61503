"""`leads agenda` on a real server: every lead asked, or as much as a list knows."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

import client.leads
from client.agenda import collect_agenda
from process.core.aggregate import LeadAggregate
from process.core.due import pass_deadlines
from tests.support.commands import Opened, RunLeads, eventually


async def test_it_lists_by_role_and_person_what_is_to_be_done(leads: RunLeads, opened: Opened) -> None:
    lead = await opened()
    await eventually(lambda: leads("agenda", "--json"), lambda ended: ended.json["items"])
    await leads("assigned", lead, "--role", "sales", "--person", "Grace Example", "--login", "grace")
    ended = await leads("agenda", "--for", "grace")
    assert ended.code == 0, ended.err
    first, second, third = ended.out.split("\n")[1:4]
    assert (first, second) == ("sales (Grace Example)", "  To do")
    assert third.startswith("    Send the questionnaire · by 2")
    assert f"{lead} [" in third
    assert (await leads("agenda", "--for", "engineering")).out == "Nothing to do.\n"
    assert ended.err == ""


async def test_json_has_all_of_it(leads: RunLeads, opened: Opened) -> None:
    lead = await opened()
    ended = await eventually(lambda: leads("agenda", "--json"), lambda ended: ended.json["items"])
    (item,) = ended.json["items"]
    assert (item["lead_id"], item["section"], item["role"], item["text"]) == (
        lead,
        "due",
        "sales",
        "Send the questionnaire",
    )
    assert ended.json["unreachable"] == []


async def test_without_a_worker_the_list_alone_is_shown_with_a_warning(
    leads_alone: RunLeads,
    work: Callable[[], Worker],
    org: str,
    queue: str,
    env: WorkflowEnvironment,
) -> None:
    async with work():
        ended = await leads_alone("start", "--org", org, "--person", "Ada", "--title", "A hub", "--json")
        lead = ended.json["lead_id"]
        await eventually(lambda: leads_alone("list", "--json"), lambda ended: lead in ended.out)
        await eventually(lambda: leads_alone("agenda", "--json"), lambda ended: lead in ended.out)
    alone = client.leads.LeadsClient(env.client, queue, "http://localhost", timeout=timedelta(seconds=0.5))
    progress: list[tuple[int, int]] = []
    found = await collect_agenda(alone, datetime.now(UTC), lambda done, total: progress.append((done, total)))
    assert (found.unreachable, progress) == ((lead,), [(1, 1)])
    assert [(item.section, item.role, item.text) for item in found.items] == [
        ("due", "sales", "The next step of a lead at lead")
    ]


async def test_a_stuck_lead_is_shown_and_does_not_hide_the_others(
    leads_alone: RunLeads, work: Callable[[], Worker], org: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The week's digest asks just so: one lead must not cost everybody theirs."""
    names = ["lead-of-this-code", "lead-of-other-code"]
    async with work():
        for name in names:
            summary = ("--org", org, "--person", "Ada", "--title", "A hub", "--id", name, "--not-a-duplicate")
            assert (await leads_alone("start", *summary)).code == 0
        await eventually(
            lambda: leads_alone("agenda", "--json"), lambda ended: all(name in ended.out for name in names)
        )

    def fails(aggregate: LeadAggregate, now: datetime) -> LeadAggregate:
        if aggregate.lead.id == names[1]:
            raise TypeError("no code for this")
        return pass_deadlines(aggregate, now)

    monkeypatch.setattr("workflows.lead.pass_deadlines", fails)
    async with work():
        ended = await leads_alone("agenda", "--json")
        shown = await leads_alone("show", names[1])
    texts = {(item["lead_id"], item["section"], item["role"]) for item in ended.json["items"]}
    assert texts >= {(names[1], "stuck", "engineering"), (names[0], "due", "sales")}
    assert (ended.code, ended.json["unreachable"]) == (0, [])
    assert shown.code == 5
    assert f"{names[1]} is stuck: the worker's code fails for it." in shown.err
