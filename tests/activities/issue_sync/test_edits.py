"""People's edits of issues and the board: taken as decisions, or questioned and reverted."""

import asyncio

import pytest

from sandbox.faults import Fault
from tests.support.deployment import COMMUNITY, CONTRACTS, SALES
from tests.support.lead_issue import LeadIssue, last, lead_issue
from tests.support.waiting import TIMEOUT

__all__ = ["lead_issue"]

QUOTE = {"amount": "12000", "currency": "USD", "per": "year"}
ENGINEERING = "eda-engineering"


# ---- edits that are decisions


async def test_a_tick_is_a_decision_in_the_persons_name(lead_issue: LeadIssue) -> None:
    await lead_issue.act(SALES, "tick", "Questionnaire sent")
    assert (await lead_issue.sync()).done == ("Took questionnaire_sent: somebody ticked",)
    view = await lead_issue.settled(lambda view: view.lead.questionnaire.sent_on)
    assert last(view, "questionnaire_sent") == ("@amara-sales", "github issue")
    assert lead_issue.box("Questionnaire sent on 20")
    assert await lead_issue.answers() == []


async def test_an_edit_synced_twice_is_taken_once(lead_issue: LeadIssue) -> None:
    await lead_issue.act(SALES, "tick", "In scope?")
    for _ in range(3):
        await lead_issue.sync(delivery=None)
    view = await lead_issue.settled()
    assert [line.kind for line in view.timeline].count("maniac_t_assessed") == 1
    assert view.refused == ()
    assert lead_issue.box("In scope: yes")
    assert (await lead_issue.sync()).done == ()


async def test_a_retitled_issue_changes_the_lead(lead_issue: LeadIssue) -> None:
    await lead_issue.act(SALES, "edit", title="[New University/Grace Example]  - Two hubs")
    await lead_issue.sync()
    view = await lead_issue.settled(lambda view: view.lead.title == "Two hubs")
    assert (view.lead.org, view.lead.person) == ("New University", "Grace Example")
    assert last(view, "details_changed")[0] == "@amara-sales"
    assert (await lead_issue.sync()).done == ()
    assert await lead_issue.answers() == []


async def test_closed_as_a_duplicate_the_lead_is_lost_and_the_issue_stays_closed(
    lead_issue: LeadIssue,
) -> None:
    await lead_issue.act(SALES, "close", "duplicate")
    await lead_issue.sync()
    view = await lead_issue.settled(lambda view: view.lead.lost)
    assert view.lead.lost is not None
    assert view.lead.lost.reason == "duplicate"
    assert lead_issue.issue().state == "closed"
    assert lead_issue.column() == "Lost"


async def test_the_label_of_a_service_is_the_leads_service(lead_issue: LeadIssue) -> None:
    await lead_issue.act(SALES, "unlabel", "service:hub")
    await lead_issue.sync()
    assert (await lead_issue.settled(lambda view: view.lead.service == "other")).lead.service == "other"
    assert lead_issue.labels() == {"lead"}
    await lead_issue.act(SALES, "label", "service:hub")
    await lead_issue.sync()
    await lead_issue.settled(lambda view: view.lead.service == "hub")
    assert await lead_issue.answers() == []


async def test_a_card_moved_to_hub_records_the_hub_as_live(lead_issue: LeadIssue) -> None:
    await lead_issue.deployment.to_hub_issue(lead_issue.lead)
    await lead_issue.settled()
    await lead_issue.act(ENGINEERING, "move", "Hub")
    assert (await lead_issue.sync()).done == ("Took hub_live: somebody placed",)
    view = await lead_issue.settled(lambda view: view.stage == "hub")
    assert last(view, "hub_live") == ("@eda-engineering", "github board")
    assert lead_issue.column() == "Hub"
    assert await lead_issue.answers() == []


