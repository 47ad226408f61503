"""Mail through real SMTP: who gets it, in which thread, and what each failure leaves behind."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from activities.mail.sending import MailActivities
from config.settings import Settings
from process.effects import SendMail
from process.effects.observations import MailSent, MailUndeliverable
from process.effects.requests import Outcome
from process.lead.lead import Lead, SentMail
from process.policy import Policy
from process.types import Role
from sandbox.faults import Fault
from sandbox.seed import read_seed
from sandbox.server import Sandbox
from starter.local.parts import SEED
from tests.support.performing import a_lead, changed, failure, perform, settings_for

EFFECT = SendMail(
    key="lead-abcdefgh/5/handover_escalated",
    cause=5,
    template="handover_escalated",
    to=(Role.CONTRACTS, Role.SALES),
)
OTHER = SendMail(key="lead-abcdefgh/9/stale", cause=9, template="stale", to=(Role.SALES,))


@pytest.fixture
def mail(settings: Settings) -> MailActivities:
    return MailActivities(settings)


def sent(outcome: Outcome) -> MailSent:
    assert isinstance(outcome.observation, MailSent)
    return outcome.observation


def reaching(settings: Settings, **roles: list[str]) -> MailActivities:
    return MailActivities(changed(settings, "addresses", **roles))


def test_it_reaches_those_who_have_the_roles_now(mail: MailActivities, sandbox: Sandbox) -> None:
    observation = sent(perform(mail.send_mail, EFFECT, a_lead()))
    (taken,) = sandbox.mailbox.all()
    assert observation.recipients == ("contracts@example.org", "sales@example.org")
    assert tuple(taken.received.recipients) == observation.recipients
    assert observation.template == "handover_escalated"
    assert observation.message_id == taken.message_id


def test_the_leads_own_policy_says_who_that_is(mail: MailActivities, sandbox: Sandbox) -> None:
    policy = Policy(addresses={Role.CONTRACTS: ("deals@example.org",)})
    observation = sent(perform(mail.send_mail, EFFECT, a_lead(policy=policy)))
    assert observation.recipients == ("deals@example.org", "sales@example.org")


def test_an_address_with_two_roles_gets_it_once(settings: Settings, sandbox: Sandbox) -> None:
    team = ["ann@example.org", "bob@example.org"]
    mail = reaching(settings, sales=team, contracts=team)
    assert sent(perform(mail.send_mail, EFFECT, a_lead())).recipients == tuple(team)
    assert len(sandbox.mailbox.all()) == 1


def test_headers_say_what_it_is_and_where_answers_go(mail: MailActivities, sandbox: Sandbox) -> None:
    lead = a_lead(org="Ünïversity of Example", title="Hub for a course that has quite a long title " * 2)
    perform(mail.send_mail, EFFECT, lead)
    message = sandbox.mailbox.all()[0].message
    assert message["subject"] == lead.heading
    assert message["from"] == "leads@example.org"
    assert message["to"] == "contracts@example.org, sales@example.org"
    assert message["reply-to"] == "sales@example.org"
    assert message["auto-submitted"] == "auto-generated"
    assert message["date"].datetime.tzinfo
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_all_mails_of_a_lead_are_one_thread_under_one_subject(mail: MailActivities, sandbox: Sandbox) -> None:
    for effect in (EFFECT, OTHER):
        perform(mail.send_mail, effect, a_lead())
    perform(mail.send_mail, OTHER.replaced(key="lead-other/9/stale"), a_lead(id="lead-other"))
    assert [len(thread) for thread in sandbox.mailbox.threads()] == [1, 2]
    ours = sandbox.mailbox.threads()[1]
    assert len({each.subject for each in ours}) == 1
    assert len({each.message_id for each in ours}) == 2
    assert all(each.message["in-reply-to"] == each.message["references"] for each in ours)


def test_long_ids_stay_whole(settings: Settings, sandbox: Sandbox) -> None:
    domain = f"{'long' * 15}.example.org"
    mail = MailActivities(changed(settings, "mail", message_id_domain=domain))
    effect = EFFECT.replaced(key=f"lead-{'ü' * 200}/5/x")
    observation = sent(perform(mail.send_mail, effect, a_lead(id=f"lead-{'ü' * 200}")))
    raw = sandbox.mailbox.all()[0].raw.decode("ascii")
    assert observation.message_id in raw
    assert raw.count(f"@{domain}>") == 3
    assert observation.message_id.isascii()


def test_every_line_is_plain_ascii_of_a_lawful_length(mail: MailActivities, sandbox: Sandbox) -> None:
    perform(mail.send_mail, EFFECT, a_lead(org="東京大学 " * 20, person="Ł" * 200))
    lines = sandbox.mailbox.all()[0].raw.split(b"\r\n")
    assert all(len(line) <= 998 and line.isascii() for line in lines)


def test_repeated_it_carries_the_same_id(mail: MailActivities, sandbox: Sandbox) -> None:
    first, second = (sent(perform(mail.send_mail, EFFECT, a_lead())) for _ in range(2))
    assert first == second
    assert len({each.message_id for each in sandbox.mailbox.all()}) == 1


def test_what_the_lead_remembers_as_sent_is_not_sent_again(mail: MailActivities, sandbox: Sandbox) -> None:
    lead = a_lead()
    observation = sent(perform(mail.send_mail, EFFECT, lead))
    known = SentMail(
        template=observation.template,
        recipients=observation.recipients,
        message_id=observation.message_id,
        at=lead.opened_at,
        reached=observation.reached,
    )
    assert perform(mail.send_mail, EFFECT, a_lead(mails=(known,))) == Outcome()
    assert len(sandbox.mailbox.all()) == 1


def test_two_at_once_carry_the_same_id(mail: MailActivities, sandbox: Sandbox) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: perform(mail.send_mail, EFFECT, a_lead()), range(2)))
    assert len({each.message_id for each in sandbox.mailbox.all()}) == 1


# ---- faults


def value_id(value: object) -> str:
    if not isinstance(value, Fault):
        return ""
    return f"{value.kind} {value.command} {value.status or ''}".strip()


@pytest.mark.parametrize(
    "fault",
    [
        *(Fault(system="mail", kind="mail_temporary", command=c) for c in ("EHLO", "MAIL", "RCPT", "DATA")),
        *(
            Fault(system="mail", kind="mail_temporary", command=c, status=421)
            for c in ("EHLO", "MAIL", "RCPT", "DATA")
        ),
        Fault(system="mail", kind="mail_temporary", command="RCPT", recipient="sales@example.org"),
    ],
    ids=value_id,
)
def test_put_off_it_waits_and_nobody_has_it(mail: MailActivities, sandbox: Sandbox, fault: Fault) -> None:
    sandbox.faults.add(fault.model_copy(deep=True))
    error = failure(mail.send_mail, EFFECT, a_lead())
    assert (error.type, error.next_retry_delay) == ("Wait", timedelta(minutes=2))
    assert sandbox.mailbox.all() == []
    perform(mail.send_mail, EFFECT, a_lead())
    assert len(sandbox.mailbox.all()) == 1


@pytest.mark.parametrize(
    ("fault", "mend"),
    [
        (
            Fault(system="mail", kind="mail_refused", command="RCPT", recipient="sales@example.org"),
            "recipient 2 of 2, who has the role sales: correct LEADS_ADDRESSES__SALES",
        ),
        (
            Fault(system="mail", kind="mail_refused", command="RCPT", recipient="contracts@example.org"),
            "LEADS_ADDRESSES__CONTRACTS",
        ),
        (Fault(system="mail", kind="mail_refused", command="RCPT"), "LEADS_ADDRESSES__CONTRACTS"),
        (Fault(system="mail", kind="mail_refused", command="MAIL", status=553), "LEADS_MAIL__SENDER"),
        (Fault(system="mail", kind="mail_refused", command="MAIL", status=530), "LEADS_MAIL__USERNAME"),
        (Fault(system="mail", kind="mail_refused", command="DATA"), "the message itself"),
    ],
    ids=value_id,
)
def test_refused_it_parks_and_nobody_has_it(
    mail: MailActivities, sandbox: Sandbox, fault: Fault, mend: str
) -> None:
    sandbox.faults.add(fault.model_copy(deep=True))
    error = failure(mail.send_mail, EFFECT, a_lead())
    assert (error.type, error.non_retryable) == ("Parked", True)
    assert mend in error.message
    assert "@" not in error.message  # failures stay in histories
    assert sandbox.mailbox.all() == []
    sandbox.faults.clear()
    perform(mail.send_mail, EFFECT, a_lead())
    assert len(sandbox.mailbox.all()) == 1


def test_taken_but_not_said_it_is_sent_again_under_the_same_id(
    mail: MailActivities, sandbox: Sandbox
) -> None:
    sandbox.faults.add(Fault(system="mail", kind="mail_cut_after"))
    error = failure(mail.send_mail, EFFECT, a_lead())
    assert (error.type, error.non_retryable) == ("Again", False)
    perform(mail.send_mail, EFFECT, a_lead())
    assert len({each.message_id for each in sandbox.mailbox.all()}) == 1


def test_a_server_that_is_away_is_tried_again(settings: Settings) -> None:
    error = failure(MailActivities(changed(settings, "mail", port=1)).send_mail, EFFECT, a_lead())
    assert (error.type, error.non_retryable) == ("Again", False)


# ---- others have a role

CHANGED = SendMail(
    key="lead-abcdefgh/9/address_changed-contracts",
    cause=9,
    template="address_changed",
    to=(Role.CONTRACTS,),
    fields={"role": "contracts", "now": "deals@example.org", "before": "contracts@example.org"},
)
LEFT = CHANGED.replaced(
    key="lead-abcdefgh/9/address_left-contracts-1",
    template="address_left",
    to=(),
    addresses=("contracts@example.org",),
)
MOVED = Policy(addresses={Role.CONTRACTS: ("deals@example.org",)})


def test_both_hear_of_it_in_the_leads_thread(mail: MailActivities, sandbox: Sandbox) -> None:
    perform(mail.send_mail, OTHER, a_lead())
    changed, leaving = (sent(perform(mail.send_mail, each, a_lead(policy=MOVED))) for each in (CHANGED, LEFT))
    assert (changed.recipients, changed.reached) == (("deals@example.org",), MOVED.addresses)
    assert (leaving.recipients, leaving.reached) == (("contracts@example.org",), {})
    (thread,) = sandbox.mailbox.threads()
    assert [tuple(each.received.recipients) for each in thread] == [
        ("sales@example.org",),
        ("deals@example.org",),
        ("contracts@example.org",),
    ]


def test_an_old_address_that_is_gone_parks_nothing(mail: MailActivities, sandbox: Sandbox) -> None:
    fault = Fault(system="mail", kind="mail_refused", command="RCPT", recipient="contracts@example.org")
    sandbox.faults.add(fault.model_copy(update={"times": None}))
    outcome = perform(mail.send_mail, LEFT, a_lead(policy=MOVED))
    assert outcome.observation == MailUndeliverable(
        template="address_left", recipients=("contracts@example.org",)
    )
    assert failure(mail.send_mail, EFFECT, a_lead()).type == "Parked"


def test_one_that_puts_us_off_is_tried_again(mail: MailActivities, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(system="mail", kind="mail_temporary", command="RCPT"))
    assert failure(mail.send_mail, LEFT, a_lead(policy=MOVED)).type == "Wait"


# ---- login and encryption


def test_with_a_login_it_is_sent_and_without_it_parks(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox(seed=read_seed(SEED), smtp_users={"leads": "right"}) as sandbox:
        settings = settings_for(sandbox, monkeypatch)
        perform(MailActivities(settings).send_mail, EFFECT, a_lead())
        assert [each.received.user for each in sandbox.mailbox.all()] == ["leads"]

        wrong = settings_for(sandbox, monkeypatch, LEADS_MAIL__PASSWORD="wrong-secret")
        error = failure(MailActivities(wrong).send_mail, EFFECT, a_lead())
        assert error.type == "Parked"
        assert "LEADS_MAIL__PASSWORD" in error.message
        assert "wrong-secret" not in str(error)

        error = failure(MailActivities(changed(settings, "mail", username=None)).send_mail, EFFECT, a_lead())
        assert (error.type, "LEADS_MAIL__USERNAME" in error.message) == ("Parked", True)

        sandbox.faults.add(Fault(system="mail", kind="mail_temporary", command="AUTH", times=None))
        assert failure(MailActivities(settings).send_mail, EFFECT, a_lead()).type == "Wait"
        assert len(sandbox.mailbox.all()) == 1


@pytest.mark.parametrize(
    ("change", "mend"),
    [({"security": "starttls"}, "LEADS_MAIL__SECURITY"), ({"username": "leads"}, "LEADS_MAIL__USERNAME")],
)
def test_what_the_server_does_not_offer_parks(settings: Settings, change: dict[str, str], mend: str) -> None:
    error = failure(MailActivities(changed(settings, "mail", **change)).send_mail, EFFECT, a_lead())
    assert (error.type, mend in error.message) == ("Parked", True)


def test_a_password_never_crosses_the_network_in_the_clear(settings: Settings) -> None:
    mail = MailActivities(changed(settings, "mail", host="mail.example.org", username="leads"))
    error = failure(mail.send_mail, EFFECT, a_lead())
    assert (error.type, "in the clear" in error.message) == ("Parked", True)


# ---- settings that are not right


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a b@example.org",
        "x@example.org\r\nBcc: y@example.org",
        "é@example.org",
        "a@b@c",
        "<a@b.org>",
    ],
)
def test_an_address_that_is_none_parks_and_names_the_role(settings: Settings, address: str) -> None:
    error = failure(reaching(settings, sales=[address]).send_mail, EFFECT, a_lead())
    assert error.type == "Parked"
    assert "LEADS_ADDRESSES__SALES" in error.message


def test_a_role_that_nobody_has_parks(settings: Settings) -> None:
    error = failure(reaching(settings, contracts=[]).send_mail, EFFECT, a_lead())
    assert error.type == "Parked"
    assert "LEADS_ADDRESSES__CONTRACTS" in error.message


@pytest.mark.parametrize("sender", ["", "nobody", "x@example.org\r\nBcc: y@example.org"])
def test_a_sender_that_is_none_parks(settings: Settings, sender: str) -> None:
    error = failure(MailActivities(changed(settings, "mail", sender=sender)).send_mail, EFFECT, a_lead())
    assert (error.type, "LEADS_MAIL__SENDER" in error.message) == ("Parked", True)


def test_a_sender_may_have_a_name(settings: Settings, sandbox: Sandbox) -> None:
    mail = MailActivities(changed(settings, "mail", sender="Leads of Éxample <leads@example.org>"))
    perform(mail.send_mail, EFFECT, a_lead())
    (taken,) = sandbox.mailbox.all()
    assert (taken.received.sender, taken.message["from"]) == (
        "leads@example.org",
        "Leads of Éxample <leads@example.org>",
    )


def test_no_text_of_a_lead_can_add_a_header(mail: MailActivities, sandbox: Sandbox) -> None:
    given = a_lead()
    hostile = (
        "x\r\nBcc: thief@example.org\r\n\r\nbody\x85\u2028more"  # more than a lead's own rules let through
    )
    lead: Lead = given.replaced(org=hostile, person=hostile, title=hostile)
    perform(mail.send_mail, EFFECT, lead)
    (taken,) = sandbox.mailbox.all()
    assert taken.message["bcc"] is None
    assert "thief@example.org" not in taken.received.recipients
    assert "Bcc: thief@example.org" in taken.subject


# ---- the check


def test_the_check_sends_nothing(mail: MailActivities, sandbox: Sandbox) -> None:
    (check,) = mail.checks()
    assert check.ok
    assert "engineering@example.org" in check.detail
    assert sandbox.mailbox.all() == []


def test_the_check_names_an_address_that_is_refused(mail: MailActivities, sandbox: Sandbox) -> None:
    sandbox.faults.add(
        Fault(system="mail", kind="mail_refused", command="RCPT", recipient="engineering@example.org")
    )
    (check,) = mail.checks()
    assert not check.ok
    assert "LEADS_ADDRESSES__ENGINEERING" in check.detail
