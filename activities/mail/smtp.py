"""Delivers one mail by SMTP to all of its recipients or to none, and classifies each failure.

smtplib alone would deliver to the recipients that the server accepts, and a retry would reach some of them twice.
If the connection breaks after the server took the mail and before it said so, the mail is sent again under the
same Message-ID, by which mail programs recognise it.
"""

import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Final

from temporalio.exceptions import ApplicationError

from activities.errors import again, park, wait
from config.groups import Mail

_PAUSE = timedelta(minutes=2)  # SMTP names no time; greylisting servers want a minute or more
_LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}
_LOGIN = "LEADS_MAIL__USERNAME and LEADS_MAIL__PASSWORD"


class RecipientRefused(ApplicationError):
    """The server permanently refuses mail for an address."""

    def __init__(self, failure: ApplicationError) -> None:
        super().__init__(failure.message, type=failure.type, non_retryable=True)


def deliver(settings: Mail, sender: str, recipients: Mapping[str, str], message: bytes) -> None:
    """Send the message to the recipients. Raises ApplicationError.

    `recipients` maps each address to a clause that says whose it is and where to correct it, or to an empty text.
    """
    with _connection(settings) as smtp:
        _address(smtp, settings, sender, recipients)
        code, _ = smtp.data(message)
        if code != 250:
            raise smtplib.SMTPDataError(code, b"")


def try_recipients(settings: Mail, sender: str, recipients: Mapping[str, str]) -> None:
    """Go through the steps of `deliver` without sending the message. Raises ApplicationError."""
    with _connection(settings) as smtp:
        _address(smtp, settings, sender, recipients)
        smtp.rset()


def _address(smtp: smtplib.SMTP, settings: Mail, sender: str, recipients: Mapping[str, str]) -> None:
    code, _ = smtp.mail(sender)
    if code in (530, 550) and not settings.username:
        raise park(f"The mail server demands a login ({code}): set {_LOGIN}")
    if code != 250:
        raise _refused(code, "the sender: correct LEADS_MAIL__SENDER")
    for number, (address, whose) in enumerate(recipients.items(), 1):
        code, _ = smtp.rcpt(address)
        if code not in (250, 251):
            # The address itself is no part of it: failures stay in histories and logs.
            failure = _refused(
                code, f"recipient {number} of {len(recipients)}{f', {whose}' if whose else ''}"
            )
            raise RecipientRefused(failure) if failure.non_retryable else failure


@contextmanager
def _connection(settings: Mail) -> Iterator[smtplib.SMTP]:
    """Open a connection, encrypted and logged in. Translates failures inside it into ApplicationError."""
    server = f"{settings.host}:{settings.port}"
    try:
        smtp = _connect(settings)
        try:
            yield smtp
        finally:
            with suppress(smtplib.SMTPException, OSError):  # the outcome is known already
                smtp.quit()
            smtp.close()
    except ApplicationError:
        raise
    except smtplib.SMTPAuthenticationError as error:
        raise _refused(error.smtp_code, f"the login: correct {_LOGIN}") from None
    except smtplib.SMTPDataError as error:
        raise _refused(error.smtp_code, "the message itself; ask its operator why") from None
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code, "the connection; ask its operator why") from None
    except smtplib.SMTPNotSupportedError:
        raise park(
            f"The mail server {server} offers no STARTTLS or no login: correct LEADS_MAIL__SECURITY or {_LOGIN}"
        ) from None
    except ssl.SSLCertVerificationError as error:
        raise park(
            f"The certificate of the mail server {server} is not valid ({error.verify_message}): correct "
            "LEADS_MAIL__HOST, or have the certificate renewed"
        ) from None
    except OSError as error:  # smtplib's own exceptions among them
        raise again(f"The mail server {server} cannot be reached ({type(error).__name__})") from None


def _connect(settings: Mail) -> smtplib.SMTP:
    if settings.username and settings.security == "none" and settings.host not in _LOOPBACK:
        raise park("A password must not be sent in the clear: set LEADS_MAIL__SECURITY to starttls or tls")
    verified = ssl.create_default_context()  # smtplib would trust any certificate by default
    if settings.security == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.host, settings.port, timeout=settings.timeout_seconds, context=verified
        )
    else:
        smtp = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_seconds)
    try:
        _greet(smtp)
        if settings.security == "starttls":
            smtp.starttls(context=verified)
            _greet(smtp)
        if settings.username:
            smtp.login(settings.username, settings.password.get_secret_value() if settings.password else "")
    except BaseException:
        smtp.close()
        raise
    return smtp


def _greet(smtp: smtplib.SMTP) -> None:
    """Send EHLO and fail if it is refused, since smtplib would silently fall back to HELO without STARTTLS."""
    code, _ = smtp.ehlo()
    if code != 250:
        raise smtplib.SMTPHeloError(code, b"")


def _refused(code: int, subject: str) -> ApplicationError:
    if 400 <= code < 500:
        return wait(f"The mail server asks to try later ({code})", _PAUSE)
    return park(f"The mail server refuses ({code}) {subject}")
