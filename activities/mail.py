"""Mail to the people behind the roles, one thread per lead."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address, HeaderRegistry, MessageIDHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.checks import Check
from activities.errors import park
from activities.mail_text import Parts, written
from activities.performs import performs
from activities.smtp import deliver, rehearse
from process.effects import Outcome, SendCorrection, SendMail, Task, message_digest
from process.lead import Lead
from process.mistake import Mistake
from process.model import Role
from process.policy import Policy
from process.reports import MailSent
from settings import Settings

_HEADERS = HeaderRegistry()
for _name in ("in-reply-to", "references"):  # a long id must stay whole, or no mail program finds the thread
    _HEADERS.map_to_type(_name, MessageIDHeader)  # type: ignore[arg-type] # a mixin, made a header by the registry
_POLICY = SMTP.clone(header_factory=_HEADERS, cte_type="7bit")  # every server takes 7 bits


class MailActivities:
    """Looks up the addresses when a mail is sent: whoever is behind a role then gets it.

    The lead's policy says who that is; the settings do for a role that it does not name. `policy`, that of new leads, is
    what is checked.
    """

    def __init__(self, settings: Settings, policy: Policy | None = None) -> None:
        self._settings = settings
        self._policy = policy or Policy()

    @performs("send_mail")
    def send_mail(self, task: Task) -> Outcome:
        effect, lead = task.effect, task.lead
        assert isinstance(effect, SendMail)  # noqa: S101 - the workflow sends each effect to its own activity
        return self._sent(effect, lead, lambda: self._recipients(effect.to, lead.policy))

    @performs("send_correction")
    def send_correction(self, task: Task) -> Outcome:
        """To exactly those whose last mail about the decision is wrong by now; to nobody, if there is nobody."""
        effect, (mistake,) = task.effect, task.mistakes
        assert isinstance(effect, SendCorrection)  # noqa: S101 - the workflow sends each effect to its own activity
        told = mistake.wrongly_told
        known = dict.fromkeys(told, "who was told of it: see that this address takes mail, then retry")
        return self._sent(effect, task.lead, lambda: known, mistake) if told else Outcome()

    def _sent(
        self,
        effect: SendMail | SendCorrection,
        lead: Lead,
        recipients: Callable[[], dict[str, str]],
        mistake: Mistake | None = None,
    ) -> Outcome:
        message_id = self._id(effect.key)
        if any(mail.message_id == message_id for mail in lead.mails):
            return Outcome()
        to, namespace = recipients(), activity.info().namespace
        parts = written(effect, lead, self._settings, namespace=namespace, mistake=mistake)
        message = self._message(lead, message_id, list(to), parts, datetime.now(UTC))
        deliver(self._settings.mail, self._sender().addr_spec, to, message.as_bytes())
        return Outcome(
            report=MailSent(
                template=effect.template, recipients=tuple(to), message_id=message_id, cause=effect.cause
            )
        )

    def checks(self) -> Iterator[Check]:
        """Whether the server lets us in and takes mail for everybody; nothing is sent."""
        mail = self._settings.mail
        what = f"{mail.host}:{mail.port} ({mail.security})"
        try:
            recipients = self._recipients((Role.SALES, Role.CONTRACTS, Role.ENGINEERING), self._policy)
            rehearse(mail, self._sender().addr_spec, recipients)
        except ApplicationError as error:
            yield Check("Mail", what, ok=False, detail=error.message)
            return
        yield Check("Mail", what, ok=True, detail=f"takes mail for {', '.join(recipients)}")

    def _message(
        self, lead: Lead, message_id: str, recipients: list[str], parts: Parts, now: datetime
    ) -> EmailMessage:
        """The subject never says what the mail is about: a thread is known by its subject, too."""
        thread = self._id(f"{lead.id}/thread")
        message = EmailMessage(policy=_POLICY)
        message["From"] = self._sender()
        message["To"] = [Address(addr_spec=address) for address in recipients]
        sales = self._recipients((Role.SALES,), lead.policy)
        message["Reply-To"] = [Address(addr_spec=address) for address in sales]
        message["Subject"] = " ".join(lead.heading.split())
        message["Date"] = format_datetime(now)
        message["Message-ID"] = message_id
        message["In-Reply-To"] = thread
        message["References"] = thread
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
        message.set_content(parts.text)
        message.add_alternative(parts.html, subtype="html")
        return message

    def _id(self, key: str) -> str:
        """The same key, the same Message-ID. Readable as far as it goes; short, whatever the key."""
        readable = re.sub(r"[^a-z0-9_-]+", ".", key.lower())[:40].strip(".")
        return f"<{readable}.{message_digest(key)}@{self._settings.mail.message_id_domain}>"

    def _sender(self) -> Address:
        sender = self._settings.mail.sender
        name, address = parseaddr(sender if sender.isprintable() else "")
        try:
            return Address(display_name=name, addr_spec=_ascii(address))
        except (MessageError, ValueError, IndexError):
            raise park("LEADS_MAIL__SENDER is no mail address; write it as leads@example.org") from None

    def _recipients(self, roles: tuple[Role, ...], policy: Policy) -> dict[str, str]:
        """Address -> whose it is, and what to mend if it is refused; each address once."""
        found: dict[str, str] = {}
        for role in roles:
            named = policy.addresses.get(role)
            where = f"addresses.{role} of the policy" if named else f"LEADS_ADDRESSES__{role.upper()}"
            addresses = named or tuple(getattr(self._settings.addresses, role, ()))
            if not addresses:
                raise park(f"Nobody is behind the role {role}: set {where}")
            for address in addresses:
                try:
                    address_spec = Address(addr_spec=_ascii(address)).addr_spec
                    found.setdefault(address_spec, f"who is {role}: correct {where}")
                except (MessageError, ValueError, IndexError):
                    raise park(f"{address!r} is no mail address: correct {where}") from None
        return found


def _ascii(address: str) -> str:
    """Not every server takes other addresses (SMTPUTF8), and these are those of our own teams."""
    if not address.isascii() or not address.isprintable() or "@" not in address:
        raise ValueError(address)
    return address
