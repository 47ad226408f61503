"""The SMTP server, through smtplib."""

import smtplib
from collections.abc import Iterator

import pytest

from sandbox.faults import Fault
from sandbox.mail import SIZE_LIMIT
from sandbox.server import Sandbox
from sandbox_tests.support.http import TIMEOUT, call
from sandbox_tests.support.mail import mail


@pytest.fixture
def smtp(sandbox: Sandbox) -> Iterator[smtplib.SMTP]:
    client = smtplib.SMTP(sandbox.smtp_host, sandbox.smtp_port, timeout=TIMEOUT)
    yield client
    client.close()


def test_a_mail_is_stored_unchanged(sandbox: Sandbox, smtp: smtplib.SMTP) -> None:
    message = mail("Quote for Acme – 12 000 USD", "<ticket-1.quoted@tickets.example.org>")
    message.add_alternative("<p>Grüße</p>", subtype="html")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="invoice.pdf")
    smtp.send_message(message)
    (kept,) = sandbox.mailbox.to("contracts@example.org")
    assert (kept.subject, kept.message_id) == (
        "Quote for Acme – 12 000 USD",
        "<ticket-1.quoted@tickets.example.org>",
    )
    assert kept.text.splitlines() == ["Grüße,", "the tickets service"]
    assert kept.html is not None
    assert "<p>Grüße</p>" in kept.html
    assert kept.attachments == [("invoice.pdf", "application/pdf", b"%PDF-1.7")]
    assert kept.raw.startswith(b"From: tickets@example.org\r\n")
    (listed,) = call(sandbox, "GET", "/_sandbox/mail").json()
    assert (listed["recipients"], listed["attachments"]) == (["contracts@example.org"], ["invoice.pdf"])


def test_mails_that_refer_to_each_other_are_one_thread(sandbox: Sandbox, smtp: smtplib.SMTP) -> None:
    smtp.send_message(mail("Acme", "<1@example.org>"))
    smtp.send_message(mail("Beta", "<2@example.org>"))
    smtp.send_message(mail("Re: Acme", "<3@example.org>", "<1@example.org>"))
    smtp.send_message(mail("Re: Acme", "<4@example.org>", "<1@example.org>", "<3@example.org>"))
    threads = [[each.message_id[1] for each in thread] for thread in sandbox.mailbox.threads()]
    assert threads == [["1", "3", "4"], ["2"]]
    assert call(sandbox, "DELETE", "/_sandbox/mail").status == 204
    assert sandbox.mailbox.all() == []


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_temporary_errors(sandbox: Sandbox, smtp: smtplib.SMTP, command: str) -> None:
    sandbox.faults.add(Fault.model_validate({"system": "mail", "kind": "mail_temporary", "command": command}))
    with pytest.raises((smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused)) as caught:
        smtp.send_message(mail("Acme", "<1@example.org>"))
    assert "451" in str(caught.value)
    assert sandbox.mailbox.all() == []
    smtp.send_message(mail("Acme", "<1@example.org>"))
    assert len(sandbox.mailbox.all()) == 1


def test_a_temporary_error_at_ehlo(sandbox: Sandbox, smtp: smtplib.SMTP) -> None:
    sandbox.faults.add(Fault(system="mail", kind="mail_temporary", command="EHLO", status=421))
    assert smtp.ehlo()[0] == 421


def test_one_recipient_is_refused(sandbox: Sandbox, smtp: smtplib.SMTP) -> None:
    sandbox.faults.add(
        Fault(system="mail", kind="mail_refused", command="RCPT", recipient="gone@example.org")
    )
    refused = smtp.send_message(mail("Acme", "<1@example.org>", to="ann@example.org, gone@example.org"))
    assert {who: code for who, (code, _) in refused.items()} == {"gone@example.org": 550}
    assert sandbox.mailbox.all()[0].received.recipients == ["ann@example.org"]


def test_all_recipients_are_refused(sandbox: Sandbox, smtp: smtplib.SMTP) -> None:
    sandbox.faults.add(Fault(system="mail", kind="mail_refused", command="RCPT", times=None))
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        smtp.send_message(mail("Acme", "<1@example.org>"))


def test_the_content_is_refused(sandbox: Sandbox, smtp: smtplib.SMTP) -> None:
    sandbox.faults.add(Fault(system="mail", kind="mail_refused"))
    with pytest.raises(smtplib.SMTPDataError) as caught:
        smtp.send_message(mail("Acme", "<1@example.org>"))
    assert caught.value.smtp_code == 554


def test_mail_cut_after_accepts_the_mail(sandbox: Sandbox, smtp: smtplib.SMTP) -> None:
    sandbox.faults.add(Fault(system="mail", kind="mail_cut_after"))
    with pytest.raises(smtplib.SMTPServerDisconnected):
        smtp.send_message(mail("Acme", "<1@example.org>"))
    assert [each.message_id for each in sandbox.mailbox.all()] == ["<1@example.org>"]


def test_too_large(smtp: smtplib.SMTP) -> None:
    smtp.ehlo()
    assert smtp.esmtp_features["size"] == str(SIZE_LIMIT)
    assert smtp.mail("a@example.org", [f"SIZE={SIZE_LIMIT + 1}"])[0] == 552


@pytest.fixture(scope="module")
def guarded() -> Iterator[Sandbox]:
    with Sandbox(smtp_users={"tickets": "open sesame"}) as sandbox:
        yield sandbox


@pytest.mark.parametrize("mechanism", ["auth_plain", "auth_login"])
def test_with_users_mail_needs_a_login(guarded: Sandbox, mechanism: str) -> None:
    assert guarded.environment()["SMTP_USERNAME"] == "tickets"
    with smtplib.SMTP(guarded.smtp_host, guarded.smtp_port, timeout=TIMEOUT) as client:
        client.ehlo()
        with pytest.raises(smtplib.SMTPResponseException) as caught:
            client.send_message(mail("Acme", "<1@example.org>"))
        assert caught.value.smtp_code == 530
        client.user, client.password = "tickets", "wrong"
        method = mechanism.removeprefix("auth_").upper()
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.auth(method, getattr(client, mechanism))
        guarded.faults.add(Fault(system="mail", kind="mail_temporary", command="AUTH"))
        client.password = "open sesame"
        with pytest.raises(smtplib.SMTPAuthenticationError, match="454"):
            client.auth(method, getattr(client, mechanism))
        client.auth(method, getattr(client, mechanism))
        client.send_message(mail("Acme", "<1@example.org>"))
    assert guarded.mailbox.all()[-1].received.user == "tickets"
