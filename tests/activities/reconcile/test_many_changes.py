"""An issue where thousands have spoken: what is new there is found without reading the rest."""

import asyncio
from collections import Counter
from datetime import timedelta

from sandbox.github import commands
from sandbox.github.auth import as_person
from sandbox.github.records import current_time
from tests.support.office import SALES, Office, own_env

__all__ = ["own_env"]

MANY = 10_000
AN_HOUR_AGO = current_time() - timedelta(hours=1)
PRICE = "/price-quoted amount=12000 currency=USD per=year"


def chatter(office: Office, number: int) -> None:
    """People speak with each other, and not with us."""
    state = office.sandbox.github

    def work() -> None:
        person, repository = state.user(SALES), state.repository("2i2c-org", "leads")
        assert person
        assert repository
        issue = state.issue(repository, number)
        assert issue
        with state.writing():
            for n in range(MANY):
                said = commands.create_comment(
                    state, as_person(person), issue, f"Comment {n}. See /usr/share/doc."
                )
                state.comments[said.id] = said.replaced(created_at=AN_HOUR_AGO, updated_at=AN_HOUR_AGO)

    office.sandbox.run(work)


def asked(office: Office) -> Counter[str]:
    """Requests of the service, and forgets them."""
    found = [e for e in office.sandbox.journal.all("github") if e.headers.get("user-agent") == "lead-to-hub"]
    office.sandbox.journal.clear()
    return Counter(
        "list" if each.path.endswith("/comments") and each.method == "GET" else "" for each in found
    )


async def test_a_command_among_ten_thousand_comments(office: Office) -> None:
    lead = await office.open()
    await office.until(lead, lambda view: view.lead.card)
    await asyncio.to_thread(chatter, office, await office.number(lead))
    asked(office)
    comment = await office.comment(lead, PRICE)
    await office.sync(lead, comment)
    assert await office.stage(lead) == "quoted"
    assert asked(office)["list"] <= 3
    await office.sync(lead, comment)
    assert asked(office)["list"] <= 3
    await office.reconcile()  # looks at all that is new: a hundred at a time
    assert asked(office)["list"] <= MANY / 100 + 5
    await office.reconcile()
    await office.reconcile()
    asked(office)
    await office.comment(lead, "/quote-accepted")
    await office.reconcile()
    view = await office.leads.overview(lead)
    assert [line.kind for line in view.timeline].count("quote_accepted") == 1
    assert asked(office)["list"] <= 5
