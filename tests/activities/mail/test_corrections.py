"""The mail about a correction goes once, in their thread, to exactly those who got the mistaken one."""

from datetime import UTC, datetime

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.mail.sending import MailActivities
from config.settings import Settings
from process.corrections.corrected_decision import CorrectedDecision, Correction, NotifiedMail
from process.effects import SendCorrection
from process.effects.observations import MailSent
from process.effects.requests import EffectRequest, Outcome
from process.lead.lead import Lead, SentMail
from sandbox.faults import Fault
from sandbox.server import Sandbox
from tests.support.nasty import HOSTILE
from tests.support.performing import a_lead

EFFECT = SendCorrection(key="lead-abcdefgh/6/send_correction", cause=6, seq=4)
NOW = datetime(2026, 6, 5, 9, tzinfo=UTC)


@pytest.fixture
def mail(settings: Settings) -> MailActivities:
    return MailActivities(settings)


def notified(*addresses: str, counts: bool = True, template: str = "price_quoted") -> NotifiedMail:
    return NotifiedMail(template=template, recipients=addresses, at=NOW, counts=counts)


def void(
    *mails: NotifiedMail, summary: str = "Quoted 12,000.00 USD a year", reason: str = "Another lead's price"
) -> CorrectedDecision:
    correction = Correction(
        seq=6, of=4, at=NOW, by="Grace", reason=reason, asked=("mail",), holds=True, counts=False
    )
    return CorrectedDecision(
        seq=4, at=NOW, by="Ada", summary=summary, counts=False, corrections=(correction,), notified=mails
    )


def send(
    mail: MailActivities, corrected_decision: CorrectedDecision, lead: Lead | None = None
) -> MailSent | None:
    request = EffectRequest(effect=EFFECT, lead=lead or a_lead(), corrected_decisions=(corrected_decision,))
    outcome: Outcome = ActivityEnvironment().run(mail.send_correction, request)
    assert outcome.observation is None or isinstance(outcome.observation, MailSent)
    return outcome.observation


def test_it_goes_to_those_whose_last_word_is_wrong_and_to_nobody_else(
    mail: MailActivities, sandbox: Sandbox
) -> None:
    corrected_decision = void(
        notified("a@example.org", "b@example.org", "c@example.org"),
        notified("b@example.org", counts=False, template="corrected"),
        notified("c@example.org", counts=False, template="correction"),
        notified("c@example.org", template="correction"),
    )
    observation = send(mail, corrected_decision)
    assert observation
    (taken,) = sandbox.mailbox.all()
    assert tuple(taken.received.recipients) == observation.recipients == ("a@example.org", "c@example.org")
    assert (observation.template, observation.cause) == ("correction", 6)


def test_it_stands_in_the_thread_of_the_lead_and_says_what_is_void_and_what_holds(
    mail: MailActivities, sandbox: Sandbox
) -> None:
    send(mail, void(notified("a@example.org")))
    (taken,) = sandbox.mailbox.all()
    assert any(each.startswith("<lead-abcdefgh.thread") for each in taken.references)
    for text in (
        "> 4: Quoted 12,000.00 USD a year",
        "no longer counts",
        "> Another lead's price",
        "our mail “price quoted” of 2026-06-05",
        "Price: none quoted",
    ):
        assert text in taken.text


def test_nobody_is_told_where_nobody_was_told(mail: MailActivities, sandbox: Sandbox) -> None:
    assert send(mail, void()) is None
    assert send(mail, void(notified("a@example.org", counts=False))) is None
    assert sandbox.mailbox.all() == []


def test_it_has_a_stable_id_and_is_sent_once(mail: MailActivities, sandbox: Sandbox) -> None:
    corrected_decision = void(notified("a@example.org"))
    sandbox.faults.add(Fault(system="mail", kind="mail_cut_after"))
    with pytest.raises(ApplicationError):
        send(mail, corrected_decision)
    observation = send(mail, corrected_decision)
    assert observation
    assert {taken.message_id for taken in sandbox.mailbox.all()} == {observation.message_id}
    known = SentMail(
        template="correction",
        recipients=observation.recipients,
        message_id=observation.message_id,
        at=NOW,
        reached={},
    )
    count = len(sandbox.mailbox.all())
    assert send(mail, corrected_decision, a_lead(mails=(known,))) is None
    assert len(sandbox.mailbox.all()) == count


def test_an_address_that_is_no_more_is_told_with_what_to_do(mail: MailActivities, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(system="mail", kind="mail_refused", command="RCPT", recipient="a@example.org"))
    with pytest.raises(ApplicationError, match=r"of the mistaken decision: have that fixed") as refused:
        send(mail, void(notified("a@example.org")))
    assert "@" not in refused.value.message  # failures stay in histories


def test_what_people_typed_makes_no_markup_and_no_link(mail: MailActivities, sandbox: Sandbox) -> None:
    lead = a_lead(org=HOSTILE[:150], title=HOSTILE[:150])
    send(mail, void(notified("a@example.org"), summary=HOSTILE, reason=HOSTILE), lead)
    (taken,) = sandbox.mailbox.all()
    html = taken.html or ""
    assert "evil.example.org" in html
    assert 'href="https://evil' not in html
    assert "<b>" not in html
