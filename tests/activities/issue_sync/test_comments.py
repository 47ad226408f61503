"""A person comments on the lead's issue; the lead moves, and the answer stands there."""

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from activities.github.models import Comment
from sandbox.faults import Fault
from tests.support.office import COMMUNITY, CONTRACTS, OUTSIDER, SALES, Office

PRICE = "/price-quoted amount=12000 currency=USD per=year"


async def test_a_decision_in_a_comment_is_taken_and_answered(office: Office) -> None:
    lead = await office.open()
    comment = await office.comment(lead, f"We agreed on the phone.\n\n{PRICE}")
    await office.sync(lead, comment)
    view = await office.leads.overview(lead)
    assert view.stage == "quoted"
    taken = next(line for line in view.timeline if line.kind == "price_quoted")
    assert (taken.by, taken.source) == (f"@{SALES}", "github comment")
    (answer,) = await office.answers(lead)
    assert "Quoted 12,000.00 USD a year, bespoke, version 1, valid until" in answer
    assert "Stage **quoted**" in answer
    assert await office.reactions(comment) == ["+1"]


async def test_heard_twice_and_late_it_is_taken_once(office: Office) -> None:
    lead = await office.open()
    comment = await office.comment(lead, PRICE)
    await office.sync(lead, comment, comment)
    await office.sync(lead, comment)
    view = await office.leads.overview(lead)
    assert [line.kind for line in view.timeline].count("price_quoted") == 1
    assert not view.refused
    assert len(await office.answers(lead)) == 1


async def test_an_answer_that_was_lost_comes_again_and_says_what_was_taken(office: Office) -> None:
    """As if the worker had died between the decision and its answer."""
    lead = await office.open()
    comment = await office.comment(lead, PRICE)
    office.sandbox.faults.add(
        Fault(system="github", kind="status", status=502, method="POST", path="/comments$")
    )
    await office.sync(lead, comment)
    assert len(await office.answers(lead)) == 1
    assert (await office.leads.overview(lead)).lead.quotes[0].version == 1


async def test_out_of_order_each_is_judged_as_it_is_looked_at(office: Office) -> None:
    lead = await office.open()
    first = await office.comment(lead, PRICE)
    second = await office.comment(lead, "/quote-accepted")
    await office.sync(lead, second)
    await office.sync(lead, first)
    assert await office.reactions(second) == ["confused"]
    assert await office.reactions(first) == ["+1"]
    refused, taken = await office.answers(lead)
    assert "/price-quoted amount=12000 currency=USD per=year" in refused  # what would work
    assert "Quoted" in taken


async def test_several_commands_in_one_comment_in_order(office: Office) -> None:
    lead = await office.open()
    comment = await office.comment(lead, f'{PRICE}\n/quote_accepted accepted_by="Ada Example"\n')
    await office.sync(lead, comment)
    kinds = [line.kind for line in (await office.leads.overview(lead)).timeline]
    assert kinds.index("price_quoted") < kinds.index("quote_accepted")
    (answer,) = await office.answers(lead)
    assert answer.count("✅") == 2


async def test_what_is_missing_is_said_with_an_example_and_an_edit_puts_it_right(office: Office) -> None:
    lead = await office.open()
    comment = await office.comment(lead, "/lost")
    await office.sync(lead, comment)
    (answer,) = await office.answers(lead)
    assert "reason is missing" in answer
    assert "/lost reason=budget" in answer
    assert await office.stage(lead) == "lead"
    await office.edit(comment, "/lost reason=budget")
    await office.sync(lead, comment)
    assert await office.stage(lead) == "lost"
    (answer,) = await office.answers(lead)
    assert "✅" in answer
    assert await office.reactions(comment) == ["+1"]


async def test_an_edit_gives_no_second_decision_in_the_place_of_the_first(office: Office) -> None:
    lead = await office.open()
    comment = await office.comment(lead, PRICE)
    await office.sync(lead, comment)
    for edited in (PRICE.replace("12000", "13000"), "/lost reason=budget"):
        await office.edit(comment, edited)
        await office.sync(lead, comment)
        view = await office.leads.overview(lead)
        assert view.stage == "quoted"
        assert len(view.lead.quotes) == 1
        (answer,) = await office.answers(lead)
        assert "already led to event" in answer
        assert "/corrected seq=" in answer


