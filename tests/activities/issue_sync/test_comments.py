"""People give commands in comments on the lead's issue, and the service replies there."""

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from activities.github.models import Comment
from activities.issue_sync.comments import MAX_REPLY, _joined
from process.github import commands
from sandbox.faults import Fault
from tests.support.deployment import COMMUNITY, CONTRACTS, OUTSIDER, SALES, Deployment

PRICE = "/price-quoted amount=12000 currency=USD per=year"


async def test_a_decision_in_a_comment_is_taken_and_answered(deployment: Deployment) -> None:
    lead = await deployment.open()
    comment = await deployment.comment(lead, f"We agreed on the phone.\n\n{PRICE}")
    await deployment.sync(lead, comment)
    view = await deployment.leads.overview(lead)
    assert view.stage == "quoted"
    taken = next(line for line in view.timeline if line.kind == "price_quoted")
    assert (taken.by, taken.source) == (f"@{SALES}", "github comment")
    (answer,) = await deployment.answers(lead)
    assert "Quoted 12,000.00 USD a year, bespoke, version 1, valid until" in answer
    assert "Stage **quoted**" in answer
    assert await deployment.reactions(comment) == ["+1"]


async def test_a_comment_synced_twice_is_taken_once(deployment: Deployment) -> None:
    lead = await deployment.open()
    comment = await deployment.comment(lead, PRICE)
    await deployment.sync(lead, comment, comment)
    await deployment.sync(lead, comment)
    view = await deployment.leads.overview(lead)
    assert [line.kind for line in view.timeline].count("price_quoted") == 1
    assert not view.refused
    assert len(await deployment.answers(lead)) == 1


async def test_a_lost_reply_is_posted_again(deployment: Deployment) -> None:
    """The reply fails after the decision was taken, as if the worker had died."""
    lead = await deployment.open()
    comment = await deployment.comment(lead, PRICE)
    deployment.sandbox.faults.add(
        Fault(system="github", kind="status", status=502, method="POST", path="/comments$")
    )
    await deployment.sync(lead, comment)
    assert len(await deployment.answers(lead)) == 1
    assert (await deployment.leads.overview(lead)).lead.quotes[0].version == 1


async def test_comments_synced_out_of_order_are_taken_in_that_order(deployment: Deployment) -> None:
    lead = await deployment.open()
    first = await deployment.comment(lead, PRICE)
    second = await deployment.comment(lead, "/quote-accepted")
    await deployment.sync(lead, second)
    await deployment.sync(lead, first)
    assert await deployment.reactions(second) == ["confused"]
    assert await deployment.reactions(first) == ["+1"]
    refused, taken = await deployment.answers(lead)
    assert "/price-quoted amount=12000 currency=USD per=year" in refused  # what would work
    assert "Quoted" in taken


async def test_several_commands_in_one_comment_are_taken_in_order(deployment: Deployment) -> None:
    lead = await deployment.open()
    comment = await deployment.comment(lead, f'{PRICE}\n/quote_accepted accepted_by="Ada Example"\n')
    await deployment.sync(lead, comment)
    kinds = [line.kind for line in (await deployment.leads.overview(lead)).timeline]
    assert kinds.index("price_quoted") < kinds.index("quote_accepted")
    (answer,) = await deployment.answers(lead)
    assert answer.count("✅") == 2
    first, second = answer.split("\n\n✅")
    assert "Next is community: agree to the price by" in first
    assert "Next is sales: hand the contract over" in second


async def test_an_incomplete_command_gets_an_example_for_a_new_comment(deployment: Deployment) -> None:
    lead = await deployment.open()
    comment = await deployment.comment(lead, "/lost")
    await deployment.sync(lead, comment)
    (answer,) = await deployment.answers(lead)
    assert "reason is missing" in answer
    assert "/lost reason=budget" in answer
    await deployment.edit(comment, "/lost reason=budget")
    await deployment.sync(lead, comment)
    assert await deployment.stage(lead) == "lead"
    (answer,) = await deployment.answers(lead)
    assert "Please write the command in a new one" in answer
    await deployment.sync(lead, await deployment.comment(lead, "/lost reason=budget"))
    assert await deployment.stage(lead) == "lost"