async def test_a_box_of_the_hubs_issue_is_a_decision_too(lead_issue: LeadIssue) -> None:
    number = await lead_issue.deployment.to_hub_issue(lead_issue.lead)
    await lead_issue.settled()
    hub = LeadIssue(lead_issue.deployment, lead_issue.lead, "pilot-hubs", number)
    await hub.act(ENGINEERING, "tick", "Initial deployment")
    await hub.sync()
    view = await lead_issue.settled(lambda view: view.stage == "hub")
    assert last(view, "hub_live")[0] == "@eda-engineering"
    assert hub.box("Administrators can log on")
    assert not hub.box("Steady state")
    await hub.act(ENGINEERING, "tick", "Steady state")
    assert (await hub.sync()).done == ()
    assert hub.box("Steady state")


# ---- edits that are questioned and reverted


async def asked(lead_issue: LeadIssue, *parts: str) -> str:
    """Return the only reply, which must contain all of these."""
    (answer,) = await lead_issue.answers()
    for part in parts:
        assert part in answer
    return answer


async def test_an_incomplete_tick_is_questioned_and_reverted(lead_issue: LeadIssue) -> None:
    before = lead_issue.text()
    await lead_issue.act(SALES, "tick", "Price quoted")
    await lead_issue.sync()
    view = await lead_issue.settled(lambda view: view.refused)
    assert lead_issue.text() == before
    await asked(
        lead_issue,
        "@amara-sales ticked “Price quoted”",
        "A price needs amount, currency and per",
        "/price-quoted amount=12000 currency=USD per=year",
        "the box is empty again",
    )
    (refusal,) = view.refused
    assert (refusal.kind, refusal.by) == ("price_quoted", "@amara-sales")
    assert (await lead_issue.sync()).done == ()
    await lead_issue.settled()
    assert len(await lead_issue.answers()) == 1


async def test_a_second_tick_gets_a_second_reply(lead_issue: LeadIssue) -> None:
    for times in (1, 2):
        await lead_issue.act(SALES, "tick", "Contract signed")
        await lead_issue.sync()
        await lead_issue.settled()
        assert not lead_issue.box("Contract signed")
        assert len(await lead_issue.answers()) == times


async def test_an_ambiguous_tick_is_questioned(lead_issue: LeadIssue) -> None:
    await lead_issue.act(CONTRACTS, "tick", "Vendor set-up: open")
    await lead_issue.sync()
    await lead_issue.settled()
    await asked(lead_issue, "Which of them is it?", "/vendor-setup-done", "/vendor-setup-not-needed")
    assert not lead_issue.box("Vendor set-up")


async def test_a_removed_tick_suggests_a_correction(lead_issue: LeadIssue) -> None:
    await lead_issue.decide(price_quoted=QUOTE)
    view = await lead_issue.settled()
    seq = next(line.seq for line in view.timeline if line.kind == "price_quoted")
    await lead_issue.act(SALES, "tick", "Price quoted")
    await lead_issue.sync()
    await lead_issue.settled()
    await asked(lead_issue, "took the tick off “Price quoted”", f"/corrected seq={seq} reason=")
    assert lead_issue.box("Price quoted")


@pytest.mark.parametrize(
    ("column", "parts"),
    [
        ("Quoted", ("/price-quoted amount=",)),
        ("Hub", ("/price-quoted amount=",)),
        ("Lost", ("reason is missing", "/lost reason=budget")),
        ("Closed", ("No hub of this lead is running",)),
    ],
)
async def test_a_card_whose_move_is_incomplete_goes_back(
    lead_issue: LeadIssue, column: str, parts: tuple[str, ...]
) -> None:
    await lead_issue.act(SALES if column != "Closed" else ENGINEERING, "move", column)
    await lead_issue.sync()
    await lead_issue.settled(lambda view: view.refused)
    await asked(lead_issue, f"moved the card to “{column}”", *parts, "back in the column")
    assert lead_issue.column() == "Lead"
    assert (await lead_issue.sync()).done == ()


