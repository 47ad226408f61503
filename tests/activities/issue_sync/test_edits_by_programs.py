"""GitHub's own board automations, and other programs: what they move is put back without a word, and never fought over."""

from tests.support.deployment import SALES
from tests.support.lead_issue import LeadIssue, last, lead_issue

__all__ = ["lead_issue"]

OWNER, BOT = "olu-owner", "github-project-automation[bot]"


async def test_a_card_that_github_moves_when_we_close_the_issue_goes_back_quietly(
    lead_issue: LeadIssue,
) -> None:
    lead_issue.deployment.sandbox.person(OWNER).automate(closed="Closed")
    await lead_issue.decide(lost={"reason": "budget"})
    await lead_issue.sync()  # GitHub's move came before ours or after it
    await lead_issue.settled()
    assert lead_issue.column() == "Lost"
    await lead_issue.act(BOT, "move", "Closed")
    assert (await lead_issue.sync()).done == ("Put back what a program placed",)
    view = await lead_issue.settled()
    assert lead_issue.column() == "Lost"
    assert await lead_issue.answers() == []
    assert view.refused == ()
    assert (await lead_issue.sync()).done == ()


async def test_an_issue_that_github_closes_because_a_person_moved_the_card_is_open_again(
    lead_issue: LeadIssue,
) -> None:
    lead_issue.deployment.sandbox.person(OWNER).automate(closes="Closed")
    await lead_issue.act(SALES, "move", "Closed")
    assert lead_issue.issue().state == "closed"
    await lead_issue.sync()
    await lead_issue.settled(lambda view: view.refused)
    assert (lead_issue.issue().state, lead_issue.column()) == ("open", "Lead")
    (answer,) = await lead_issue.answers()
    assert f"@{SALES} moved the card to “Closed”" in answer
    assert (await lead_issue.sync()).done == ()


async def test_what_agrees_with_the_lead_is_left(lead_issue: LeadIssue) -> None:
    lead_issue.deployment.sandbox.person(OWNER).automate(closed="Lost")
    await lead_issue.decide(lost={"reason": "budget"})
    assert lead_issue.column() == "Lost"
    assert (await lead_issue.sync()).done == ()


async def test_a_program_that_does_it_again_and_again_is_left(lead_issue: LeadIssue) -> None:
    done = []
    for _ in range(5):
        await lead_issue.act(BOT, "move", "Hub")
        done.append(len((await lead_issue.sync()).done))
        await lead_issue.settled()
    assert done == [1, 1, 1, 0, 0]
    assert lead_issue.column() == "Hub"
    assert await lead_issue.answers() == []
    await lead_issue.act(SALES, "move", "Lost")  # a person's edit is still taken
    await lead_issue.sync()
    await lead_issue.settled(lambda view: view.refused)
    assert lead_issue.column() == "Lead"


async def test_a_person_who_moves_it_after_a_program_is_heard(lead_issue: LeadIssue) -> None:
    await lead_issue.act(BOT, "close")
    await lead_issue.act(SALES, "reopen")
    await lead_issue.act(SALES, "close", "duplicate")
    await lead_issue.sync()
    view = await lead_issue.settled(lambda view: view.lead.lost)
    assert last(view, "lost")[0] == f"@{SALES}"


async def test_what_else_programs_change_is_theirs(lead_issue: LeadIssue) -> None:
    await lead_issue.act(BOT, "label", "grant")
    await lead_issue.act(BOT, "label", "customer")
    await lead_issue.act(BOT, "tick", "In scope?")
    assert (await lead_issue.sync()).done == ()
    assert lead_issue.labels() == {"lead", "service:hub", "grant", "customer"}
