"""A corrected decision no longer counts. Both events stay in the log, and mails are corrected only on request."""

from typing import Any

import pytest

from process.core.fold import fold
from process.core.preview import preview_decision
from process.effects import OpenHubIssue, SendMail
from process.lead.quote import QuoteStatus
from process.types import Stage
from process.views.overview import overview, timeline
from tests.support.lives import BOOK_QUOTE, QUOTE, SIGNED, Life, brought_back, last_seq, without_progress

MISTAKES: list[tuple[str, str, dict[str, Any]]] = [
    ("__init__", "details_changed", {"org": "Another", "zone": "Europe/Berlin"}),
    ("__init__", "questionnaire_sent", {}),
    ("__init__", "questionnaire_answered", {"response_id": "one"}),
    ("__init__", "maniac_t_assessed", {"need": "yes", "need_evidence": "x", "in_scope": False}),
    ("__init__", "asset_attached", {"name": "Budget"}),
    ("__init__", "put_on_hold", {"event": "x"}),
    ("__init__", "lost", {"reason": "budget"}),
    ("quoted", "quote_accepted", {}),
    ("quoted", "quote_declined", {}),
    ("quoted", "quote_expired", {}),
    ("accepted", "contract_handed_over", {}),
    ("handed_over", "contract_acknowledged", {}),
    ("handed_over", "contract_signed", SIGNED),
    ("handed_over", "contract_progressed", {"state": "drafted"}),
    ("signed", "vendor_setup_started", {}),
    ("signed", "vendor_setup_progressed", {"forms": "sent"}),
    ("signed", "vendor_setup_done", {"vendor_number": "4711"}),
    ("signed", "vendor_setup_not_needed", {}),
    ("contracted", "hub_information_given", {"name": "x"}),
    ("contracted", "hub_requested", {}),
    ("requested", "hub_live", {"url": "https://x.example.org"}),
    ("live", "hub_validated", {"representative": "Ada", "users": 7}),
    ("live", "decommission_decided", {"on": "2026-12-01", "reason": "x"}),
    ("live", "usage_reported", {"month": "2026-06", "active_users": 4}),
    ("lost", "reopened", {"reason": "x"}),
]


@pytest.mark.parametrize(("state", "kind", "body"), MISTAKES)
def test_correcting_restores_the_lead_and_correcting_that_restores_the_decision(
    state: str, kind: str, body: dict[str, Any]
) -> None:
    life = Life()
    if state != "__init__":
        getattr(life, state)()
    before = life.lead
    corrected_decision = life.does(kind, **body).seq
    decided = life.lead
    life.does("corrected", seq=corrected_decision, reason="A slip")
    assert without_progress(life.lead) == without_progress(before)
    correction = last_seq(life)
    life.does("corrected", seq=correction, reason="It was right after all")
    assert without_progress(life.lead) == without_progress(decided)
    assert life.lead == fold(life.aggregate.event_log.events, life.lead.id)
    life.does("corrected", seq=last_seq(life), reason="No, a slip")
    assert without_progress(life.lead) == without_progress(before)


def test_a_corrected_quote_stays_visible_and_keeps_its_number() -> None:
    life = Life().quoted()
    life.does("corrected", seq=2, reason="Another lead's price")
    assert life.lead.stage is Stage.LEAD
    assert [quote.status for quote in life.lead.quotes] == [QuoteStatus.CORRECTED]
    life.does("price_quoted", **BOOK_QUOTE)
    assert [quote.version for quote in life.lead.quotes] == [1, 2]


def test_a_corrected_quote_gives_way_to_the_one_before() -> None:
    life = Life().accepted()
    seq = life.does("price_quoted", **(QUOTE | {"amount": "1"})).seq
    life.does("corrected", seq=seq, reason="A slip")
    assert [quote.status for quote in life.lead.quotes] == [QuoteStatus.ACCEPTED, QuoteStatus.CORRECTED]


def test_decisions_that_rest_on_another_are_corrected_first() -> None:
    life = Life().requested()
    signed = next(event.seq for event in life.aggregate.event_log.events if event.kind == "contract_signed")
    summary = life.refused("corrected", seq=signed, reason="Another's contract")
    requested = last_seq(life)
    assert summary == (
        f"{requested} (The hub was requested) rests on it. "
        f"Correct {requested} first (corrected, seq {requested})."
    )
    life.does("corrected", seq=requested, reason="Too early")
    life.does("corrected", seq=signed, reason="Another's contract")
    assert (life.lead.stage, life.lead.contract.signed_on) == (Stage.QUOTED, None)