async def test_a_card_moved_back_suggests_a_correction(lead_issue: LeadIssue) -> None:
    await lead_issue.decide(price_quoted=QUOTE)
    await lead_issue.act(SALES, "move", "Lead")
    await lead_issue.sync()
    await lead_issue.settled()
    await asked(lead_issue, "/corrected seq=")
    assert lead_issue.column() == "Quoted"


async def test_a_lost_leads_card_needs_a_reason_to_reopen(lead_issue: LeadIssue) -> None:
    await lead_issue.decide(lost={"reason": "budget"})
    await lead_issue.act(SALES, "move", "Quoted")
    await lead_issue.sync()
    await lead_issue.settled()
    await asked(lead_issue, "/reopened reason=")
    assert lead_issue.column() == "Lost"


@pytest.mark.parametrize("reason", ["not_planned", "completed"])
async def test_a_closed_issue_is_reopened_and_questioned(lead_issue: LeadIssue, reason: str) -> None:
    await lead_issue.act(SALES, "close", reason)
    await lead_issue.sync()
    await lead_issue.settled(lambda view: view.refused)
    await asked(lead_issue, "reason is missing", "/lost reason=budget", "the issue is open again")
    assert lead_issue.issue().state == "open"


async def test_a_reopened_issue_is_closed_and_questioned(lead_issue: LeadIssue) -> None:
    await lead_issue.decide(lost={"reason": "budget"})
    assert lead_issue.issue().state == "closed"
    await lead_issue.act(SALES, "reopen")
    await lead_issue.sync()
    await lead_issue.settled()
    await asked(lead_issue, "/reopened reason=", "the issue is closed again")
    assert (lead_issue.issue().state, lead_issue.issue().state_reason) == ("closed", "not_planned")


async def test_incomplete_labels_are_reverted(lead_issue: LeadIssue) -> None:
    await lead_issue.act(CONTRACTS, "label", "customer")
    await lead_issue.act(SALES, "unlabel", "lead")
    await lead_issue.sync()
    await lead_issue.settled()
    first, second = sorted(await lead_issue.answers())
    assert "No price has been quoted yet" in first + second
    assert "marks what is a lead" in first + second
    assert lead_issue.labels() == {"lead", "service:hub"}
    assert (await lead_issue.sync()).done == ()


async def test_an_edit_for_a_terminated_lead_is_answered_once(lead_issue: LeadIssue) -> None:
    await lead_issue.settled()
    await lead_issue.lead.terminate("gone")
    await lead_issue.act(SALES, "edit", title="[New University / Grace Example] - Two hubs")
    assert "its workflow is terminated in Temporal" in str((await lead_issue.sync()).done)
    (answer,) = await lead_issue.answers()
    assert "its workflow is terminated in Temporal" in answer


async def test_an_unreadable_title_is_reverted(lead_issue: LeadIssue) -> None:
    title = lead_issue.issue().title
    await lead_issue.act(SALES, "edit", title="Ada's hub")
    await lead_issue.sync()
    await lead_issue.settled()
    await asked(
        lead_issue,
        "The title of a lead's issue is",
        "Change it again in that form, or say what has changed",
        '/details-changed person="Grace Example"',
        "the title is as it was",
    )
    assert "Nothing was given" not in "".join(await lead_issue.answers())
    assert lead_issue.issue().title == title


# ---- authors


async def test_an_editor_without_the_right_role_learns_the_right_one(lead_issue: LeadIssue) -> None:
    await lead_issue.act(CONTRACTS, "tick", "Questionnaire sent")
    await lead_issue.sync()
    view = await lead_issue.settled(lambda view: view.refused)
    await asked(lead_issue, "Only sales can decide that, and your role is contracts")
    assert view.lead.questionnaire.sent_on is None
    assert not lead_issue.box("Questionnaire sent")


async def test_the_services_own_edits_are_ignored(lead_issue: LeadIssue) -> None:
    await lead_issue.decide(price_quoted=QUOTE, quote_accepted={}, lost={"reason": "budget"})
    assert (await lead_issue.sync()).done == ()
    assert await lead_issue.answers() == []
    path = f"leads/issues/{lead_issue.number}"
    await asyncio.to_thread(lead_issue.deployment.as_service, "PATCH", path, {"state": "open"})
    assert (await lead_issue.sync()).done == ()
    assert lead_issue.issue().state == "open"


