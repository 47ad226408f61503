"""Requests by a reconciliation: without changes as many for ten leads as for thousands, and few for a change."""

from collections.abc import Callable

import pytest
from temporalio.client import Client

import activities.reconcile.drive
import activities.reconcile.github
from client.reconcile import reconcile_now
from config.settings import Settings
from process.types import Stage
from sandbox.github.people import Person
from sandbox.server import Sandbox
from tests.support.deployment import SALES, own_env
from tests.support.many_leads import a_row, in_ledger, on_github, reconciling_client, with_issues
from workflows.reconcile import Reconciliation, SystemResult

__all__ = ["own_env", "reconciling_client"]

LEADS = 120


async def reconciled(client: Client, settings: Settings) -> Reconciliation:
    done = await reconcile_now(client, settings.task_queue)
    assert not [each.failed for each in done.results.values() if each.failed]
    return done


async def look(client: Client, settings: Settings) -> SystemResult:
    return (await reconciled(client, settings)).results["reconcile_github"]


def asked(sandbox: Sandbox) -> tuple[int, int]:
    """Return the REST and GraphQL requests since the last call."""
    requests = sandbox.journal.all("github")
    graphql = sum(each.path.endswith("/graphql") for each in requests)
    paid = sum(each.status != 304 and not each.path.endswith("/graphql") for each in requests)
    sandbox.journal.clear()
    return paid, graphql


async def test_without_changes_a_hundred_leads_cost_one_point(
    client: Client, settings: Settings, sandbox: Sandbox
) -> None:
    issues = on_github(sandbox, LEADS, settings)
    with_issues(settings, sandbox, issues)
    first = await look(client, settings)
    assert first.found == ()  # the issues are as the service has written them
    for _ in range(3):
        await look(client, settings)  # what is read twice to be sure
    asked(sandbox)
    again = await look(client, settings)
    assert again.found == ()
    assert again.cost == {"requests": 0, "unchanged": 4, "points": 2}
    assert asked(sandbox) == (0, 2)


async def test_the_cost_does_not_grow_with_the_number_of_leads(
    client: Client, settings: Settings, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The issues are looked at in slices, and every card that moved is found within a turn."""
    monkeypatch.setattr(activities.reconcile.github, "AT_LEAST", 20)
    monkeypatch.setattr(activities.reconcile.github, "BATCH", 10)
    issues = on_github(sandbox, 50, settings)
    with_issues(settings, sandbox, issues)
    for _ in range(3):  # a turn, in which also what is read twice to be sure settles
        await look(client, settings)
    for number in (7, 27, 47):
        sandbox.person(SALES).move("leads", issues[number].number, Stage.QUOTED.capitalize())
    found = [await look(client, settings) for _ in range(3)]
    assert [each.found for each in found] == [
        (f"1 to sync: leads#{issues[number].number}",) for number in (7, 27, 47)
    ]
    assert [each.cost["points"] for each in found] == [2, 2, 1]
    assert (await look(client, settings)).found == ()  # reported once a day


async def test_drive_costs_two_requests_however_many_leads_there_are(
    client: Client, settings: Settings, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activities.reconcile.drive, "AT_LEAST", 1)
    in_ledger(
        settings, *(a_row(number, folder_id=f"gone-{number}", drift=("folder",)) for number in range(30))
    )
    first = (await reconciled(client, settings)).results["reconcile_drive"]
    assert (
        first.cost["requests"] > 30
    )  # all folders, since the log of changes tells only of changes from now on
    for _ in range(2):
        again = (await reconciled(client, settings)).results["reconcile_drive"]
        assert (again.found, again.cost) == ((), {"requests": 3})


async def test_cursors_do_not_grow_with_the_number_of_leads(
    client: Client, settings: Settings, sandbox: Sandbox
) -> None:
    """Also of leads of which all look alike, and all lack everything."""
    in_ledger(
        settings,
        *(
            a_row(
                n,
                org_key="the-same",
                folder_id=f"gone-{n}",
                issue=f"{sandbox.url}/2i2c-org/leads/issues/{n + 900}",
            )
            for n in range(250)
        ),
    )
    done = await reconciled(client, settings)
    assert {len(each.found) for each in done.results.values()} <= {0, 1, 100}
    assert done.results["reconcile_drive"].omitted == 150
    assert len(done.model_dump_json()) < 200_000


CHANGES: dict[str, Callable[[Person, int], object]] = {
    "title": lambda person, number: person.edit("leads", number, title="[Other / Ada] - A hub"),
    "closed": lambda person, number: person.close("leads", number),
    "our text": lambda person, number: person.edit("leads", number, body="Nothing is left"),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_persons_edit_is_synced_and_our_own_is_not(
    client: Client, settings: Settings, sandbox: Sandbox, change: str
) -> None:
    issues = on_github(sandbox, 3, settings)
    with_issues(settings, sandbox, issues)
    assert (await look(client, settings)).found == ()
    person, number = sandbox.person(SALES), issues[1].number
    CHANGES[change](person, number)
    assert (await look(client, settings)).found == (f"1 to sync: leads#{number}",)
    assert (await look(client, settings)).found == ()
    person.edit("leads", number, title=issues[1].title, body=f"{issues[1].body}\n\nWords below")
    if change == "closed":
        person.reopen("leads", number)
    assert (await look(client, settings)).found == ()  # it is as we left it, whoever did that


async def test_one_change_costs_what_it_needs(client: Client, settings: Settings, sandbox: Sandbox) -> None:
    issues = on_github(sandbox, 3, settings)
    with_issues(settings, sandbox, issues)
    for _ in range(2):
        await look(client, settings)
    sandbox.person(SALES).move("leads", issues[1].number, Stage.QUOTED.capitalize())
    moved = await look(client, settings)
    assert moved.found == (f"1 to sync: leads#{issues[1].number}",)
    assert (await look(client, settings)).found == ()  # reported once, not every time
    asked(sandbox)
    sandbox.person(SALES).comment("leads", issues[0].number, "/help")
    commented = await look(client, settings)
    assert commented.found == (f"1 to sync: leads#{issues[0].number}",)
    assert commented.cost["points"] == 2
    assert asked(sandbox) == (2, 2)  # the comment, and the changed issue, whose last edits are looked at