async def test_a_command_added_by_an_edit_is_one_more(office: Office) -> None:
    lead = await office.open()
    comment = await office.comment(lead, f"{PRICE}\n/hub-live")
    await office.sync(lead, comment)
    await office.edit(comment, f"{PRICE}\n/quote-accepted")
    await office.sync(lead, comment)
    kinds = [line.kind for line in (await office.leads.overview(lead)).timeline]
    assert kinds.count("price_quoted") == kinds.count("quote_accepted") == 1


async def test_nobody_decides_by_editing_another_persons_comment(office: Office) -> None:
    lead = await office.open()
    comment = await office.comment(lead, "Good news.")
    await asyncio.sleep(1.01)
    await asyncio.to_thread(office.as_service, "PATCH", f"leads/issues/comments/{comment}", {"body": PRICE})
    await office.sync(lead, comment)
    assert await office.stage(lead) == "lead"
    (answer,) = await office.answers(lead)
    assert "edited this comment" in answer


async def test_a_comment_deleted_before_we_looked_is_nothing_and_later_the_decision_stays(
    office: Office,
) -> None:
    lead = await office.open()
    gone = await office.comment(lead, "/lost reason=budget")
    await office.delete(gone)
    assert (await office.sync(lead, gone)).done == ()
    assert await office.stage(lead) == "lead"
    taken = await office.comment(lead, PRICE)
    await office.sync(lead, taken)
    await office.delete(taken)
    assert (await office.sync(lead, taken)).done == ()
    assert await office.stage(lead) == "quoted"


async def test_the_service_does_not_hear_itself(office: Office) -> None:
    lead = await office.open()
    path = f"leads/issues/{await office.number(lead)}/comments"
    comment = (await asyncio.to_thread(office.as_service, "POST", path, {"body": PRICE}))["id"]
    pasted = await office.comment(lead, f"{PRICE}\n\n<!-- lead-to-hub:answer 1 abc -->")
    assert (await office.sync(lead, comment, pasted)).done == ()
    assert await office.stage(lead) == "lead"


async def test_whose_decision_it_is_not_is_told_whose_it_is(office: Office) -> None:
    lead = await office.open()
    comment = await office.comment(lead, "/contract-acknowledged")
    await office.sync(lead, comment)
    (answer,) = await office.answers(lead)
    assert "for contracts to decide, and you have sales" in answer
    assert await office.reactions(comment) == ["confused"]


async def test_who_belongs_to_us_without_a_role_may_ask_and_not_decide(office: Office) -> None:
    lead = await office.open()
    asked = await office.comment(lead, "/options", login=COMMUNITY)
    decided = await office.comment(lead, "/lost reason=budget\n/retry", login=COMMUNITY)
    await office.sync(lead, asked, decided)
    options, refused = await office.answers(lead)
    assert "These decisions are allowed now" in options
    assert "for sales to decide, and you have no role" in refused
    assert "Only those who have a role" in refused
    assert await office.stage(lead) == "lead"


async def test_a_team_decides_for_its_role(office: Office) -> None:
    lead = await office.open()
    first = await office.comment(lead, f"{PRICE}\n/quote-accepted\n/contract-handed-over")
    second = await office.comment(lead, "/contract-acknowledged", login=CONTRACTS)
    await office.sync(lead, first, second)
    contract = (await office.leads.overview(lead)).lead.contract
    assert contract.acknowledged_on is not None


async def test_a_stranger_gets_a_reaction_and_no_words(office: Office) -> None:
    """On the hub's issue, whose repository everybody sees."""
    lead = await office.open()
    hub = await office.to_hub_issue(lead)
    comment = await office.comment_on("pilot-hubs", hub, "/hub-live", login=OUTSIDER)
    await office.sync_there("pilot-hubs", hub, comment)
    assert await office.reactions(comment, repo="pilot-hubs") == ["confused"]
    assert await office.answers_there("pilot-hubs", hub) == []


