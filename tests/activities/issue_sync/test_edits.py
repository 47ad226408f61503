"""What people move at an issue and on the board, from the outside: taken in their name, or asked for and put back."""

import asyncio

import pytest

from tests.support.floor import Floor, floor, last
from tests.support.office import COMMUNITY, CONTRACTS, SALES

__all__ = ["floor"]

QUOTE = {"amount": "12000", "currency": "USD", "per": "year"}
ENGINEERING = "eda-engineering"


# Taken as it is


async def test_a_tick_that_says_all_is_a_decision_in_the_persons_name(floor: Floor) -> None:
    await floor.act(SALES, "tick", "Questionnaire sent")
    assert (await floor.hear()).done == ("Took questionnaire_sent: somebody ticked",)
    view = await floor.settled(lambda view: view.lead.questionnaire.sent_on)
    assert last(view, "questionnaire_sent") == ("@amara-sales", "github issue")
    assert floor.box("Questionnaire sent on 20")
    assert await floor.answers() == []


async def test_heard_again_it_is_taken_once(floor: Floor) -> None:
    await floor.act(SALES, "tick", "In scope?")
    for _ in range(3):
        await floor.hear(delivery=None)
    view = await floor.settled()
    assert [line.kind for line in view.timeline].count("maniac_t_assessed") == 1
    assert view.refused == ()
    assert floor.box("In scope: yes")
    assert (await floor.hear()).done == ()


async def test_a_retitled_issue_changes_the_leads_facts(floor: Floor) -> None:
    await floor.act(SALES, "edit", title="[New University/Grace Example]  - Two hubs")
    await floor.hear()
    view = await floor.settled(lambda view: view.lead.title == "Two hubs")
    assert (view.lead.org, view.lead.person) == ("New University", "Grace Example")
    assert last(view, "details_changed")[0] == "@amara-sales"
    assert (await floor.hear()).done == ()
    assert await floor.answers() == []


async def test_closed_as_a_duplicate_the_lead_is_lost_and_the_issue_stays_closed(floor: Floor) -> None:
    await floor.act(SALES, "close", "duplicate")
    await floor.hear()
    view = await floor.settled(lambda view: view.lead.lost)
    assert view.lead.lost is not None
    assert view.lead.lost.reason == "duplicate"
    assert floor.issue().state == "closed"
    assert floor.column() == "Lost"


async def test_the_label_of_a_service_is_the_leads_service(floor: Floor) -> None:
    await floor.act(SALES, "unlabel", "service:hub")
    await floor.hear()
    assert (await floor.settled(lambda view: view.lead.service == "other")).lead.service == "other"
    assert floor.labels() == {"lead"}
    await floor.act(SALES, "label", "service:hub")
    await floor.hear()
    await floor.settled(lambda view: view.lead.service == "hub")
    assert await floor.answers() == []


async def test_a_card_moved_to_hub_is_the_hub_live(floor: Floor) -> None:
    await floor.office.to_hub_issue(floor.lead)
    await floor.settled()
    await floor.act(ENGINEERING, "move", "Hub")
    assert (await floor.hear()).done == ("Took hub_live: somebody placed",)
    view = await floor.settled(lambda view: view.stage == "hub")
    assert last(view, "hub_live") == ("@eda-engineering", "github board")
    assert floor.column() == "Hub"
    assert await floor.answers() == []


async def test_a_box_of_the_hubs_issue_counts_as_well(floor: Floor) -> None:
    number = await floor.office.to_hub_issue(floor.lead)
    await floor.settled()
    hub = Floor(floor.office, floor.lead, "pilot-hubs", number)
    await hub.act(ENGINEERING, "tick", "Initial deployment")
    await hub.hear()
    view = await floor.settled(lambda view: view.stage == "hub")
    assert last(view, "hub_live")[0] == "@eda-engineering"
    assert hub.box("Administrators can log on")
    assert not hub.box("Steady state")
    await hub.act(ENGINEERING, "tick", "Steady state")
    assert (await hub.hear()).done == ()
    assert hub.box("Steady state")


# Asked for, and put back


async def asked(floor: Floor, *parts: str) -> str:
    """The one answer, which must say all of this."""
    (answer,) = await floor.answers()
    for part in parts:
        assert part in answer
    return answer


