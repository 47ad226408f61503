"""Introductions: mails in a lead's thread about new addresses of a role (process.md, failure 8).

Each sent mail records the addresses that it reached. An introduction is due when a role's present addresses differ from
those that the thread reached last: once per change, and never for a change that was undone before anybody was told.
"""

from collections.abc import Iterable

from process.core.events import Change
from process.effects import SendMail
from process.effects.mail import INTRODUCTIONS, joined
from process.lead.lead import Lead, SentMail
from process.types import Role


def last_reached(lead: Lead, role: Role) -> tuple[str, ...]:
    """Return the addresses of the role that the thread reached last, or none if the role is not in the thread."""
    released: set[str] = set()
    for mail in reversed(lead.mails):
        if role in mail.reached:
            return tuple(address for address in mail.reached[role] if address not in released)
        if mail.released_role is role:
            released |= {*mail.recipients}
    return ()


def mails_to_former(lead: Lead, role: Role) -> tuple[SentMail, ...]:
    """Return the mails that reached former addresses of the role."""
    now = set(lead.policy.addresses.get(role, ()))
    gone = {
        *lead.former_addresses.get(role, ()),
        *(a for mail in lead.mails for a in mail.reached.get(role, ())),
    } - now
    return tuple(
        mail for mail in lead.mails if gone & {*mail.recipients} and mail.template not in INTRODUCTIONS
    )


def introductions(change: Change, role: Role) -> Iterable[SendMail]:
    """Yield one mail to the role's new addresses, and one to each address that lost the role.

    None are due for an ended lead with all invoices paid; if it is reopened, they are due then.
    """
    lead, event = change.after, change.event
    now, before = lead.policy.addresses.get(role, ()), last_reached(lead, role)
    if not now or not before or not _is_active(lead):
        return
    fields = {"role": str(role), "now": joined(now), "before": joined(before)}
    if set(now) - set(before):
        key = change.key(f"address_changed-{role}")
        yield SendMail(key=key, cause=event.seq, template="address_changed", to=(role,), fields=fields)
    gone = (address for address in before if address not in now)
    # one mail each, so that a dead address does not hold up the others
    for number, address in enumerate(gone, 1):
        key = change.key(f"address_left-{role}-{number}")
        yield SendMail(key=key, cause=event.seq, template="address_left", addresses=(address,), fields=fields)


def _is_active(lead: Lead) -> bool:
    return not lead.ended or any(invoice.is_valid and not invoice.paid_on for invoice in lead.invoices)
