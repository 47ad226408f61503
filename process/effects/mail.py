"""Effects by mail, in the lead's one thread."""

from collections.abc import Iterable
from typing import Annotated, ClassVar

from process.effects.base import Effect
from process.lead.lead import Lead, LeadPart
from process.personal import ByKey, Personal
from process.types import Code, MailAddress, Role

INTRODUCTIONS = ("address_changed", "address_left")
"""Templates that tell the new people of a role that it is theirs now, and the former ones that it no longer is."""

SHOWN_IN_MAIL: frozenset[LeadPart] = frozenset(
    ("assets", "former", "mails", "qualification", "questionnaire")
)

MAIL_MARKS = ByKey(
    {
        "before": Personal.ADDRESS,
        "event": Personal.MENTION,
        "note": Personal.WORDS,
        "now": Personal.ADDRESS,
        "reason": Personal.WORDS,
    }
)
"""Marks of what a mail says beside the lead. All other values are numbers, days and roles."""


class SendMail(Effect):
    """Sends a mail of `template` to the addresses that have the roles at the time of sending."""

    kind = "send_mail"
    queue = "mail"
    needs = SHOWN_IN_MAIL
    is_shown = True
    suspended_with_cause = True
    template: Code
    to: tuple[Role, ...] = ()
    fields: Annotated[dict[Code, str], MAIL_MARKS] = {}
    """Values that the template needs beside the lead."""
    addresses: tuple[MailAddress, ...] = ()
    """Fixed addresses that get the mail in place of `to`."""
    needs_folder: bool = False

    @property
    def invoice_number(self) -> int | None:
        return int(self.fields["number"]) if "number" in self.fields else None

    def ready(self, lead: Lead) -> bool:
        if self.template == "invoice":  # it links to the file
            invoice = lead.invoice(int(self.fields["number"]))
            return bool(invoice and invoice.file)
        return lead.folder is not None or not self.needs_folder

    def is_obsolete(self, lead: Lead) -> bool:
        """Return True if an introduction is out of date, a discount is settled, or the invoice was voided."""
        if self.is_introduction:
            return self.fields["now"] != joined(lead.policy.addresses.get(Role(self.fields["role"]), ()))
        if self.template == "discount_approval":
            return not any(str(q.version) == self.fields["version"] and q.asked_approver for q in lead.quotes)
        invoice = lead.invoice(self.invoice_number) if self.invoice_number else None
        return bool(invoice and not invoice.is_valid and self.template in ("invoice", "invoice_overdue"))

    @property
    def released_role(self) -> Role | None:
        """The role that the mail's recipients no longer have, or None."""
        return Role(self.fields["role"]) if self.addresses and self.is_introduction else None

    @property
    def is_introduction(self) -> bool:
        """True if the mail says who has a role from now on. While it waits, it is not asked for again."""
        return self.template in INTRODUCTIONS

    def summary(self) -> str:
        return f"Mail to {' and '.join(self.addresses or self.to)}: {self.template.replace('_', ' ')}"


class SendCorrection(Effect):
    """Sends a mail to everybody whose last mail about decision `seq` is wrong at the time of sending."""

    kind = "send_correction"
    queue = "mail"
    needs = SHOWN_IN_MAIL
    is_shown = True
    suspended_with_cause = True
    template: ClassVar[str] = "correction"
    fields: ClassVar[dict[str, str]] = {}
    seq: int

    def summary(self) -> str:
        return f"Mail a correction to everybody with wrong news about decision {self.seq}"


def joined(addresses: Iterable[str]) -> str:
    """Return the addresses as one text, in their order."""
    return ", ".join(addresses)