def test_a_correction_that_restores_an_impossible_decision_is_refused() -> None:
    life = Life().quoted()
    life.does("quote_declined")
    life.does("corrected", seq=3, reason="They meant another")
    life.does("quote_accepted")
    summary = life.refused("corrected", seq=4, reason="They did decline")
    assert summary == (
        "5 (The quote was accepted: 12,000.00 USD a year) rests on it. Correct 5 first (corrected, seq 5)."
    )


@pytest.mark.parametrize(
    ("seq", "says"),
    [
        (1, "That the lead was opened can't be undone. Change its details (details_changed)."),
        (
            3,
            "3 is already corrected. What it left outside can still be put right (corrected, seq 3, reason x, ",
        ),
        (5, "5 is no decision but something that happened (The lead's issue was opened"),
        (99, "There is no 99 in the timeline"),
        (10**6 + 1, "seq: write at most 1000000"),
    ],
)
def test_only_decisions_that_count_can_be_corrected(seq: int, says: str) -> None:
    life = Life().quoted()
    life.does("put_on_hold", event="x")
    life.does("corrected", seq=3, reason="A slip")
    life.perform()
    assert says in life.refused("corrected", seq=seq, reason="x")


def test_a_decision_by_deadline_can_be_corrected() -> None:
    life = Life().quoted().wait(31)
    expiry = next(event.seq for event in life.aggregate.event_log.events if event.kind == "quote_expired")
    life.does("corrected", seq=expiry, reason="They had asked for a week")
    assert life.lead.quotes[0].status is QuoteStatus.OPEN


def test_nobody_is_told_unless_asked_for() -> None:
    life = Life().quoted().perform()
    sent = len(life.lead.mails)
    life.does("corrected", seq=2, reason="A slip")
    assert len(life.perform().lead.mails) == sent
    loud = Life().quoted().perform()
    loud.does("corrected", seq=2, reason="A slip", tell=True)
    (mail,) = loud.mails("corrected")
    assert (mail.fields, [str(role) for role in mail.to]) == (
        {"seq": "2", "reason": "A slip"},
        ["sales", "contracts"],
    )


def test_the_card_moves_back_and_the_issue_is_written_anew() -> None:
    life = Life().quoted().perform()
    before = len(life.planned)
    life.does("corrected", seq=2, reason="A slip")
    assert {effect.kind for effect in life.planned[before:]} == {
        "place_card",
        "update_issue",
    }


def test_both_acts_stay_in_the_timeline() -> None:
    life = Life().quoted()
    life.does("corrected", seq=2, reason="A slip")
    assert [(line.kind, line.corrected) for line in timeline(life.aggregate)] == [
        ("lead_opened", False),
        ("price_quoted", True),
        ("corrected", False),
    ]


def test_a_request_that_was_corrected_does_not_reach_engineering_as_an_issue() -> None:
    life = Life().requested()
    assert any(isinstance(item.effect, OpenHubIssue) for item in life.aggregate.outbox)
    life.does("corrected", seq=last_seq(life), reason="Too early")
    assert not any(isinstance(item.effect, OpenHubIssue) for item in life.aggregate.outbox)
    life.does("corrected", seq=last_seq(life), reason="It was right")
    assert life.perform().lead.hub_issue is not None


def test_events_without_an_opening_are_no_event_log() -> None:
    events = Life().quoted().aggregate.event_log.events
    for wrong in ((), events[1:]):
        with pytest.raises(ValueError, match="begins with lead_opened"):
            fold(wrong, "lead-example")


def test_a_request_for_a_hub_does_not_count_again_after_its_signature_was_taken_back() -> None:
    life = Life().requested()
    seqs = {event.kind: event.seq for event in life.aggregate.event_log.events}
    life.does("corrected", seq=seqs["hub_requested"], reason="Too early")
    undone = last_seq(life)
    life.does("corrected", seq=seqs["contract_signed"], reason="Another's contract")
    summary = life.refused("corrected", seq=undone, reason="We want it after all")
    assert summary == (
        f"{seqs['hub_requested']} (The hub was requested) could not be decided as things are now. "
        "Decide it anew (hub_requested)."
    )