async def test_the_hubs_issue_is_a_desk_of_its_lead_too(office: Office) -> None:
    lead = await office.open()
    hub = await office.to_hub_issue(lead)
    comment = await office.comment_on("pilot-hubs", hub, '/put-on-hold event="the new cluster"')
    await office.sync_there("pilot-hubs", hub, comment)
    assert (await office.leads.overview(lead)).lead.hold
    (answer,) = await office.answers_there("pilot-hubs", hub)
    assert "✅" in answer


async def test_questions_change_nothing(office: Office) -> None:
    lead = await office.open()
    comment = await office.comment(
        lead,
        f"/help\n/help price-quoted\n/options\n/preview {PRICE[1:]}\n/retry\n/preview lost reason=budget",
    )
    await office.sync(lead, comment)
    view = await office.leads.overview(lead)
    assert not [line for line in view.timeline if line.source == "github comment"]
    assert not view.refused
    (answer,) = await office.answers(lead)
    for summary in (
        "| `/price-quoted` |",
        "the price, as 12000",
        "Not now",
        "Nothing has happened",
        "Nothing to retry",
    ):
        assert summary in answer
    assert await office.reactions(comment) == ["eyes"]


async def test_a_slip_of_the_keyboard_is_told_what_was_meant(office: Office) -> None:
    lead = await office.open()
    comment = await office.comment(lead, "/price-qouted amount=12000\n/quoted\n/preview lsot\n/help price")
    await office.sync(lead, comment)
    (answer,) = await office.answers(lead)
    assert answer.count("/price-quoted") >= 2
    assert "/preview lost" in answer


async def test_what_only_looks_like_a_command_is_left_alone(office: Office) -> None:
    lead = await office.open()
    comment = await office.comment(
        lead, f"See `{PRICE}` or\n\n    {PRICE}\n\n> {PRICE}\n\n/usr/bin/env\n/cc them"
    )
    assert (await office.sync(lead, comment)).done == ()
    assert await office.answers(lead) == []
    assert await office.reactions(comment) == []


async def test_a_copied_block_steers_no_other_lead(office: Office) -> None:
    lead = await office.open()
    body = (
        await asyncio.to_thread(office.as_person, SALES, "GET", f"leads/issues/{await office.number(lead)}")
    )["body"]
    copied = await asyncio.to_thread(
        office.as_person, SALES, "POST", "leads/issues", {"title": "x", "body": body}
    )
    comment = await office.comment_on("leads", copied["number"], "/lost reason=budget")
    await office.sync_there("leads", copied["number"], comment)
    assert await office.stage(lead) == "lead"
    (answer,) = await office.answers_there("leads", copied["number"])
    assert "belongs to no lead" in answer


async def test_a_lead_that_has_ended_says_so(office: Office) -> None:
    lead = await office.open()
    comment = await office.comment(lead, PRICE)
    await lead.terminate("gone")
    await office.sync(lead, comment)
    (answer,) = await office.answers(lead)
    assert "has ended" in answer


async def test_a_comment_with_hundreds_of_commands_is_refused_as_one(office: Office) -> None:
    lead = await office.open()
    comment = await office.comment(lead, "\n".join(["/lost reason=budget"] * 300))
    await office.sync(lead, comment)
    (answer,) = await office.answers(lead)
    assert "at most 20 commands" in answer
    assert await office.stage(lead) == "lead"


async def test_a_discount_is_approved_by_whose_decision_it_is_and_never_by_who_gave_it(
    office: Office,
) -> None:
    lead = await office.open()
    offer = f'{PRICE} item="Training: 2000 once" discount_percent=20 discount_reason="A pilot"'
    await office.sync(lead, await office.comment(lead, offer))
    view = await office.leads.overview(lead)
    assert (view.owner, view.lead.quotes[0].awaiting_approval_by) == ("contracts", "contracts")
    for login, command in ((SALES, "/discount-approved"), (CONTRACTS, "/quote-accepted")):
        await office.sync(lead, await office.comment(lead, command, login=login))
    *_, not_theirs, too_early = await office.answers(lead)
    assert "That is for contracts to decide, and you have sales" in not_theirs
    assert "That is for sales to decide" in too_early
    await office.sync(lead, await office.comment(lead, "/quote-accepted"))
    assert "has not approved it. Have that done first" in (await office.answers(lead))[-1]
    await office.sync(lead, await office.comment(lead, "/discount-approved", login=CONTRACTS))
    await office.sync(lead, await office.comment(lead, "/quote-accepted note=now"))
    quote = (await office.leads.overview(lead)).lead.quotes[0]
    assert (quote.status, str(quote)) == ("accepted", "9,600.00 USD a year and 2,000.00 USD once")
    assert quote.discount
    assert (quote.discount.by, quote.discount.settled_by) == (f"@{SALES}", f"@{CONTRACTS}")