async def test_an_edited_command_leads_to_no_second_decision(deployment: Deployment) -> None:
    lead = await deployment.open()
    comment = await deployment.comment(lead, PRICE)
    await deployment.sync(lead, comment)
    for edited in (PRICE.replace("12000", "13000"), "/lost reason=budget"):
        await deployment.edit(comment, edited)
        await deployment.sync(lead, comment)
        view = await deployment.leads.overview(lead)
        assert view.stage == "quoted"
        assert len(view.lead.quotes) == 1
        (answer,) = await deployment.answers(lead)
        assert "already led to event" in answer
        assert "/corrected seq=" in answer


async def test_a_command_added_by_an_edit_is_not_taken(deployment: Deployment) -> None:
    lead = await deployment.open()
    comment = await deployment.comment(lead, f"{PRICE}\n/hub-live")
    await deployment.sync(lead, comment)
    await deployment.edit(comment, f"{PRICE}\n/quote-accepted")
    await deployment.sync(lead, comment)
    kinds = [line.kind for line in (await deployment.leads.overview(lead)).timeline]
    assert (kinds.count("price_quoted"), kinds.count("quote_accepted")) == (1, 0)
    (answer,) = await deployment.answers(lead)
    taken, refused = answer.split("\n\n❌")
    assert "✅" in taken
    assert "Please write the command in a new one" in refused


@pytest.mark.parametrize("corrected_by_author", [False, True])
async def test_nobody_decides_by_editing_another_persons_comment(
    deployment: Deployment, corrected_by_author: bool
) -> None:
    """Not even within the second of its creation, nor if its author corrects a slip in it later."""
    lead = await deployment.open()
    comment = await deployment.comment(lead, "Good nwes.")
    await asyncio.to_thread(
        deployment.as_service, "PATCH", f"leads/issues/comments/{comment}", {"body": f"Good nwes.\n\n{PRICE}"}
    )
    if corrected_by_author:
        await deployment.edit(comment, f"Good news.\n\n{PRICE}")
    await deployment.sync(lead, comment)
    assert await deployment.stage(lead) == "lead"
    (answer,) = await deployment.answers(lead)
    assert "This comment was edited" in answer


async def test_an_edited_comment_may_still_ask(deployment: Deployment) -> None:
    lead = await deployment.open()
    comment = await deployment.comment(lead, "/helpp")
    await deployment.edit(comment, "/help lost")
    await deployment.sync(lead, comment)
    (answer,) = await deployment.answers(lead)
    assert "`reason` (required)" in answer


LONG = "a line of a log\n" * 4096
"""As many characters as GitHub takes."""


async def test_a_comment_that_is_too_long_is_answered_and_not_parsed(deployment: Deployment) -> None:
    lead = await deployment.open()
    comment = await deployment.comment(lead, f"{PRICE}\n\n{LONG}"[:65_536])
    ordinary = await deployment.comment(lead, f"/usr/bin/env\n/cc them\n\n{LONG}"[:65_536])
    await deployment.sync(lead, comment, ordinary)
    assert await deployment.stage(lead) == "lead"
    (answer,) = await deployment.answers(lead)
    assert "at most 16,384 characters and 500 lines" in answer


