"""Nothing is lost, whatever fails in the middle: a page, an attempt, or GitHub's listings, which may lag behind."""

from itertools import count
from typing import Any

import pytest
from temporalio.client import Client

import activities.reconcile.progress
from activities.reconcile.github import GitHubReconciler
from client.reconcile import reconcile_now
from config.settings import Settings
from sandbox.faults import Fault
from sandbox.server import Sandbox
from tests.support.deployment import SALES, own_env
from tests.support.many_leads import on_github, reconciling_client, with_issues
from workflows.issue_sync import ChangeNotice
from workflows.reconcile import SystemResult

__all__ = ["own_env", "reconciling_client"]

NEW = 250
"""Number of new issues: three pages."""


@pytest.fixture
def requested(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the numbers of the issues whose sync was requested; none is carried out."""
    found: list[int] = []

    async def request_sync(_: Client, notice: ChangeNotice, *, task_queue: str) -> None:
        found.append(notice.number)

    monkeypatch.setattr("activities.reconcile.github.request_sync", request_sync)
    return found


async def look(client: Client, settings: Settings) -> SystemResult:
    part = (await reconcile_now(client, settings.task_queue)).results["reconcile_github"]
    assert not part.failed, part.failed
    return part


def open_issues(sandbox: Sandbox, count: int = NEW) -> None:
    """Open issues that may become leads, at different times."""
    for number in range(count):
        sandbox.person(SALES).open("leads", f"[University {number} / Ada Example] - A hub", labels=("lead",))


async def test_a_page_that_fails_is_read_again_and_those_before_it_are_not(
    client: Client, settings: Settings, sandbox: Sandbox, requested: list[int]
) -> None:
    open_issues(sandbox)
    sandbox.faults.add(Fault(system="github", kind="status", status=502, path="leads/issues$", after=1))
    done = await look(client, settings)
    assert sorted(set(requested)) == list(range(1, NEW + 1))
    assert requested[:100] == list(range(1, 101))
    assert done.found[0].startswith("100 to sync")
    assert not [line for line in done.found[1:] if line == done.found[0]]


async def test_an_attempt_that_dies_in_the_middle_of_a_page_is_repeated_from_that_page(
    client: Client,
    settings: Settings,
    sandbox: Sandbox,
    requested: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_issues(sandbox)
    take, deaths, again = GitHubReconciler._request, 0, set[int]()

    async def dies(self: GitHubReconciler, progress: Any, notices: list[ChangeNotice]) -> None:
        nonlocal deaths
        if 150 in [notice.number for notice in notices] and not deaths:
            deaths += 1
            again.update(notice.number for notice in notices[:20])
            await take(self, progress, notices[:20])
            raise RuntimeError("killed")
        await take(self, progress, notices)

    monkeypatch.setattr(GitHubReconciler, "_request", dies)
    await look(client, settings)
    assert deaths == 1
    assert set(requested) == set(range(1, NEW + 1))
    twice = [number for number in set(requested) if requested.count(number) > 1]
    assert again <= set(twice)  # what was done twice is what may be done twice


async def test_more_than_one_activity_reads_what_one_has_no_time_for(
    client: Client,
    settings: Settings,
    sandbox: Sandbox,
    requested: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = count(1)
    often = property(lambda _: next(asked) % 4 == 0)
    monkeypatch.setattr(activities.reconcile.progress.Progress, "is_over", often)
    open_issues(sandbox, 120)
    done = await look(client, settings)
    assert set(requested) == set(range(1, 121))
    assert not done.more
    history = await client.get_workflow_handle("reconcile-now").fetch_history()
    names = [
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    assert names.count("reconcile_github") > 1
    requested.clear()
    await look(client, settings)
    assert requested == []


async def test_an_edit_between_a_listing_and_its_mark_is_seen_next_time(
    client: Client,
    settings: Settings,
    sandbox: Sandbox,
    requested: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    issues = on_github(sandbox, 3, settings)
    with_issues(settings, sandbox, issues)
    await look(client, settings)
    take = GitHubReconciler._take
    edits = iter([issues[0].number])

    async def edited_meanwhile(self: GitHubReconciler, progress: Any, repo: str, listed: Any) -> None:
        for number in edits:
            sandbox.person(SALES).edit("leads", number, title="[Another / Ada] - A hub")
        await take(self, progress, repo, listed)

    monkeypatch.setattr(GitHubReconciler, "_take", edited_meanwhile)
    sandbox.person(SALES).edit("leads", issues[1].number, title="[A third / Ada] - A hub")
    await look(client, settings)
    assert requested == [issues[1].number]
    await look(client, settings)
    assert requested == [issues[1].number, issues[0].number]


async def test_a_listing_that_lags_behind_is_caught_up_with(
    client: Client, settings: Settings, sandbox: Sandbox, requested: list[int]
) -> None:
    """One listing misses the older of two edits, and shows the newer one."""
    issues = on_github(sandbox, 3, settings)
    with_issues(settings, sandbox, issues)
    for _ in range(2):
        await look(client, settings)
    sandbox.person(SALES).edit("leads", issues[0].number, title="[Another / Ada] - A hub")
    sandbox.person(SALES).comment("leads", issues[1].number, "/help")
    sandbox.faults.add(Fault(system="github", kind="stale", path="leads/issues$", writes=2))
    sandbox.faults.add(Fault(system="github", kind="stale", path="leads/issues/comments$", writes=1))
    await look(client, settings)
    assert requested == []
    await look(client, settings)
    assert sorted(requested) == [issues[0].number, issues[1].number]


async def test_a_repository_that_is_refused_does_not_stop_the_others(
    client: Client, settings: Settings, sandbox: Sandbox, requested: list[int]
) -> None:
    open_issues(sandbox, 2)
    sandbox.faults.add(
        Fault(system="github", kind="status", status=404, path="pilot-hubs/issues$", times=None)
    )
    done = (await reconcile_now(client, settings.task_queue)).results["reconcile_github"]
    assert "404" in done.failed
    assert sorted(set(requested)) == [1, 2]
    requested.clear()
    sandbox.person(SALES).comment("leads", 1, "/help")
    await reconcile_now(client, settings.task_queue)
    assert set(requested) == {1}