async def test_an_example_is_only_given_where_it_would_work(office: Office) -> None:
    lead = await office.open()
    for login, text in (
        (SALES, "/questionnaire-sent"),
        (SALES, "/questionnaire-sent note=again"),
        ("eda-engineering", "/hub-live"),
        ("eda-engineering", "/hub-live nonsense=1"),
    ):
        await office.sync(lead, await office.comment(lead, text, login=login))
    _, sent, live, nonsense = await office.answers(lead)
    assert "already sent today" in sent
    assert "For example" not in sent
    for answer in (live, nonsense):  # what is in the way comes first, as the command that it is
        assert "The hub was not requested. Do that first (/hub-requested)." in answer
        assert "\n/hub-requested" in answer


async def test_help_names_the_words_that_a_field_takes(office: Office) -> None:
    lead = await office.open()
    await office.sync(lead, await office.comment(lead, "/help lost"))
    (answer,) = await office.answers(lead)
    assert "| `reason` (required) | the coded reason: `budget`, `no decision`," in answer


# GitHub shows late what is there already


def late(office: Office, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """So many listings of comments show none of them."""
    listed, left = office.issue_sync.github.comments, itertools.count(1)

    def comments(*args: Any, **more: Any) -> Iterator[list[Comment]]:
        return iter(()) if next(left) <= times else listed(*args, **more)

    monkeypatch.setattr(office.issue_sync.github, "comments", comments)


async def test_a_listing_that_lags_makes_no_second_answer(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await office.open()
    comment = await office.comment(lead, "/help lost")
    await office.sync(lead, comment)
    await office.edit(comment, "/help reopened")
    late(office, monkeypatch, times=2)
    await office.sync(lead, comment)
    (answer,) = await office.answers(lead)
    assert "`/reopened`" in answer


async def test_of_two_answers_that_a_listing_allowed_the_next_visit_leaves_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await office.open()
    comment = await office.comment(lead, PRICE)
    await office.sync(lead, comment)
    (first,) = await office.answers(lead)
    late(office, monkeypatch, times=4)  # each attempt looks, and the last one looks again before it speaks
    await office.sync(lead, comment)
    assert len(await office.answers(lead)) == 2
    await office.sync(lead, comment)
    assert await office.answers(lead) == [first]
    assert (await office.leads.overview(lead)).lead.quotes[-1].version == 1


async def test_a_comment_that_github_does_not_show_yet_is_looked_for_again(office: Office) -> None:
    lead = await office.open()
    comment = await office.comment(lead, PRICE)
    missing = {"system": "github", "kind": "status", "status": 404, "method": "GET"}
    office.sandbox.faults.add(Fault.model_validate(missing | {"path": f"/comments/{comment}$"}))
    number = await office.number(lead)
    office.sandbox.faults.add(Fault.model_validate(missing | {"path": f"/leads/issues/{number}$"}))
    await office.sync(lead, comment)
    assert await office.stage(lead) == "quoted"
    assert len(await office.answers(lead)) == 1


async def test_a_wrong_number_is_answered_with_commands_for_comments(office: Office) -> None:
    lead = await office.open()
    await office.sync(lead, await office.comment(lead, PRICE))
    await office.sync(lead, await office.comment(lead, '/corrected seq=999 reason="A slip"'))
    *_, answer = await office.answers(lead)
    assert "There is no 999 in the timeline" in answer
    assert "/corrected seq=" in answer
    assert "leads " not in answer
    assert "--" not in answer.replace("<!--", "").replace("-->", "")
