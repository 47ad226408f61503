"""Builds mail messages: sender, Message-ID, thread, text and HTML."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address, HeaderRegistry, MessageIDHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from activities.errors import park
from activities.mail.addresses import ascii_address
from activities.mail.text import MailBody
from config.settings import Mail
from process.effects.mail import message_digest

_HEADERS = HeaderRegistry()
for _name in ("in-reply-to", "references"):  # a folded id would break the thread in mail programs
    _HEADERS.map_to_type(_name, MessageIDHeader)  # type: ignore[arg-type] # a mixin that the registry turns into a header
_POLICY = SMTP.clone(header_factory=_HEADERS, cte_type="7bit")  # every server accepts 7-bit messages


class MessageBuilder:
    """Builds mail messages from the configured sender."""

    def __init__(self, settings: Mail) -> None:
        self._settings = settings

    def message_id(self, key: str) -> str:
        """Return the Message-ID for a key: always the same, short, and readable in part."""
        readable = re.sub(r"[^a-z0-9_-]+", ".", key.lower())[:40].strip(".")
        return f"<{readable}.{message_digest(key)}@{self._settings.message_id_domain}>"

    def sender(self) -> Address:
        """Return the sender's address. Raises ApplicationError (parked) if the setting is invalid."""
        sender = self._settings.sender
        name, address = parseaddr(sender if sender.isprintable() else "")
        try:
            return Address(display_name=name, addr_spec=ascii_address(address))
        except (MessageError, ValueError, IndexError):
            raise park("LEADS_MAIL__SENDER is not a mail address; write it like leads@example.org") from None

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
        message = EmailMessage(policy=_POLICY)
        message["From"] = self.sender()
        message["To"] = [Address(addr_spec=address) for address in to]
        message["Reply-To"] = [Address(addr_spec=address) for address in reply_to]
        message["Subject"] = " ".join(subject.split())
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = message_id
        if thread:
            message["In-Reply-To"] = thread
            message["References"] = thread
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies
        message.set_content(body.text)
        message.add_alternative(body.html, subtype="html")
        return message.as_bytes()
