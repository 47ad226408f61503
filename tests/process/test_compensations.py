"""Traces of a mistake, their compensations, and the people whom a correction reaches."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from process.core.events import Deadline, Event, EventLog, Fact
from process.core.preview import preview_decision
from process.core.requests import request_for
from process.corrections import impact
from process.corrections.corrected_decision import CorrectionImpact
from process.corrections.lookup import corrected_decision
from process.deadlines import schedule
from process.effects import PostCorrection, SendCorrection, UpdateHubIssue
from process.effects.observations import HubIssueOpened
from process.github.edits import Edit, EditKind
from process.github.proposals import agrees, propose
from process.views.attention import attention
from process.views.lead_overview import with_correction
from process.views.overview import timeline
from tests.support.examples import examples
from tests.support.lives import BOOK_QUOTE, QUOTE, SIGNED, Life, brought_back, last_seq, without_progress
from tests.support.states import STATES

COMMENT = {"source": "github comment", "by": "@amara-sales", "key": "github-comment-42/abc"}


def correction_impact(life: Life, seq: int, **more: Any) -> CorrectionImpact:
    """Return the impact that the preview of a correction shows."""
    preview = preview_decision(
        life.aggregate, "corrected", ({"seq": seq, "reason": "A slip"} | more,), life.now
    )
    assert preview.answer.accepted, str(preview.answer)
    assert preview.correction_impact
    return preview.correction_impact


def summary(found: CorrectionImpact, fate: str) -> list[str]:
    return [trace.summary for trace in found.traces if trace.fate == fate]


def got(life: Life) -> dict[str, tuple[str, ...]]:
    """Return the recipients of the newest mail of each template."""
    return {mail.template: mail.recipients for mail in life.lead.mails}


def corrects(life: Life, seq: int, *compensate: str) -> int:
    """Correct an event, perform all effects, and return the number of the correction."""
    answer = life.does("corrected", seq=seq, reason=f"Not {seq}", compensate=list(compensate))
    life.perform()
    assert answer.seq
    return answer.seq


# ---- compensations of each decision

OFFERED: list[tuple[str, str, dict[str, Any], tuple[str, ...], str]] = [
    ("__init__", "details_changed", {"org": "Another"}, ("comment",), "is called [Example University"),
    ("__init__", "questionnaire_sent", {}, ("comment",), "shows what was corrected"),
    ("__init__", "asset_attached", {"name": "Budget"}, ("comment",), "Drive folder serves whatever"),
    ("__init__", "price_list_requested", {}, (), ""),
    (
        "__init__",
        "price_quoted",
        QUOTE,
        ("mail", "comment"),
        "moves from the column of quoted to that of lead",
    ),
    (
        "__init__",
        "price_quoted",
        QUOTE | COMMENT,
        ("mail", "answer", "comment"),
        "only sales can take it back",
    ),
    ("__init__", "lost", {"reason": "budget"}, ("comment",), "The lead's issue is opened again"),
    ("quoted", "lost", {"reason": "budget"}, ("mail", "comment"), "The lead's issue is opened again"),
    ("lost", "reopened", {"reason": "x"}, ("comment",), "The lead's issue is closed"),
    ("quoted", "quote_accepted", {}, ("comment",), ""),
    ("accepted", "contract_handed_over", {}, ("mail", "comment"), "only they can stop"),
    ("handed_over", "contract_signed", SIGNED, ("comment",), "The label customer comes off"),
    ("accepted", "vendor_setup_started", {}, ("comment",), "only the contracts team can take back there"),
    ("signed", "vendor_setup_done", {}, ("comment",), "Invoices are no longer prepared"),
    ("contracted", "hub_information_given", {"name": "x"}, ("comment",), ""),
    ("contracted", "hub_requested", {}, ("mail", "comment", "hub"), "The hub's issue is written anew"),
    ("requested", "hub_live", {}, ("mail", "comment"), "moves from the column of hub to that of contracted"),
    ("live", "hub_validated", {"representative": "Ada", "users": 7}, ("comment",), "written anew"),
    (
        "live",
        "event_announced",
        {"name": "School", "first": "2026-09-05", "users": 9},
        ("mail", "comment"),
        "",
    ),
    (
        "live",
        "decommission_decided",
        {"on": "2026-12-01", "reason": "x"},
        ("mail", "comment"),
        "only sales can",
    ),
    ("__init__", "put_on_hold", {"event": "x"}, ("comment",), ""),
]


@pytest.mark.parametrize(("state", "kind", "body", "offered", "says"), OFFERED)
def test_the_compensations_offered_for_a_mistake(
    state: str, kind: str, body: dict[str, Any], offered: tuple[str, ...], says: str
) -> None:
    life = Life()
    if state != "__init__":
        getattr(life, state)()
    life.perform().does(kind, **body)
    seq = last_seq(life)
    found = correction_impact(life.perform(), seq)
    assert tuple(trace.compensate for trace in found.traces if trace.fate == "if asked") == offered
    assert says in " | ".join(trace.summary for trace in found.traces)
    assert found.corrected_decision.summary == life.aggregate.event_log.events[seq - 1].summary
    for kind in {"mail", "answer", "comment", "hub"} - set(offered):
        assert str(seq) in life.refused("corrected", seq=seq, reason="x", compensate=kind)
    before = life.lead
    corrects(life, seq, "all")
    assert set(_asked(life)) == set(offered)
    assert not life.aggregate.outbox
    corrects(life, last_seq(life, "corrected"), "all")
    after = without_progress(life.lead)
    assert after | {"mails": ()} == without_progress(before) | {"mails": ()}


def _asked(life: Life) -> tuple[str, ...]:
    event = life.aggregate.event_log.events[last_seq(life, "corrected") - 1]
    return tuple(getattr(event.fact, "compensate", ()))


def test_an_inapplicable_compensation_is_refused_with_the_possible_ones() -> None:
    life = Life().quoted().perform()
    assert life.refused("corrected", seq=2, reason="x", compensate=["mail", "hub"]) == (
        "No issue of the hub is open because of 2. What can be put right is mail, comment."
    )
    assert life.refused("corrected", seq=2, reason="x", compensate="answer").startswith(
        "2 was not decided in a"
    )
    assert "compensate" in life.refused("corrected", seq=2, reason="x", compensate="everything")


def test_asking_for_all_is_accepted_where_there_is_nothing_to_compensate() -> None:
    life = Life().perform()
    seq = life.does("price_list_requested").seq
    life.perform()
    planned = len(life.planned)
    life.does("corrected", seq=seq, reason="x", compensate="all")
    assert [effect.kind for effect in life.planned[planned:]] == ["update_issue"]


def test_a_line_of_text_names_several_compensations() -> None:
    life = Life().quoted().perform()
    life.does("corrected", seq=2, reason="x", compensate="comment, mail")
    assert _asked(life) == ("mail", "comment")


# ---- recipients of corrections


def test_corrections_are_silent_by_default() -> None:
    life = Life().quoted().perform()
    corrects(life, 2)
    assert "correction" not in got(life)
    assert not any(isinstance(effect, SendCorrection | PostCorrection) for effect in life.planned)


def test_the_wrong_mails_recipients_are_told_even_if_the_team_has_moved() -> None:
    life = Life()
    life.addresses = {"contracts": "old@example.org"}
    life.quoted().perform()
    life.addresses = {"contracts": "new@example.org"}
    corrects(life, 2, "mail")
    assert got(life)["correction"] == ("old@example.org",)


def test_recipients_of_a_deadlines_mail_are_told_too() -> None:
    life = Life().quoted().perform().wait(25).perform()
    assert set(got(life)) == {"price_quoted", "quote_running_out"}
    corrects(life, 2, "mail")
    assert got(life)["correction"] == ("contracts@example.org", "sales@example.org")


@pytest.mark.parametrize("state", STATES)
def test_every_due_deadline_was_due(state: str) -> None:
    event_log = STATES[state]().aggregate.event_log
    for item in schedule.due(event_log.lead):
        fact = item.fact.resolved(event_log, item.when)
        assert schedule.was_due(event_log, Event(seq=99, at=item.when, fact=fact))
        assert not schedule.was_due(event_log, Event(seq=99, at=item.when - timedelta(seconds=1), fact=fact))


def test_every_deadline_has_its_schedule() -> None:
    kinds = {kind for kind, fact in Fact.kinds.items() if issubclass(fact, Deadline) and fact is not Deadline}
    assert kinds | {"resumed", "quote_expired"} == set(schedule._BY_KIND)


def test_a_deadline_that_passes_anyway_is_no_consequence() -> None:
    life = Life()
    life.does("questionnaire_sent")
    life.quoted().perform().wait(8).perform()
    assert "questionnaire_unanswered" in got(life)
    corrects(life, last_seq(life, "price_quoted"), "mail")
    assert got(life)["correction"] == ("contracts@example.org",)


def test_an_unsent_mail_is_not_sent_and_nobody_is_told() -> None:
    life = Life().quoted()
    assert "Its mail has not left" in " ".join(summary(correction_impact(life, 2), "if asked"))
    corrects(life, 2, "mail")
    assert got(life) == {}


def test_mail_that_was_on_its_way_is_corrected_all_the_same() -> None:
    life = Life().quoted().perform(but="mail")
    (effect,) = life.aggregate.startable(frozenset())
    life.does("corrected", seq=2, reason="A slip", compensate="mail")
    life._set(life.aggregate.done(effect, brought_back(effect, life), life.now))
    life.perform()
    assert got(life) == {"price_quoted": ("contracts@example.org",), "correction": ("contracts@example.org",)}


def test_a_person_is_told_once() -> None:
    life = Life().quoted().perform()
    life.does("corrected", seq=2, reason="A slip", compensate="mail", tell=True)
    life.perform()
    assert [mail.template for mail in life.lead.mails] == ["price_quoted", "corrected"]


def test_a_correction_of_the_correction_reaches_those_whom_that_reached() -> None:
    life = Life().quoted().perform()
    first = corrects(life, 2)  # not told: the recipients still believe that it counts
    second = correction_impact(life, first)
    assert [trace.compensate for trace in second.traces if trace.fate == "if asked"] == ["comment"]
    corrects(life, first)
    loud = corrects(life, 2, "mail")
    assert got(life)["correction"] == ("contracts@example.org",)
    sent = len(life.lead.mails)
    again = corrects(life, loud, "mail")
    assert len(life.lead.mails) == sent + 1
    corrects(life, again)  # not told, although they were told that it counts
    void = corrected_decision(life.aggregate.event_log, 2, notified=True)
    assert (void.counts, void.wrongly_notified) == (False, ("contracts@example.org",))


def test_an_unsent_correction_is_suspended_and_restored_with_its_cause() -> None:
    life = Life().quoted().perform()
    first = life.does("corrected", seq=2, reason="A slip", compensate="all").seq
    waiting = {item.effect.kind for item in life.aggregate.outbox}
    assert {"send_correction", "post_correction"} <= waiting
    second = life.does("corrected", seq=first, reason="No slip").seq
    assert not any(isinstance(item.effect, SendCorrection) for item in life.aggregate.outbox)
    life.does("corrected", seq=second, reason="It was one")
    life.perform()
    assert [mail.template for mail in life.lead.mails] == ["price_quoted", "correction"]


# ---- comments on GitHub


def test_posts_are_updated_when_the_correction_is_corrected() -> None:
    life = Life()
    life.does("price_quoted", **(QUOTE | COMMENT))
    life.perform()
    first = (
        corrects(life, 2, "comment", "answer")
        if last_seq(life) == 2
        else corrects(life, last_seq(life, "price_quoted"), "comment", "answer")
    )
    seq = last_seq(life, "price_quoted")
    planned = len(life.planned)
    found = correction_impact(life, first)
    assert "What is said of" in " ".join(summary(found, "by itself"))
    corrects(life, first)
    posts = {(e.where, e.seq) for e in life.planned[planned:] if isinstance(e, PostCorrection)}
    assert posts == {("issue", seq), ("answer", seq)}
    now = corrected_decision(life.aggregate.event_log, seq)
    assert (now.counts, now.is_asked("comment"), now.was_asked("comment")) == (True, False, True)


def test_the_answer_to_a_correction_that_was_given_in_a_comment_is_crossed_out_alone() -> None:
    life = Life().quoted().perform()
    answer = life.does("corrected", seq=2, reason="A slip", **COMMENT)
    assert answer.seq
    corrects(life.perform(), answer.seq, "answer")
    (post,) = [effect for effect in life.planned if isinstance(effect, PostCorrection)]
    assert (post.where, post.seq) == ("answer", answer.seq)
    (about,) = request_for(life.aggregate, post, life.now).corrected_decisions
    assert (about.seq, about.comment, about.counts, about.is_asked("answer")) == (answer.seq, 42, False, True)


# ---- the hub's issue


def test_a_hub_that_was_requested_by_mistake_is_withdrawn_and_wanted_again() -> None:
    life = Life().requested().perform()
    seq = last_seq(life, "hub_requested")
    first = corrects(life, seq, "hub")
    assert [life.lead.hub.withdrawn_on] == [life.today]
    assert not life.lead.hub.wanted
    corrects(life, first)
    assert [life.lead.hub.withdrawn_on, life.lead.hub.wanted] == [None, True]
    again = corrects(life, seq, "hub")
    assert again
    issue = life.lead.hub_issue
    life.does("hub_requested")
    life.perform()
    assert [life.lead.hub.withdrawn_on, life.lead.hub_issue] == [None, issue]
    assert sum(isinstance(event.fact, HubIssueOpened) for event in life.aggregate.event_log.events) == 1


def test_silently_corrected_the_hubs_issue_stays_open() -> None:
    life = Life().requested().perform()
    corrects(life, last_seq(life, "hub_requested"))
    assert life.lead.hub.withdrawn_on is None


def test_a_hubs_issue_that_was_being_opened_meanwhile_is_closed_again() -> None:
    life = Life().requested().perform(but="hub issue")
    effect = next(each for each in life.aggregate.startable(frozenset()) if each.kind == "open_hub_issue")
    life.does("corrected", seq=last_seq(life, "hub_requested"), reason="Too early", compensate="hub")
    life._set(life.aggregate.done(effect, brought_back(effect, life), life.now))
    assert any(isinstance(item.effect, UpdateHubIssue) for item in life.aggregate.outbox)
    assert not life.perform().aggregate.outbox


def test_edits_of_a_hubs_issue_are_judged_by_the_request_for_the_hub() -> None:
    life = Life().requested().perform()
    closed, opened = (
        Edit(kind=what, name="not_planned", hub=True) for what in (EditKind.CLOSED, EditKind.REOPENED)
    )
    assert (agrees(closed, life.lead), agrees(opened, life.lead)) == (False, True)
    corrects(life, last_seq(life, "hub_requested"), "hub")
    assert (agrees(closed, life.lead), agrees(opened, life.lead)) == (True, False)
    assert propose(opened, life.lead, timeline(life.aggregate)).decisions == (("hub_requested", {}),)


# ---- invoices


def test_an_invoice_stands_until_it_is_taken_back() -> None:
    life = Life().contracted().perform().wait(1).perform()
    seq = last_seq(life, "vendor_setup_not_needed")
    stands = "Invoice 1 of 1,000.00 USD stands until it is taken back (Invoice voided)"
    assert summary(correction_impact(life, seq), "stays") == [stands]


def test_an_invoice_that_was_paid_is_for_people_to_settle() -> None:
    life = Life().live(BOOK_QUOTE).until("2026-06-30")
    seq = life.does("usage_reported", month="2026-06", active_users=5).seq
    assert seq
    life.perform().until("2026-07-02").perform()
    assert "stands until" in summary(correction_impact(life, seq), "stays")[0]
    life.does("invoice_sent", number=2)
    life.does("invoice_paid", number=2)
    (paid,) = summary(correction_impact(life, seq), "stays")
    assert "settle the difference with the contracts team" in paid


def test_a_voided_invoice_is_nothing_to_settle() -> None:
    life = Life().live(BOOK_QUOTE).until("2026-06-30")
    seq = life.does("usage_reported", month="2026-06", active_users=5).seq
    assert seq
    life.perform().until("2026-07-02").perform().does("invoice_voided", number=2, reason="x")
    assert summary(correction_impact(life, seq), "stays") == []


# ---- texts


def test_a_corrected_correction_says_what_counts_again() -> None:
    life = Life().quoted()
    life.does("corrected", seq=2, reason="A slip")
    life.does("corrected", seq=3, reason="No slip")
    life.does("corrected", seq=4, reason="One, after all")
    assert [with_correction(line) for line in timeline(life.aggregate)][2:] == [
        "2 was a mistake and no longer counts: A slip",
        "3 was a mistake, so 2 counts again: No slip (corrected by 5)",
        "4 was a mistake, so 3 counts again: One, after all",
    ]
    assert with_correction(timeline(life.aggregate)[1]).endswith("(corrected by 3)")
    found = correction_impact(life, 5)
    assert (found.restored, found.corrected_decision.seq) == (
        (4, "3 was a mistake, so 2 counts again: No slip"),
        5,
    )


def test_dependent_decisions_are_listed_in_the_order_of_correction() -> None:
    life = Life().requested()
    seqs = {event.kind: event.seq for event in life.aggregate.event_log.events}
    quoted, accepted, handed, signed, requested = (
        seqs[kind]
        for kind in (
            "price_quoted",
            "quote_accepted",
            "contract_handed_over",
            "contract_signed",
            "hub_requested",
        )
    )
    refusal = life.refused("corrected", seq=quoted, reason="x")
    assert refusal.startswith(
        f"{accepted} (The quote was accepted: 12,000.00 USD a year) rests on it, and so do {handed},"
    )
    order = (
        refusal.rpartition("Correct ")[2]
        .partition(" first, in this order")[0]
        .replace(" and ", ", ")
        .split(", ")
    )
    assert order[0] == str(requested)
    assert {str(signed), str(handed), str(accepted)} < set(order)
    for seq in (*map(int, order), quoted):
        life.does("corrected", seq=seq, reason="x")
    assert without_progress(life.lead)["contract"] == without_progress(Life().lead)["contract"]


def test_the_issue_gets_the_corrected_decisions_and_nothing_else() -> None:
    life = Life().quoted().perform()
    corrects(life, 2)
    (update,) = [effect for effect in life.planned[-2:] if effect.kind == "update_issue"]
    (shown,) = request_for(life.aggregate, update, life.now).corrected_decisions
    assert (shown.seq, shown.corrections[-1].reason) == (2, "Not 2")
    corrects(life, last_seq(life, "corrected"))
    assert request_for(life.aggregate, update, life.now).corrected_decisions == ()


def test_an_event_that_is_no_decision_cannot_be_corrected() -> None:
    event_log: EventLog = Life().quoted().perform().aggregate.event_log
    assert impact.correction_impact(event_log, event_log.events[-1].seq) is None
    assert impact.correction_impact(event_log, 99) is None
    with pytest.raises(LookupError):
        corrected_decision(event_log, 99)


# ---- any corrections in any order


STEPS = st.tuples(
    st.booleans(),  # perform all effects before the next step
    st.sampled_from([[], ["mail"], "all"]),
)


@settings(max_examples=examples(20))
@given(steps=st.lists(STEPS, min_size=1, max_size=6))
def test_repeated_corrections_tell_only_those_who_know_the_contrary(
    steps: list[tuple[bool, Any]],
) -> None:
    life = Life().contracted().perform()
    seq = life.does("hub_requested").seq
    assert seq
    decided, before = without_progress(life.lead), without_progress(Life().contracted().perform().lead)
    turned = seq
    for done, compensate in steps:
        body = {"seq": turned, "reason": "x", "note": str(life.lead.last_seq)}
        answer = life.take("corrected", **body, compensate=compensate)
        if not answer.accepted:  # nobody was told the contrary
            answer = life.does("corrected", **body)
        assert answer.seq
        turned = answer.seq
        if done:
            life.perform()
    life.perform()
    now = corrected_decision(life.aggregate.event_log, seq, notified=True)
    assert now.counts is (len(steps) % 2 == 0)
    assert without_progress(life.lead)["contract"] == before["contract"]
    if now.counts:
        assert life.lead.hub.model_dump() == decided["hub"]
    else:
        assert life.lead.hub.requested_on is None
    assert all(
        item.effect.kind == "update_hub_issue" for item in life.aggregate.outbox
    )  # no mail about an issue that was never opened
    for n, mail in enumerate(now.notified):
        earlier = now.replaced(notified=now.notified[:n])
        if mail.template == "correction":
            assert set(mail.recipients) == set(earlier.notified_that(counts=not mail.counts))
    if "mail" in _asked(life):
        assert now.wrongly_notified == ()
    if now.wrongly_notified:  # nobody is left with wrong news unseen
        assert any("mail" in each.wrong for each in life.lead.unresolved)
        assert "were not told" in " ".join(attention(life.lead, life.today))
