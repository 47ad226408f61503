"""Who is in a lead's conversation, and who must hear of it there when others are behind a role (process.md, failure 8).

Each mail's receipt says whom it reached. So the thread is told when whoever is behind a role now is not who its last mail
reached, however that came about: once for each change, and not at all where a change was taken back before anybody was told.
"""

from collections.abc import Iterable

from process.core.event_log import Change
from process.effects import SendMail
from process.effects.mail import INTRODUCTIONS, joined
from process.lead.lead import Lead, Mail
from process.types import Role


def reached(lead: Lead, role: Role) -> tuple[str, ...]:
    """Whom of the role the conversation reached last; nobody, where it is not in it."""
    released: set[str] = set()
    for mail in reversed(lead.mails):
        if role in mail.reached:
            return tuple(address for address in mail.reached[role] if address not in released)
        if mail.left is role:
            released |= {*mail.recipients}
    return ()


def earlier(lead: Lead, role: Role) -> tuple[Mail, ...]:
    """Mails that reached who was behind the role before, and not all who are now."""
    now = set(lead.policy.addresses.get(role, ()))
    gone = {*lead.left.get(role, ()), *(a for mail in lead.mails for a in mail.reached.get(role, ()))} - now
    return tuple(
        mail for mail in lead.mails if gone & {*mail.recipients} and mail.template not in INTRODUCTIONS
    )


def introductions(change: Change, role: Role) -> Iterable[SendMail]:
    """What the thread must hear: who has the role now from who has, and who had it that it is no longer theirs.

    A lead that has ended says nothing, unless there is still money to come; where it is reopened, it says so then.
    """
    lead, event = change.after, change.event
    now, had = lead.policy.addresses.get(role, ()), reached(lead, role)
    if not now or not had or not _goes_on(lead):
        return
    fields = {"role": str(role), "now": joined(now), "had": joined(had)}
    if set(now) - set(had):
        key = change.key(f"address_changed-{role}")
        yield SendMail(key=key, cause=event.seq, template="address_changed", to=(role,), fields=fields)
    gone = (address for address in had if address not in now)
    for place, address in enumerate(gone, 1):  # one by one: an address that is dead keeps nobody from hearing
        key = change.key(f"address_left-{role}-{place}")
        yield SendMail(key=key, cause=event.seq, template="address_left", addresses=(address,), fields=fields)


def _goes_on(lead: Lead) -> bool:
    return not lead.ended or any(invoice.stands and not invoice.paid_on for invoice in lead.invoices)