# ---- edits at the same time


async def test_a_persons_text_beside_the_tick_stays(lead_issue: LeadIssue) -> None:
    body = lead_issue.issue().body or ""
    mine = body.replace("- [ ] Price quoted", "- [x] Price quoted\n\nAda called.")
    await lead_issue.act(SALES, "edit", body=f"Ours.\r\n{mine}\r\nTheirs.")
    await lead_issue.sync()
    await lead_issue.settled(lambda view: view.refused)
    text = lead_issue.issue().body or ""
    assert text.startswith("Ours.\r\n")
    assert text.endswith("Theirs.")
    assert "Ada called." in text
    assert not lead_issue.box("Price quoted")


async def test_an_edit_not_yet_synced_survives_our_own_update(lead_issue: LeadIssue) -> None:
    await lead_issue.act(SALES, "tick", "In scope?")
    await lead_issue.act(SALES, "move", "Hub")
    await lead_issue.decide(questionnaire_sent={}, price_quoted=QUOTE)
    assert lead_issue.box("Questionnaire sent on")
    assert lead_issue.box("In scope?")
    assert lead_issue.column() == "Hub"
    await lead_issue.sync()
    view = await lead_issue.settled(lambda view: view.lead.qualification.in_scope)
    assert last(view, "maniac_t_assessed")[0] == "@amara-sales"
    await asked(lead_issue, "moved the card to “Hub”", "They have not agreed to a price yet")
    assert lead_issue.column() == "Quoted"


async def test_a_move_and_a_comment_with_the_details_are_one_decision(lead_issue: LeadIssue) -> None:
    await lead_issue.act(SALES, "move", "Quoted")
    comment = await lead_issue.deployment.comment(
        lead_issue.lead, "/price-quoted amount=12000 currency=USD per=year"
    )
    await lead_issue.sync(comment=comment)
    await lead_issue.settled(lambda view: view.stage == "quoted")
    assert lead_issue.column() == "Quoted"
    (answer,) = await lead_issue.answers()
    assert "12,000.00 USD" in answer


async def test_two_people_at_once_are_both_heard(lead_issue: LeadIssue) -> None:
    await lead_issue.act(SALES, "tick", "Questionnaire sent")
    await lead_issue.act(COMMUNITY, "tick", "Contract handed over")
    await lead_issue.sync()
    view = await lead_issue.settled(lambda view: view.lead.questionnaire.sent_on)
    assert last(view, "questionnaire_sent")[0] == "@amara-sales"
    await asked(lead_issue, "@cora-community ticked", "you have no role")
    assert not lead_issue.box("Contract handed over")


async def test_what_a_person_saved_while_we_wrote_is_restored_and_counts(lead_issue: LeadIssue) -> None:
    sandbox, body = lead_issue.deployment.sandbox, lead_issue.issue().body or ""
    late = Fault(system="github", kind="slow", method="PATCH", path="/leads/issues/", seconds=TIMEOUT)
    sandbox.faults.add(late)
    await lead_issue.lead.execute_update("price_quoted", QUOTE)
    while not late.hits:
        await asyncio.sleep(0.02)
    theirs = body.replace("- [ ] Questionnaire sent", "- [x] Questionnaire sent")
    await lead_issue.act(SALES, "edit", body=f"A note.\n\n{theirs}")
    sandbox.faults.remove(late)
    await lead_issue.settled(lambda view: view.stage == "quoted")
    assert not (lead_issue.issue().body or "").startswith("A note.")
    assert (await lead_issue.sync()).done == ("Took questionnaire_sent: somebody ticked",)
    await lead_issue.settled()
    assert (lead_issue.issue().body or "").startswith("A note.")
    assert "| Stage | **quoted** |" in (lead_issue.issue().body or "")
