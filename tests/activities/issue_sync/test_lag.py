"""GitHub's reads lag a second or two behind its writes. Nothing is done twice because of that, and nothing is given up."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from activities import settling
from client.notices import request_sync
from sandbox.faults import Fault
from tests.support.deployment import SALES, Deployment, own_env
from tests.support.waiting import TIMEOUT
from workflows.issue_sync import ChangeNotice

__all__ = ["own_env"]

PRICE = "/price-quoted amount=12000 currency=USD per=year"


@contextmanager
def frozen(deployment: Deployment, **which: str | int) -> Iterator[None]:
    """Let GitHub's reads show what is there now, whatever is written meanwhile."""
    given = {"system": "github", "kind": "stale", "as_of": datetime.now(UTC), "times": None, **which}
    fault = deployment.sandbox.faults.add(Fault.model_validate(given))
    try:
        yield
    finally:
        deployment.sandbox.faults.remove(fault)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for what is missing for as long as a test may take."""
    monkeypatch.setattr(settling, "SETTLING", timedelta(seconds=TIMEOUT))


@pytest.mark.parametrize("command", [PRICE, "/help", "/quote-accepted"])
async def test_a_comment_is_answered_once(deployment: Deployment, command: str) -> None:
    """A round that follows a webhook reads the comment as it was before the answer."""
    lead = await deployment.open()
    comment = await deployment.comment(lead, command)
    with frozen(deployment):
        await deployment.sync(lead, comment)
        await lead.execute_update("questionnaire_sent", {})
        await deployment.reconcile()
    assert len(await deployment.answers(lead)) == 1
    assert len(await deployment.reactions(comment)) == 1


async def test_a_refused_command_is_not_taken_later(deployment: Deployment) -> None:
    lead = await deployment.open()
    comment = await deployment.comment(lead, "/quote-accepted")
    with frozen(deployment):
        await deployment.sync(lead, comment)
        await lead.execute_update("price_quoted", {"amount": "1", "currency": "USD", "per": "year"})
        await deployment.reconcile()
    (answer,) = await deployment.answers(lead)
    assert "❌" in answer
    assert "quote_accepted" not in {line.kind for line in (await deployment.leads.overview(lead)).timeline}


async def test_a_second_answer_is_taken_away(deployment: Deployment) -> None:
    """A second worker answers, too, because GitHub shows it no answer for longer than it waits."""
    lead = await deployment.open()
    comment = await deployment.comment(lead, PRICE)
    with frozen(deployment):
        await deployment.sync(lead, comment)
        deployment.issue_sync.own_comments._written.clear()
        await deployment.sync(lead, comment)
    first, _ = await deployment.answers(lead)
    assert (
        "leads: 1 of our comments written twice"
        in (await deployment.reconcile()).results["reconcile_github"].found
    )
    assert await deployment.answers(lead) == [first]


async def test_a_moved_card_is_answered_once(deployment: Deployment) -> None:
    lead = await deployment.open()
    view = await deployment.until(
        lead, lambda view: view.lead.card and all(e.status == "done" for e in view.effects)
    )
    number = await deployment.number(lead)
    deployment.sandbox.person(SALES).move("leads", number, "Hub")
    notice = ChangeNotice(repo="leads", number=number, card=view.lead.card)
    with frozen(deployment):
        for _ in range(2):
            await request_sync(deployment.env.client, notice, task_queue=deployment.settings.chores_queue)
            await deployment.all_synced()
            await deployment.until(lead, lambda view: all(e.status == "done" for e in view.effects))
    assert len(await deployment.answers(lead)) == 1


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    "path", ["/issues/comments/", "/reactions$", r"/issues/\d+$", r"/issues/\d+/comments$", "/graphql"]
)
async def test_a_command_is_answered_although_a_read_is_behind(deployment: Deployment, path: str) -> None:
    """One read shows the time before the comment, and one before the issue."""
    with frozen(deployment, path=path, times=3):
        lead = await deployment.open()
        comment = await deployment.comment(lead, PRICE)
        await deployment.sync(lead, comment)
        view = await deployment.until(
            lead, lambda view: view.lead.card and all(e.status == "done" for e in view.effects)
        )
    assert not view.attention
    assert len(await deployment.answers(lead)) == 1
