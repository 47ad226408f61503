"""A new command among thousands of comments is found without reading all of them."""

import asyncio
from collections import Counter
from datetime import timedelta

from sandbox.github import commands
from sandbox.github.auth import as_person
from sandbox.github.records import current_time
from tests.support.deployment import SALES, Deployment, own_env

__all__ = ["own_env"]

MANY = 2_500
"""GitHub takes no more comments on an issue."""
AN_HOUR_AGO = current_time() - timedelta(hours=1)
PRICE = "/price-quoted amount=12000 currency=USD per=year"


def chatter(deployment: Deployment, number: int) -> None:
    """Add thousands of comments without commands."""
    state = deployment.sandbox.github

    def work() -> None:
        person, repository = state.user(SALES), state.repository("2i2c-org", "leads")
        assert person
        assert repository
        issue = state.issue(repository, number)
        assert issue
        with state.writing():
            for n in range(MANY):
                comment = commands.create_comment(
                    state, as_person(person), issue, f"Comment {n}. See /usr/share/doc."
                )
                state.comments[comment.id] = comment.replaced(created_at=AN_HOUR_AGO, updated_at=AN_HOUR_AGO)

    deployment.sandbox.run(work)


def asked(deployment: Deployment) -> Counter[str]:
    """Return the service's requests since the last call."""
    found = [
        e for e in deployment.sandbox.journal.all("github") if e.headers.get("user-agent") == "lead-to-hub"
    ]
    deployment.sandbox.journal.clear()
    return Counter(
        "list" if each.path.endswith("/comments") and each.method == "GET" else "" for each in found
    )


async def test_a_command_among_as_many_comments_as_there_may_be(deployment: Deployment) -> None:
    lead = await deployment.open()
    await deployment.until(lead, lambda view: view.lead.card)
    await asyncio.to_thread(chatter, deployment, await deployment.number(lead))
    asked(deployment)
    comment = await deployment.comment(lead, PRICE)
    await deployment.sync(lead, comment)
    assert await deployment.stage(lead) == "quoted"
    assert asked(deployment)["list"] <= 3
    await deployment.sync(lead, comment)
    assert asked(deployment)["list"] <= 3
    await deployment.reconcile()  # looks at all that is new: a hundred at a time
    assert asked(deployment)["list"] <= MANY / 100 + 5
    await deployment.reconcile()
    await deployment.reconcile()
    asked(deployment)
    await deployment.comment(lead, "/quote-accepted")
    await deployment.reconcile()
    view = await deployment.leads.overview(lead)
    assert [line.kind for line in view.timeline].count("quote_accepted") == 1
    assert asked(deployment)["list"] <= 5