async def test_a_tick_that_needs_more_is_asked_for_and_put_back(floor: Floor) -> None:
    before = floor.issue().body
    await floor.act(SALES, "tick", "Price quoted")
    await floor.hear()
    view = await floor.settled(lambda view: view.refused)
    assert floor.issue().body == before
    await asked(
        floor,
        "@amara-sales ticked “Price quoted”",
        "A price needs amount, currency, per",
        "/price-quoted amount=12000 currency=USD per=year",
        "the box is empty again",
    )
    (refusal,) = view.refused
    assert (refusal.kind, refusal.by) == ("price_quoted", "@amara-sales")
    assert (await floor.hear()).done == ()
    await floor.settled()
    assert len(await floor.answers()) == 1


async def test_ticked_once_more_it_is_answered_once_more(floor: Floor) -> None:
    for times in (1, 2):
        await floor.act(SALES, "tick", "Contract signed")
        await floor.hear()
        await floor.settled()
        assert not floor.box("Contract signed")
        assert len(await floor.answers()) == times


async def test_what_has_several_meanings_is_asked(floor: Floor) -> None:
    await floor.act(CONTRACTS, "tick", "Vendor set-up: open")
    await floor.hear()
    await floor.settled()
    await asked(floor, "Which of them is it?", "/vendor-setup-done", "/vendor-setup-not-needed")
    assert not floor.box("Vendor set-up")


async def test_a_tick_taken_off_asks_for_the_correction_of_its_decision(floor: Floor) -> None:
    await floor.decide(price_quoted=QUOTE)
    view = await floor.settled()
    seq = next(line.seq for line in view.timeline if line.kind == "price_quoted")
    await floor.act(SALES, "tick", "Price quoted")
    await floor.hear()
    await floor.settled()
    await asked(floor, "took the tick off “Price quoted”", f"/corrected seq={seq} reason=")
    assert floor.box("Price quoted")


@pytest.mark.parametrize(
    ("column", "parts"),
    [
        ("Quoted", ("/price-quoted amount=",)),
        ("Hub", ("/price-quoted amount=",)),
        ("Lost", ("reason is missing", "/lost reason=budget")),
        ("Closed", ("No hub of this lead is running",)),
    ],
)
async def test_a_card_that_needs_more_goes_back(floor: Floor, column: str, parts: tuple[str, ...]) -> None:
    await floor.act(SALES if column != "Closed" else ENGINEERING, "move", column)
    await floor.hear()
    await floor.settled(lambda view: view.refused)
    await asked(floor, f"moved the card to “{column}”", *parts, "back in the column")
    assert floor.column() == "Lead"
    assert (await floor.hear()).done == ()


async def test_a_card_moved_back_asks_for_a_correction(floor: Floor) -> None:
    await floor.decide(price_quoted=QUOTE)
    await floor.act(SALES, "move", "Lead")
    await floor.hear()
    await floor.settled()
    await asked(floor, "/corrected seq=")
    assert floor.column() == "Quoted"


async def test_a_lost_leads_card_asks_why_it_is_a_lead_again(floor: Floor) -> None:
    await floor.decide(lost={"reason": "budget"})
    await floor.act(SALES, "move", "Quoted")
    await floor.hear()
    await floor.settled()
    await asked(floor, "/reopened reason=")
    assert floor.column() == "Lost"


@pytest.mark.parametrize("reason", ["not_planned", "completed"])
async def test_a_closed_issue_is_opened_again_and_asked_why(floor: Floor, reason: str) -> None:
    await floor.act(SALES, "close", reason)
    await floor.hear()
    await floor.settled(lambda view: view.refused)
    await asked(floor, "reason is missing", "/lost reason=budget", "the issue is open again")
    assert floor.issue().state == "open"


async def test_a_reopened_issue_is_closed_again_and_asked_why(floor: Floor) -> None:
    await floor.decide(lost={"reason": "budget"})
    assert floor.issue().state == "closed"
    await floor.act(SALES, "reopen")
    await floor.hear()
    await floor.settled()
    await asked(floor, "/reopened reason=", "the issue is closed again")
    assert (floor.issue().state, floor.issue().state_reason) == ("closed", "not_planned")


