"""GitHub's own board automations, and other programs: what they move is put back without a word, and never fought over."""

from tests.support.floor import Floor, floor, last
from tests.support.office import SALES

__all__ = ["floor"]

OWNER, BOT = "olu-owner", "github-project-automation[bot]"


async def test_a_card_that_github_moves_when_we_close_the_issue_goes_back_quietly(floor: Floor) -> None:
    floor.office.sandbox.person(OWNER).automate(closed="Closed")
    await floor.decide(lost={"reason": "budget"})
    await floor.hear()  # GitHub's move came before ours or after it
    await floor.settled()
    assert floor.column() == "Lost"
    await floor.act(BOT, "move", "Closed")
    assert (await floor.hear()).done == ("Put back what a program placed",)
    view = await floor.settled()
    assert floor.column() == "Lost"
    assert await floor.answers() == []
    assert view.refused == ()
    assert (await floor.hear()).done == ()


async def test_an_issue_that_github_closes_because_a_person_moved_the_card_is_open_again(
    floor: Floor,
) -> None:
    floor.office.sandbox.person(OWNER).automate(closes="Closed")
    await floor.act(SALES, "move", "Closed")
    assert floor.issue().state == "closed"
    await floor.hear()
    await floor.settled(lambda view: view.refused)
    assert (floor.issue().state, floor.column()) == ("open", "Lead")
    (answer,) = await floor.answers()
    assert f"@{SALES} moved the card to “Closed”" in answer
    assert (await floor.hear()).done == ()


async def test_what_agrees_with_the_lead_is_left(floor: Floor) -> None:
    floor.office.sandbox.person(OWNER).automate(closed="Lost")
    await floor.decide(lost={"reason": "budget"})
    assert floor.column() == "Lost"
    assert (await floor.hear()).done == ()


async def test_a_program_that_does_it_again_and_again_is_left(floor: Floor) -> None:
    done = []
    for _ in range(5):
        await floor.act(BOT, "move", "Hub")
        done.append(len((await floor.hear()).done))
        await floor.settled()
    assert done == [1, 1, 1, 0, 0]
    assert floor.column() == "Hub"
    assert await floor.answers() == []
    await floor.act(SALES, "move", "Lost")  # a person is heard all the same
    await floor.hear()
    await floor.settled(lambda view: view.refused)
    assert floor.column() == "Lead"


async def test_a_person_who_moves_it_after_a_program_is_heard(floor: Floor) -> None:
    await floor.act(BOT, "close")
    await floor.act(SALES, "reopen")
    await floor.act(SALES, "close", "duplicate")
    await floor.hear()
    view = await floor.settled(lambda view: view.lead.lost)
    assert last(view, "lost")[0] == f"@{SALES}"


async def test_what_else_programs_change_is_theirs(floor: Floor) -> None:
    await floor.act(BOT, "label", "grant")
    await floor.act(BOT, "label", "customer")
    await floor.act(BOT, "tick", "In scope?")
    assert (await floor.hear()).done == ()
    assert floor.labels() == {"lead", "service:hub", "grant", "customer"}