def test_a_month_that_was_billed_is_not_billed_again_because_its_report_was_corrected() -> None:
    life = Life().live(BOOK_QUOTE).until("2026-06-30")
    report = life.does("usage_reported", month="2026-06", active_users=5).seq
    life.until("2026-07-02").does("corrected", seq=report, reason="Miscounted")
    assert "already billed, on invoice 2" in life.refused("usage_reported", month="2026-06", active_users=7)
    life.until("2026-08-02")
    assert life.lead.invoices[-1].missing_usage == ("2026-07",)


def _unsent(life: Life) -> list[str]:
    return [item.effect.template for item in life.aggregate.outbox if isinstance(item.effect, SendMail)]


def test_an_unsent_mail_is_suspended_and_restored_with_its_decision() -> None:
    life = Life().quoted()
    life.does("quote_accepted")
    corrected_decision = life.does("contract_handed_over").seq
    assert _unsent(life) == ["price_quoted", "handover"]
    preview = preview_decision(
        life.aggregate, "corrected", ({"seq": corrected_decision, "reason": "Too early"},), life.now
    )
    assert preview.effects[-1] == "Not any more: Mail to contracts: handover"
    life.does("corrected", seq=corrected_decision, reason="Too early")
    assert _unsent(life) == ["price_quoted"]
    life.does("corrected", seq=last_seq(life), reason="It was time")
    assert _unsent(life) == ["price_quoted", "handover"]
    life.perform()
    assert [mail.template for mail in life.lead.mails] == ["price_quoted", "handover"]


def test_a_parked_mail_is_suspended_and_restored_as_parked() -> None:
    life = Life().quoted().perform(but="mail")
    (effect,) = life.aggregate.startable(frozenset())
    life.aggregate = life.aggregate.park(effect, "refused", life.now)
    life.does("corrected", seq=2, reason="A slip")
    assert {line.status for line in overview(life.aggregate, life.now).effects} == {"done", "waiting"}
    life.does("corrected", seq=last_seq(life), reason="No slip")
    assert [item.reason for item in life.aggregate.parked] == ["refused"]


def test_a_mail_that_was_on_its_way_when_its_decision_was_corrected_is_not_sent_again() -> None:
    life = Life().quoted().perform(but="mail")
    (effect,) = life.aggregate.startable(frozenset())
    life.does("corrected", seq=2, reason="A slip")
    correction = last_seq(life)
    life._set(life.aggregate.done(effect, brought_back(effect, life), life.now))
    life.does("corrected", seq=correction, reason="No slip")
    assert _unsent(life) == []
    assert [mail.template for mail in life.perform().lead.mails] == ["price_quoted"]


def test_the_mail_of_a_correction_is_suspended_with_it() -> None:
    life = Life().quoted().perform()
    life.does("corrected", seq=2, reason="A slip", tell=True)
    assert _unsent(life) == ["corrected"]
    life.does("corrected", seq=last_seq(life), reason="No slip")
    assert _unsent(life) == []


def test_effects_that_do_not_depend_on_the_decision_stay_queued() -> None:
    life = Life().quoted()
    before = [item.effect for item in life.aggregate.outbox if not isinstance(item.effect, SendMail)]
    life.does("corrected", seq=2, reason="A slip")
    kinds = {item.effect.kind for item in life.aggregate.outbox}
    assert kinds == {effect.kind for effect in before}


def test_an_invoice_that_was_not_sent_after_all_is_not_overdue_and_is_once_it_is_sent() -> None:
    life = Life().live().until("2026-06-05")
    seq = life.does("invoice_sent", number=1).seq
    life.until("2026-09-01")
    assert overdue(life)
    life.does("corrected", seq=seq, reason="It lay in the drafts")
    assert not overdue(life)
    life.does("invoice_sent", number=1)
    assert not overdue(life.until("2026-10-31"))
    assert overdue(life.until("2026-11-01"))
    assert len(life.mails("invoice_overdue")) == 2


def overdue(life: Life) -> bool:
    return life.lead.invoices[0].overdue