async def test_an_outsiders_comment_is_not_parsed(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await deployment.open()
    hub = await deployment.to_hub_issue(lead)
    comment = await deployment.comment_on("pilot-hubs", hub, "/help\n" + "[" * 10_000, login=OUTSIDER)
    monkeypatch.setattr(commands, "parse_commands", None)
    await deployment.sync_there("pilot-hubs", hub, comment)
    assert await deployment.reactions(comment, repo="pilot-hubs") == ["confused"]


@pytest.mark.usefixtures("at_once")
async def test_a_deleted_comment_is_ignored_and_its_earlier_decision_stays(
    deployment: Deployment,
) -> None:
    lead = await deployment.open()
    gone = await deployment.comment(lead, "/lost reason=budget")
    await deployment.delete(gone)
    assert (await deployment.sync(lead, gone)).done == ()
    assert await deployment.stage(lead) == "lead"
    taken = await deployment.comment(lead, PRICE)
    await deployment.sync(lead, taken)
    await deployment.delete(taken)
    assert (await deployment.sync(lead, taken)).done == ()
    assert await deployment.stage(lead) == "quoted"


async def test_the_services_own_comments_give_no_commands(deployment: Deployment) -> None:
    lead = await deployment.open()
    path = f"leads/issues/{await deployment.number(lead)}/comments"
    comment = (await asyncio.to_thread(deployment.as_service, "POST", path, {"body": PRICE}))["id"]
    pasted = await deployment.comment(lead, f"{PRICE}\n\n<!-- lead-to-hub:answer 1 abc -->")
    assert (await deployment.sync(lead, comment, pasted)).done == ()
    assert await deployment.stage(lead) == "lead"


async def test_a_person_without_the_right_role_learns_the_right_one(deployment: Deployment) -> None:
    lead = await deployment.open()
    way = f"{PRICE}\n/quote-accepted\n/contract-handed-over"
    await deployment.sync(lead, await deployment.comment(lead, way))
    comment = await deployment.comment(lead, "/contract-acknowledged")
    await deployment.sync(lead, comment)
    *_, answer = await deployment.answers(lead)
    assert "Only contracts can decide that, and your role is sales" in answer
    assert await deployment.reactions(comment) == ["confused"]


async def test_options_name_the_role_where_it_is_another_one(deployment: Deployment) -> None:
    lead = await deployment.open()
    await deployment.sync(lead, await deployment.comment(lead, f"{PRICE}\n/quote-accepted\n/options"))
    *_, options = await deployment.answers(lead)
    allowed = options.partition("<details>")[0].splitlines()
    (signed,) = (line for line in allowed if line.startswith("- `/contract-signed`"))
    (lost,) = (line for line in allowed if line.startswith("- `/lost`"))
    assert signed.endswith(" Decided by: contracts.")
    assert "Decided by" not in lost


async def test_a_member_without_a_role_may_ask_but_not_decide(deployment: Deployment) -> None:
    lead = await deployment.open()
    asked = await deployment.comment(lead, "/options", login=COMMUNITY)
    decided = await deployment.comment(lead, "/lost reason=budget\n/retry", login=COMMUNITY)
    await deployment.sync(lead, asked, decided)
    options, refused = await deployment.answers(lead)
    assert "These decisions are allowed now" in options
    assert "a note explains it. Decided by: sales.\n" in options
    assert "Only sales can decide that, and you have no role" in refused
    assert "Only people with a role may retry" in refused
    assert await deployment.stage(lead) == "lead"


async def test_a_team_decides_for_its_role(deployment: Deployment) -> None:
    lead = await deployment.open()
    first = await deployment.comment(lead, f"{PRICE}\n/quote-accepted\n/contract-handed-over")
    second = await deployment.comment(lead, "/contract-acknowledged", login=CONTRACTS)
    await deployment.sync(lead, first, second)
    contract = (await deployment.leads.overview(lead)).lead.contract
    assert contract.acknowledged_on is not None


async def test_an_outsider_gets_a_reaction_and_no_reply(deployment: Deployment) -> None:
    """The comment is on the hub's issue, whose repository is public."""
    lead = await deployment.open()
    hub = await deployment.to_hub_issue(lead)
    comment = await deployment.comment_on("pilot-hubs", hub, "/hub-live", login=OUTSIDER)
    await deployment.sync_there("pilot-hubs", hub, comment)
    assert await deployment.reactions(comment, repo="pilot-hubs") == ["confused"]
    assert await deployment.answers_there("pilot-hubs", hub) == []


async def test_commands_on_the_hubs_issue_reach_its_lead(deployment: Deployment) -> None:
    lead = await deployment.open()
    hub = await deployment.to_hub_issue(lead)
    comment = await deployment.comment_on("pilot-hubs", hub, '/put-on-hold event="the new cluster"')
    await deployment.sync_there("pilot-hubs", hub, comment)
    assert (await deployment.leads.overview(lead)).lead.hold
    (answer,) = await deployment.answers_there("pilot-hubs", hub)
    assert "✅" in answer


async def test_questions_change_nothing(deployment: Deployment) -> None:
    lead = await deployment.open()
    comment = await deployment.comment(
        lead,
        f"/help\n/help price-quoted\n/options\n/preview {PRICE[1:]}\n/retry\n/preview lost reason=budget",
    )
    await deployment.sync(lead, comment)
    view = await deployment.leads.overview(lead)
    assert not [line for line in view.timeline if line.source == "github comment"]
    assert not view.refused
    (answer,) = await deployment.answers(lead)
    for summary in (
        "| `/price-quoted` |",
        "the price, such as 12000",
        "Not now",
        "Nothing has happened",
        "Nothing to retry",
    ):
        assert summary in answer
    assert await deployment.reactions(comment) == ["eyes"]


async def test_the_preview_of_a_refused_decision_says_what_would_work(deployment: Deployment) -> None:
    lead = await deployment.open()
    comment = await deployment.comment(lead, "/preview hub-live")
    await deployment.sync(lead, comment)
    (answer,) = await deployment.answers(lead)
    assert "The hub was not requested. Do that first (/hub-requested)." in answer


async def test_a_misspelled_command_gets_the_closest_name(deployment: Deployment) -> None:
    lead = await deployment.open()
    comment = await deployment.comment(
        lead, "/price-qouted amount=12000\n/quoted\n/preview lsot\n/help price"
    )
    await deployment.sync(lead, comment)
    (answer,) = await deployment.answers(lead)
    assert answer.count("/price-quoted") >= 2
    assert "/preview lost" in answer


async def test_text_that_resembles_a_command_is_ignored(deployment: Deployment) -> None:
    lead = await deployment.open()
    comment = await deployment.comment(
        lead, f"See `{PRICE}` or\n\n    {PRICE}\n\n> {PRICE}\n\n/usr/bin/env\n/cc them"
    )
    assert (await deployment.sync(lead, comment)).done == ()
    assert await deployment.answers(lead) == []
    assert await deployment.reactions(comment) == []


async def test_a_copied_block_gives_no_access_to_its_lead(deployment: Deployment) -> None:
    lead = await deployment.open()
    body = (
        await asyncio.to_thread(
            deployment.as_person, SALES, "GET", f"leads/issues/{await deployment.number(lead)}"
        )
    )["body"]
    copied = await asyncio.to_thread(
        deployment.as_person, SALES, "POST", "leads/issues", {"title": "x", "body": body}
    )
    comment = await deployment.comment_on("leads", copied["number"], "/lost reason=budget")
    await deployment.sync_there("leads", copied["number"], comment)
    assert await deployment.stage(lead) == "lead"
    (answer,) = await deployment.answers_there("leads", copied["number"])
    assert "belongs to no lead" in answer


async def test_a_command_for_a_terminated_lead_is_answered_so(deployment: Deployment) -> None:
    lead = await deployment.open()
    decided = await deployment.comment(lead, PRICE)
    retried = await deployment.comment(lead, "/retry")
    await lead.terminate("gone")
    await deployment.sync(lead, decided, retried)
    answer, other = await deployment.answers(lead)
    assert f"{lead.id} takes no decisions: its workflow is terminated in Temporal" in answer
    assert "❌" in other


async def test_a_comment_with_hundreds_of_commands_is_refused_as_one(deployment: Deployment) -> None:
    lead = await deployment.open()
    comment = await deployment.comment(lead, "\n".join(["/lost reason=budget"] * 300))
    await deployment.sync(lead, comment)
    (answer,) = await deployment.answers(lead)
    assert "at most 20 commands" in answer
    assert await deployment.stage(lead) == "lead"


def test_an_answer_that_would_be_too_long_for_github_is_cut() -> None:
    answers = [f"❌ {'&vert;' * 1_000}"] * 20
    joined = _joined(answers)
    assert MAX_REPLY - 7_000 < len(joined) <= MAX_REPLY
    assert joined.endswith("The other answers are too long to be shown here.")
    assert _joined(answers[:3]) == "\n\n".join(answers[:3])


async def test_a_discount_is_approved_by_the_right_role_and_not_by_its_author(
    deployment: Deployment,
) -> None:
    lead = await deployment.open()
    offer = f'{PRICE} item="Training: 2000 once" discount_percent=20 discount_reason="A pilot"'
    await deployment.sync(lead, await deployment.comment(lead, offer))
    view = await deployment.leads.overview(lead)
    assert (view.owner, view.lead.quotes[0].awaiting_approval_by) == ("contracts", "contracts")
    await deployment.sync(lead, await deployment.comment(lead, "/discount-approved"))
    *_, not_theirs = await deployment.answers(lead)
    assert "Only contracts can decide that, and your role is sales" in not_theirs
    await deployment.sync(lead, await deployment.comment(lead, "/quote-accepted"))
    assert "has not approved it. Have that done first" in (await deployment.answers(lead))[-1]
    await deployment.sync(lead, await deployment.comment(lead, "/discount-approved", login=CONTRACTS))
    await deployment.sync(lead, await deployment.comment(lead, "/quote-accepted note=now"))
    quote = (await deployment.leads.overview(lead)).lead.quotes[0]
    assert (quote.status, str(quote)) == ("accepted", "9,600.00 USD a year and 2,000.00 USD once")
    assert quote.discount
    assert (quote.discount.by, quote.discount.settled_by) == (f"@{SALES}", f"@{CONTRACTS}")


async def test_an_example_is_given_only_if_it_would_work(deployment: Deployment) -> None:
    lead = await deployment.open()
    for login, text in (
        (SALES, "/questionnaire-sent"),
        (SALES, "/questionnaire-sent note=again"),
        ("eda-engineering", "/hub-live"),
        ("eda-engineering", "/hub-live nonsense=1"),
    ):
        await deployment.sync(lead, await deployment.comment(lead, text, login=login))
    _, sent, live, nonsense = await deployment.answers(lead)
    assert "already sent today" in sent
    assert "For example" not in sent
    for answer in (live, nonsense):  # what is in the way comes first, as the command that it is
        assert "The hub was not requested. Do that first (/hub-requested)." in answer
        assert "\n/hub-requested" in answer


async def test_help_lists_the_choices_of_a_field(deployment: Deployment) -> None:
    lead = await deployment.open()
    await deployment.sync(lead, await deployment.comment(lead, "/help lost"))
    (answer,) = await deployment.answers(lead)
    assert "| `reason` (required) | coded reason: `budget`, `no decision`," in answer


# ---- GitHub lists comments late


def late(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Make this many listings of comments empty."""
    listed, calls = deployment.issue_sync.github.comments, itertools.count(1)

    def comments(*args: Any, **more: Any) -> Iterator[list[Comment]]:
        return iter(()) if next(calls) <= times else listed(*args, **more)

    monkeypatch.setattr(deployment.issue_sync.github, "comments", comments)


async def test_a_listing_that_lags_makes_no_second_answer(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await deployment.open()
    comment = await deployment.comment(lead, "/help lost")
    await deployment.sync(lead, comment)
    await deployment.edit(comment, "/help reopened")
    late(deployment, monkeypatch, times=2)
    await deployment.sync(lead, comment)
    (answer,) = await deployment.answers(lead)
    assert "`/reopened`" in answer


async def test_the_next_sync_removes_a_second_reply(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker replied, too, since GitHub listed no reply for longer than it waited."""
    lead = await deployment.open()
    comment = await deployment.comment(lead, PRICE)
    await deployment.sync(lead, comment)
    (first,) = await deployment.answers(lead)
    late(deployment, monkeypatch, times=3)  # one listing for each attempt
    deployment.issue_sync.own_comments._written.clear()  # another process knows nothing of it
    await deployment.sync(lead, comment)
    assert len(await deployment.answers(lead)) == 2
    deployment.issue_sync.own_comments._written.clear()
    await deployment.sync(lead, comment)
    assert await deployment.answers(lead) == [first]
    assert (await deployment.leads.overview(lead)).lead.quotes[-1].version == 1


async def test_a_comment_that_github_does_not_show_yet_is_looked_for_again(deployment: Deployment) -> None:
    lead = await deployment.open()
    comment = await deployment.comment(lead, PRICE)
    missing = {"system": "github", "kind": "status", "status": 404, "method": "GET"}
    deployment.sandbox.faults.add(Fault.model_validate(missing | {"path": f"/comments/{comment}$"}))
    number = await deployment.number(lead)
    deployment.sandbox.faults.add(Fault.model_validate(missing | {"path": f"/leads/issues/{number}$"}))
    await deployment.sync(lead, comment)
    assert await deployment.stage(lead) == "quoted"
    assert len(await deployment.answers(lead)) == 1


async def test_a_wrong_number_is_answered_with_commands_for_comments(deployment: Deployment) -> None:
    lead = await deployment.open()
    await deployment.sync(lead, await deployment.comment(lead, PRICE))
    await deployment.sync(lead, await deployment.comment(lead, '/corrected seq=999 reason="A slip"'))
    *_, answer = await deployment.answers(lead)
    assert "There is no 999 in the timeline" in answer
    assert "/corrected seq=" in answer
    assert "leads " not in answer
    assert "--" not in answer.replace("<!--", "").replace("-->", "")
