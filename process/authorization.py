"""The one rule for who may decide, asked by every face."""

from collections.abc import Collection

from process.core.refusal import Refused, refuse, suggest
from process.decisions.base import Decision
from process.decisions.discounts import DiscountApproved, OnDiscount
from process.lead.lead import Lead
from process.types import Role

_NOBODY = frozenset({"someone", "someone through temporal", "someone at the command line"})
"""Names, in small letters, that a face gives where it does not know who decided."""


def deciders(decision: type[Decision], lead: Lead) -> frozenset[Role]:
    """Return the roles that take this decision for this lead.

    A discount is settled by the role that was asked, even if the policy has changed since.
    """
    if issubclass(decision, OnDiscount):
        asked = lead.quote.awaiting_approval_by if lead.quote else None
        return frozenset({asked or lead.policy.discounts.approver})
    return decision.deciders


def may_decide(
    roles: Collection[Role] | None, decision: Decision | type[Decision], lead: Lead
) -> Refused | None:
    """Return the reason why a person may not take this decision for this lead, or None.

    `roles` are those of the person; None where the face knows no roles, as the command line and signals: then every role
    is assumed. Given a decision and not only its class, it also refuses the approval of one's own discount.
    """
    kind = decision if isinstance(decision, type) else type(decision)
    theirs = deciders(kind, lead)
    if roles is not None and not theirs.intersection(roles):
        yours = f"your role is {' and '.join(sorted(roles))}" if roles else "you have no role"
        return refuse(
            f"Only {' or '.join(sorted(theirs))} can decide that, and {yours}",
            "Roles are given in the service's configuration",
        )
    return _own_discount(decision, lead) if isinstance(decision, DiscountApproved) else None


def _own_discount(approval: DiscountApproved, lead: Lead) -> Refused | None:
    discount = lead.quote.discount if lead.quote else None
    if discount is None or not _same_person(lead, discount.by, approval.by):
        return None
    return refuse(
        f"{approval.by} gave this discount, and nobody approves their own",
        "Somebody else may approve it",
        suggest("Or quote without it", "price_quoted"),
    )


def _same_person(lead: Lead, one: str, other: str) -> bool:
    """Return True if both names are known and mean one person, by name or as somebody assigned to this lead."""
    one, other = (name.strip().lstrip("@").casefold() for name in (one, other))
    if {one, other} & _NOBODY:
        return False
    return one == other or any(who.is_called(one) and who.is_called(other) for who in lead.assigned.values())
