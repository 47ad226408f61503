"""Text that somebody saves between our read and our write is restored, whatever fails meanwhile."""

import dataclasses
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.github.activities import GitHubActivities
from activities.github.client import GitHubClient
from activities.github.edits import edits
from activities.github.overwritten import overwritten, suspicious
from config.settings import Settings
from process.effects import revert_effects
from process.effects.requests import EffectRequest
from process.github.edits import Edit, EditKind
from process.lead.lead import Asset, Lead, Loss
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


def overwrites_a_note(activities: GitHubActivities, github: GitHub, sandbox: Sandbox) -> Lead:
    """Open a lead's issue, and overwrite a person's note by the news that it is lost; return the lead before that."""
    lead = opened(activities, a_lead())
    write = partial(perform, activities, "update_issue", lead.replaced(**LOST))
    overwrites(github, sandbox, write, body=f"A note.\n\n{github.body()}")
    return lead


BOX = "- [ ] Price quoted"


@pytest.fixture
def client(settings: Settings) -> GitHubClient:
    return GitHubClient(settings.github)


def lost(client: GitHubClient) -> Edit | None:
    """Return the edit of the lead's issue that we overwrote, as a sync finds it."""
    return overwritten(client, "leads", client.issue("leads", 1), "lead-7", hub=False)


def found(client: GitHubClient) -> Edit:
    """Return the edit that we overwrote, which there must be."""
    edit = lost(client)
    assert edit is not None
    return edit


def suspects(client: GitHubClient) -> list[int]:
    """Return the issues that a reconciliation has synced, because we may have overwritten something in them."""
    return [issue.number for issue in suspicious(client, [client.issue("leads", 1)])]


def revert(activities: GitHubActivities, lead: Lead, edit: Edit, attempt: int = 1) -> None:
    (effect,) = revert_effects(lead, (edit,))
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(environment.info, attempt=attempt)
    environment.run(activities.revert_issue, EffectRequest(effect=effect, lead=lead))


def test_text_saved_while_we_write_is_restored(
    activities: GitHubActivities, github: GitHub, sandbox: Sandbox, client: GitHubClient
) -> None:
    lead = opened(activities, a_lead())
    theirs = f"A note.\r\n\r\n{github.body().replace(BOX, BOX.replace(' ]', 'x]'))}"
    news = lead.replaced(assets=(ASSET,))
    overwrites(github, sandbox, lambda: perform(activities, "update_issue", news), body=theirs)
    assert not github.body().startswith("A note.")
    assert suspects(client) == [1]
    edit = found(client)
    assert (edit.kind, edit.by) == (EditKind.OVERWRITTEN, "amara-sales")
    revert(activities, news, edit)
    body = github.body()
    assert body.startswith("A note.\r\n\r\n")
    assert "a budget" in body
    assert BOX.replace(" ]", "x]") in body
    (move,) = edits(client, "leads", client.issue("leads", 1), "lead-7", labels=())
    assert (move.kind, move.name, move.by) == (EditKind.TICKED, "Price quoted", "amara-sales")
    github.forget_requests()
    revert(activities, news, edit, attempt=2)  # it was killed before its result was known
    assert not github.writes()
    assert lost(client) is None
    revert(activities, news, move)
    for assets in ((), (ASSET,)):
        perform(activities, "update_issue", news.replaced(assets=assets))
        assert lost(client) is None, "the tick was restored and then reverted"


@pytest.mark.parametrize("fault", ["cut", "cut_after"])
def test_killed_while_it_gives_that_back_the_next_attempt_does(
    activities: GitHubActivities, github: GitHub, sandbox: Sandbox, client: GitHubClient, fault: str
) -> None:
    lead = overwrites_a_note(activities, github, sandbox)
    edit = found(client)
    sandbox.faults.add(Fault.model_validate({"system": "github", "kind": fault, "method": "PATCH"}))
    with pytest.raises(ApplicationError, match="could not be reached"):
        revert(activities, lead.replaced(**LOST), edit)
    revert(activities, lead.replaced(**LOST), edit, attempt=2)
    assert github.body().startswith("A note.")
    assert github.body().count("A note.") == 1
    assert "| Stage | **lost** |" in github.body()


def test_an_update_in_between_does_not_lose_it(
    activities: GitHubActivities, github: GitHub, sandbox: Sandbox, client: GitHubClient
) -> None:
    lead = overwrites_a_note(activities, github, sandbox)
    edit = found(client)
    perform(activities, "update_issue", lead.replaced(assets=(ASSET,)))
    assert (suspects(client), lost(client)) == ([1], edit)
    revert(activities, lead.replaced(assets=(ASSET,)), edit)
    assert github.body().startswith("A note.")
    assert "a budget" in github.body()


def test_text_that_somebody_has_edited_since_stays(
    activities: GitHubActivities, github: GitHub, sandbox: Sandbox, client: GitHubClient
) -> None:
    lead = overwrites_a_note(activities, github, sandbox)
    edit = found(client)
    github.edit(body=f"Another note.\n\n{github.body()}")
    assert lost(client) is None
    revert(activities, lead.replaced(**LOST), edit)
    assert github.body().startswith("Another note.\n\n<!--")


@pytest.mark.parametrize(
    "change",
    [
        lambda body: f"A note.\r\n\r\n{body}\r\nThe end.",
        lambda body: body.replace("| Stage |", "| Mood | good |\n| Stage |"),
        lambda body: body.replace(BOX, BOX.replace(" ]", "x]")),
        lambda _: "All of it was deleted.",
    ],
    ids=["around the block", "inside it", "a tick", "without the block"],
)
def test_text_that_we_saw_is_not_overwritten(
    activities: GitHubActivities, github: GitHub, client: GitHubClient, change: Callable[[str], str]
) -> None:
    lead = opened(activities, a_lead())
    github.edit(body=change(github.body()))
    assert (suspects(client), lost(client)) == ([], None)
    perform(activities, "update_issue", lead.replaced(assets=(ASSET,)))
    assert "a budget" in github.body()
    assert suspects(client) == [1], "the newest edit is ours and follows a person's"
    assert lost(client) is None, "but nothing is missing"


def test_a_reverted_edit_is_not_restored(
    activities: GitHubActivities, github: GitHub, client: GitHubClient
) -> None:
    lead = opened(activities, a_lead())
    github.edit(body=github.body().replace(BOX, BOX.replace(" ]", "x]")))
    tick = Edit(kind=EditKind.TICKED, name="Price quoted")
    for attempt in (1, 2):
        revert(activities, lead, tick, attempt)
        assert BOX in github.body()
    assert suspects(client) == [1]
    assert lost(client) is None


def test_while_the_history_lags_nothing_is_concluded(
    activities: GitHubActivities, github: GitHub, sandbox: Sandbox, client: GitHubClient
) -> None:
    overwrites_a_note(activities, github, sandbox)
    lagging = {"system": "github", "kind": "stale", "path": "graphql", "body": "userContentEdits"}
    sandbox.faults.add(Fault.model_validate(lagging))
    assert lost(client) is None
    assert lost(client) is not None
