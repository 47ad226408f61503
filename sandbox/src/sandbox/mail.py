"""SMTP on localhost: receives and keeps every mail, groups mails into threads, and performs faults."""

import asyncio
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from hmac import compare_digest
from typing import Any, NamedTuple

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pydantic import BaseModel, Field

from sandbox.faults import Fault, Faults
from sandbox.store import Blobs, Store

SIZE_LIMIT = 25 * 1024 * 1024
"""Maximum size of a mail in bytes, as common providers have it."""


class Received(BaseModel):
    """The envelope of a mail. Its content is stored separately."""

    number: int
    at: datetime
    sender: str
    recipients: list[str]
    user: str | None = None


class Attachment(NamedTuple):
    """A file in a mail."""

    name: str
    mime_type: str
    content: bytes


class Mail:
    """A mail, parsed as a mail program would."""

    def __init__(self, received: Received, raw: bytes) -> None:
        self.received = received
        self.raw = raw

    @cached_property
    def message(self) -> EmailMessage:
        """The parsed mail."""
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)  # noqa: S101 - the class that this policy creates
        return parsed

    @property
    def number(self) -> int:
        """Number of the mail, from 1 in the order of arrival."""
        return self.received.number

    @property
    def subject(self) -> str:
        """The subject, or "(no subject)"."""
        return str(self.message["subject"] or "(no subject)")

    @property
    def message_id(self) -> str:
        """The Message-ID with its angle brackets; without that header, one made from the number."""
        return str(self.message["message-id"] or f"<{self.number}@unnamed>").strip()

    @property
    def references(self) -> list[str]:
        """Message ids of the mails that this one follows, oldest first."""
        named = [
            *str(self.message["references"] or "").split(),
            *str(self.message["in-reply-to"] or "").split(),
        ]
        return list(dict.fromkeys(named))

    @property
    def text(self) -> str:
        """The plain text body; empty if there is none."""
        part = self.message.get_body(("plain",))
        return part.get_content() if part else ""

    @property
    def html(self) -> str | None:
        """The HTML body, or None."""
        part = self.message.get_body(("html",))
        return part.get_content() if part else None

    @property
    def attachments(self) -> list[Attachment]:
        """The attachments in their order; one without a name is called attachment-1, attachment-2, …"""
        return [
            Attachment(
                part.get_filename() or f"attachment-{index}",
                part.get_content_type(),
                part.get_payload(decode=True) or b"",  # type: ignore[arg-type]
            )
            for index, part in enumerate(self.message.iter_attachments(), start=1)
        ]


class _Index(BaseModel):
    mails: list[Received] = Field(default_factory=list)


class Mailbox:
    """The received mails, oldest first."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._index = store.load("mail", _Index) or _Index()
        self._blobs: Blobs = store.blobs("mail")
        self._mails = [Mail(each, self._blobs.get(f"{each.number}.eml")) for each in self._index.mails]

    def all(self) -> list[Mail]:
        return list(self._mails)

    def get(self, number: int) -> Mail | None:
        """Return the mail with this number, or None."""
        return next((mail for mail in self._mails if mail.number == number), None)

    def to(self, recipient: str) -> list[Mail]:
        """Return the mails with this address among the envelope's recipients, oldest first."""
        return [mail for mail in self._mails if recipient in mail.received.recipients]

    def threads(self) -> list[list[Mail]]:
        """Return the threads, each with its mails oldest first; the thread with the newest mail comes first."""
        threads: list[list[Mail]] = []
        known: dict[str, list[Mail]] = {}
        for mail in self._mails:
            names = [mail.message_id, *mail.references]
            thread = next((known[name] for name in names if name in known), None)
            if thread is None:
                threads.append(thread := [])
            thread.append(mail)
            known |= dict.fromkeys(names, thread)
        return sorted(threads, key=lambda thread: thread[-1].number, reverse=True)

    def clear(self) -> None:
        """Delete every mail; numbers start again from 1."""
        self._mails, self._index = [], _Index()
        self._store.clear("mail")

    def receive(self, sender: str, recipients: list[str], raw: bytes, user: str | None) -> Mail:
        """Store a mail and return it; `user` is the name that the sender authenticated with, or None."""
        received = Received(
            number=len(self._mails) + 1, at=datetime.now(UTC), sender=sender, recipients=recipients, user=user
        )
        self._blobs.put(f"{received.number}.eml", raw)
        self._index.mails.append(received)
        self._store.save("mail", self._index)
        self._mails.append(mail := Mail(received, raw))
        return mail


class Handler:
    """The hooks that aiosmtpd calls for each SMTP command."""

    def __init__(self, mailbox: Mailbox, faults: Faults) -> None:
        self.mailbox = mailbox
        self.faults = faults

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Return the reply to EHLO: the fault's, or the server's own lines."""
        if fault := self.faults.match_mail("EHLO"):
            return [_reply(fault)]
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Note the sender and return the reply; for a fault, only its reply."""
        if fault := self.faults.match_mail("MAIL"):
            return _reply(fault)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Note the recipient and return the reply; for a fault, only its reply."""
        if fault := self.faults.match_mail("RCPT", address):
            return _reply(fault)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Store the mail and return the reply. The fault `mail_cut_after` then closes the connection."""
        fault = self.faults.match_mail("DATA")
        if fault and fault.kind != "mail_cut_after":
            return _reply(fault)
        user = session.auth_data.decode() if isinstance(session.auth_data, bytes) else None
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        mail = self.mailbox.receive(envelope.mail_from or "", list(envelope.rcpt_tos), raw, user)
        if fault:
            assert isinstance(server.transport, asyncio.Transport)  # noqa: S101 - it is connected
            server.transport.abort()
        return f"250 2.0.0 OK: queued as {mail.number}"


def _reply(fault: Fault) -> str:
    if fault.kind == "mail_temporary":
        return f"{fault.status or 451} 4.3.0 Try again later"
    if fault.command == "RCPT":
        return f"{fault.status or 550} 5.1.1 No such recipient here"
    return f"{fault.status or 554} 5.7.1 Message refused"


def smtp(mailbox: Mailbox, faults: Faults, users: Mapping[str, str], **options: Any) -> SMTP:
    """Return the protocol of one connection. With `users` (name -> password), mail needs AUTH PLAIN or LOGIN."""

    def authenticate(
        _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        if fault := faults.match_mail("AUTH"):
            code = fault.status or (454 if fault.kind == "mail_temporary" else 535)
            return AuthResult(
                success=False, handled=False, message=f"{code} 4.7.0 Temporary authentication failure"
            )
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        password = users.get(data.login.decode())
        good = password is not None and compare_digest(password.encode(), data.password)
        return AuthResult(success=good, handled=False, auth_data=data.login)

    with warnings.catch_warnings():
        # aiosmtpd warns of passwords without TLS, but this server listens on localhost.
        warnings.simplefilter("ignore")
        return SMTP(
            Handler(mailbox, faults),
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="sandbox",
            auth_required=bool(users),
            auth_require_tls=False,
            authenticator=authenticate if users else None,
            **options,
        )
