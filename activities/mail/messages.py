"""How each of our mails is put together: from whom, under which id, as text and as HTML."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address, HeaderRegistry, MessageIDHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from activities.errors import park
from activities.mail.text import Parts
from config.settings import Mail
from process.effects.mail import message_digest

_HEADERS = HeaderRegistry()
for _name in ("in-reply-to", "references"):  # a long id must stay whole, or no mail program finds the thread
    _HEADERS.map_to_type(_name, MessageIDHeader)  # type: ignore[arg-type] # a mixin, made a header by the registry
_POLICY = SMTP.clone(header_factory=_HEADERS, cte_type="7bit")  # every server takes 7 bits


class Letters:
    """What all mails have in common. Raises ApplicationError for a sender that is none."""

    def __init__(self, settings: Mail) -> None:
        self._settings = settings

    def id(self, key: str) -> str:
        """The same key, the same Message-ID. Readable as far as it goes; short, whatever the key."""
        readable = re.sub(r"[^a-z0-9_-]+", ".", key.lower())[:40].strip(".")
        return f"<{readable}.{message_digest(key)}@{self._settings.message_id_domain}>"

    def sender(self) -> Address:
        sender = self._settings.sender
        name, address = parseaddr(sender if sender.isprintable() else "")
        try:
            return Address(display_name=name, addr_spec=_ascii(address))
        except (MessageError, ValueError, IndexError):
            raise park("LEADS_MAIL__SENDER is no mail address; write it as leads@example.org") from None

    def message(
        self,
        message_id: str,
        subject: str,
        parts: Parts,
        *,
        to: Iterable[str],
        reply_to: Iterable[str],
        thread: str | None = None,
    ) -> bytes:
        """The mail as it leaves. `thread`: id under which the mails of one conversation are found together."""
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
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
        message.set_content(parts.text)
        message.add_alternative(parts.html, subtype="html")
        return message.as_bytes()


def plain_address(address: str, where: str) -> str:
    """The address as SMTP takes it. Raises ApplicationError that names the setting `where` it stands."""
    try:
        return Address(addr_spec=_ascii(address)).addr_spec
    except (MessageError, ValueError, IndexError):
        raise park(f"{address!r} is no mail address: correct {where}") from None


def _ascii(address: str) -> str:
    """Not every server takes other addresses (SMTPUTF8), and these are those of our own teams."""
    if not address.isascii() or not address.isprintable() or "@" not in address:
        raise ValueError(address)
    return address
