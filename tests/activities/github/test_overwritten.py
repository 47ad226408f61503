"""Text that somebody saves between our read and our write is restored, whatever fails meanwhile."""

import dataclasses
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.github.activities import GitHubActivities
from activities.github.client import GitHubClient
from activities.github.edits import edits
from config.settings import Settings
from process.effects import revert_effects
from process.effects.requests import EffectRequest
from process.github.edits import Edit, EditKind
from process.lead.lead import Asset, Loss
from sandbox.faults import Fault
from sandbox.server import Sandbox
from tests.support.github_world import TODAY, GitHub, a_lead, opened, perform
from tests.support.waiting import TIMEOUT

LOST: dict[str, Any] = {"lost": Loss(reason="budget", said_by="they", on=TODAY)}
ASSET = Asset(type="budget", name="a budget", on=TODAY)


def overwrites(github: GitHub, sandbox: Sandbox, write: Callable[[], object], body: str) -> None:
    """Between our look and our writing, a person edits the issue."""
    late = sandbox.faults.add(
        Fault(system="github", kind="slow", method="PATCH", path="/issues/1$", seconds=TIMEOUT)
    )
    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(write)
        while not late.hits:
            time.sleep(0.01)
        github.edit(body=body)
        sandbox.faults.remove(late)
        writing.result()


BOX = "- [ ] Price quoted"


def test_text_saved_while_we_write_is_restored(
    activities: GitHubActivities, github: GitHub, sandbox: Sandbox, settings: Settings
) -> None:
    lead = opened(activities, a_lead())
    theirs = f"A note.\r\n\r\n{github.body().replace(BOX, BOX.replace(' ]', 'x]'))}"
    news = lead.replaced(assets=(ASSET,))
    overwrites(github, sandbox, lambda: perform(activities, "update_issue", news), body=theirs)
    body = github.body()
    assert body.startswith("A note.\r\n\r\n")
    assert "a budget" in body
    assert BOX.replace(" ]", "x]") in body
    client = GitHubClient(settings.github)
    (move,) = edits(client, "leads", client.issue("leads", 1), "lead-7", labels=())
    assert (move.kind, move.name, move.by) == (EditKind.TICKED, "Price quoted", "amara-sales")
    github.forget_requests()
    for attempt in (1, 2):
        perform(activities, "update_issue", news, attempt=attempt)
    assert not github.writes()


def test_killed_before_it_could_give_that_back_the_next_attempt_does(
    activities: GitHubActivities, github: GitHub, sandbox: Sandbox
) -> None:
    lead = opened(activities, a_lead(**LOST))
    sandbox.faults.add(Fault(system="github", kind="cut", path="graphql", body="userContentEdits"))

    def killed() -> None:
        with pytest.raises(ApplicationError, match="could not be reached"):
            perform(activities, "update_issue", lead)

    overwrites(github, sandbox, killed, body=f"A note.\n\n{github.body()}")
    assert not github.body().startswith("A note.")
    perform(activities, "update_issue", lead, attempt=2)
    assert github.body().startswith("A note.")
    assert "| Stage | **lost** |" in github.body()


def test_a_reverted_edit_is_not_restored(activities: GitHubActivities, github: GitHub) -> None:
    lead = opened(activities, a_lead())
    github.edit(body=github.body().replace(BOX, BOX.replace(" ]", "x]")))
    tick = Edit(kind=EditKind.TICKED, name="Price quoted")
    (effect,) = revert_effects(lead, (tick,))
    for attempt in (1, 2):
        environment = ActivityEnvironment()
        environment.info = dataclasses.replace(environment.info, attempt=attempt)
        environment.run(activities.revert_issue, EffectRequest(effect=effect, lead=lead))
        assert BOX in github.body()


def test_while_the_history_lags_it_is_waited_for(
    activities: GitHubActivities, github: GitHub, sandbox: Sandbox
) -> None:
    lead = opened(activities, a_lead())
    github.edit(body=f"A note.\n\n{github.body()}")
    lagging = {"system": "github", "kind": "stale", "path": "graphql", "body": "userContentEdits"}
    sandbox.faults.add(Fault.model_validate(lagging))
    with pytest.raises(ApplicationError, match="does not show the newest edits"):
        perform(activities, "update_issue", lead.replaced(**LOST))
    perform(activities, "update_issue", lead.replaced(**LOST), attempt=2)
    assert github.body().startswith("A note.")
