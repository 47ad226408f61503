"""Builds mail messages: sender, Message-ID, thread, text and HTML."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import NamedTuple

from activities.errors import park
from activities.mail import headers
from activities.mail.text import MailBody
from config.groups import Mail
from process.addresses import ascii_address, ascii_domain, complaint_about
from process.hashing import short_hash

_POLICY = SMTP.clone(cte_type="7bit")  # every server accepts 7-bit messages


class Sender(NamedTuple):
    """The sender of every mail."""

    name: str
    address: str


class MessageBuilder:
    """Builds mail messages from the configured sender."""

    def __init__(self, settings: Mail) -> None:
        self._settings = settings

    def message_id(self, key: str) -> str:
        """Return the Message-ID for a key: always the same, short, and readable in part."""
        readable = re.sub(r"[^a-z0-9_-]+", ".", key.lower())[:40].strip(".")
        return f"<{readable}.{short_hash(key)}@{ascii_domain(self._settings.message_id_domain)}>"

    def sender(self) -> Sender:
        """Return the sender. Raises ApplicationError (parked) if the setting is invalid."""
        sender = self._settings.sender
        name, address = parseaddr(sender if sender.isprintable() else "")
        if complaint_about(address):
            raise park("LEADS_MAIL__SENDER is not a mail address; write it like leads@example.org")
        return Sender(name, ascii_address(address))

    def build(
        self,
        message_id: str,
        subject: str,
        body: MailBody,
        *,
        to: Iterable[str],
        reply_to: Iterable[str],
        thread: str | None = None,
    ) -> bytes:
        """Return the complete message. `thread` is the Message-ID that groups one conversation."""
        head = [
            headers.token("From", headers.mailbox(*self.sender())),
            headers.address_list("To", to),
            headers.address_list("Reply-To", reply_to),
            headers.unstructured("Subject", subject),
            headers.token("Date", format_datetime(datetime.now(UTC))),
            headers.token("Message-ID", message_id),
        ]
        if thread:
            head += [headers.token("In-Reply-To", thread), headers.token("References", thread)]
        head += [headers.token("Auto-Submitted", "auto-generated")]  # RFC 3834: no out-of-office replies
        content = EmailMessage(policy=_POLICY)
        content.set_content(body.text)
        content.add_alternative(body.html, subtype="html")
        return "".join(head).encode("ascii") + content.as_bytes()