async def test_labels_that_need_more_go_back(floor: Floor) -> None:
    await floor.act(CONTRACTS, "label", "customer")
    await floor.act(SALES, "unlabel", "lead")
    await floor.hear()
    await floor.settled()
    first, second = sorted(await floor.answers())
    assert "No price has been quoted yet" in first + second
    assert "marks what is a lead" in first + second
    assert floor.labels() == {"lead", "service:hub"}
    assert (await floor.hear()).done == ()


async def test_a_title_that_says_nothing_goes_back(floor: Floor) -> None:
    title = floor.issue().title
    await floor.act(SALES, "edit", title="Ada's hub")
    await floor.hear()
    await floor.settled()
    await asked(
        floor,
        "The title of a lead's issue is",
        "Change it again in that form, or say what has changed (/details-changed)",
        '/details-changed person="Grace Example"',
        "the title is as it was",
    )
    assert "Nothing was given" not in "".join(await floor.answers())
    assert floor.issue().title == title


# Who


async def test_who_has_not_the_right_is_told_whose_it_is(floor: Floor) -> None:
    await floor.act(CONTRACTS, "tick", "Questionnaire sent")
    await floor.hear()
    view = await floor.settled(lambda view: view.refused)
    await asked(floor, "That is for sales to decide, and you have contracts")
    assert view.lead.questionnaire.sent_on is None
    assert not floor.box("Questionnaire sent")


async def test_the_services_own_changes_are_never_heard(floor: Floor) -> None:
    await floor.decide(price_quoted=QUOTE, quote_accepted={}, lost={"reason": "budget"})
    assert (await floor.hear()).done == ()
    assert await floor.answers() == []
    path = f"leads/issues/{floor.number}"
    await asyncio.to_thread(floor.office.as_service, "PATCH", path, {"state": "open"})
    assert (await floor.hear()).done == ()
    assert floor.issue().state == "open"


# Never lost


async def test_a_persons_text_beside_the_tick_stays(floor: Floor) -> None:
    body = floor.issue().body or ""
    mine = body.replace("- [ ] Price quoted", "- [x] Price quoted\n\nAda called.")
    await floor.act(SALES, "edit", body=f"Ours.\r\n{mine}\r\nTheirs.")
    await floor.hear()
    await floor.settled(lambda view: view.refused)
    text = floor.issue().body or ""
    assert text.startswith("Ours.\r\n")
    assert text.endswith("Theirs.")
    assert "Ada called." in text
    assert not floor.box("Price quoted")


async def test_what_nobody_heard_yet_outlives_our_own_writing(floor: Floor) -> None:
    await floor.act(SALES, "tick", "In scope?")
    await floor.act(SALES, "move", "Hub")
    await floor.decide(questionnaire_sent={}, price_quoted=QUOTE)
    assert floor.box("Questionnaire sent on")
    assert floor.box("In scope?")
    assert floor.column() == "Hub"
    await floor.hear()
    view = await floor.settled(lambda view: view.lead.qualification.in_scope)
    assert last(view, "maniac_t_assessed")[0] == "@amara-sales"
    await asked(floor, "moved the card to “Hub”", "for contracts to decide, and you have sales")
    assert floor.column() == "Quoted"


async def test_a_move_and_a_comment_that_says_the_rest_go_together(floor: Floor) -> None:
    await floor.act(SALES, "move", "Quoted")
    comment = await floor.office.say(floor.lead, "/price-quoted amount=12000 currency=USD per=year")
    await floor.hear(comment=comment)
    await floor.settled(lambda view: view.stage == "quoted")
    assert floor.column() == "Quoted"
    (answer,) = await floor.answers()
    assert "12,000.00 USD" in answer


async def test_two_people_at_once_are_both_heard(floor: Floor) -> None:
    await floor.act(SALES, "tick", "Questionnaire sent")
    await floor.act(COMMUNITY, "tick", "Contract handed over")
    await floor.hear()
    view = await floor.settled(lambda view: view.lead.questionnaire.sent_on)
    assert last(view, "questionnaire_sent")[0] == "@amara-sales"
    await asked(floor, "@cora-community ticked", "you have no role")
    assert not floor.box("Contract handed over")
