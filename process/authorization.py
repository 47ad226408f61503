"""The one rule for who may decide. The core asks it on the way of every decision, whatever face it came through.

Faces only say who the person is (`process.actor`). docs/authorization.md shows the rule as a table.
"""

from collections.abc import Iterator

from process.actor import NOBODY, UNKNOWN_NAMES, Actor, Face, identity_of, plain_name
from process.core.events import EventLog
from process.core.refusal import Refused, Suggestion, SuggestionKind, refuse, suggest
from process.decisions.base import Decision, decide_where_known
from process.decisions.discounts import DiscountApproved, OnDiscount
from process.decisions.policy import PolicyAdopted
from process.decisions.quoting import quote_where_known
from process.decisions.serving import HubRequested
from process.lead.lead import Lead
from process.lead.quote import Discount, Quote
from process.personal import ERASED
from process.types import Role

ANYBODY = Actor(face=Face.COMMENT, identity="anybody", authenticated=True)
"""Stands in for a person with every role, where the question is not who decides."""


def may_ask(decision: Decision, log: EventLog) -> Refused | None:
    """Return the reason why this person is not even told whether the lead's state allows the decision, or None.

    That is asked first. Then comes the lead's state, so that nobody is sent to another role in vain, and then the rest
    of `may_decide`.
    """
    actor = decision.actor or NOBODY
    outside = actor if actor.roles == () else ANYBODY
    return _refused_face(actor, decision, log.lead) or _lacking_role(outside, deciders(decision, log))


def may_decide(decision: Decision, log: EventLog) -> Refused | None:
    """Return the reason why this person may not take this decision of this lead, or None. The log ends before it."""
    actor, lead = decision.actor or NOBODY, log.lead
    return (
        _refused_face(actor, decision, lead)
        or _lacking_role(actor, deciders(decision, log))
        or lacking_confirmation(decision, log)
    )


def deciders(decision: Decision, log: EventLog) -> frozenset[Role]:
    """Return the roles of which a person needs one to take this decision.

    A correction needs the right to what it corrects, and a correction of a correction the right to what counts again.
    """
    subject = _subject(decision, log)[0]
    own = [
        subject.field_deciders[name] for name in subject.field_deciders if getattr(subject, name) is not None
    ]
    if own:
        return frozenset.intersection(*own)
    return _asked_role(subject, log.lead) if isinstance(subject, OnDiscount) else subject.deciders


def deciders_of(kind: type[Decision], lead: Lead) -> frozenset[Role]:
    """Return the roles of which one can take a decision of this kind, as far as the kind alone tells."""
    if not issubclass(kind, OnDiscount):
        return kind.deciders.union(*kind.field_deciders.values())
    asked = lead.quote.awaiting_approval_by if lead.quote else None
    return frozenset({asked or lead.policy.discounts.approver})


def lacking_role(actor: Actor, kind: type[Decision], lead: Lead) -> Refused | None:
    """Return the reason why this person takes no decision of this kind, or None.

    A face asks it where a decision lacks values, so that nobody is asked for those of what they may not decide.
    """
    return _lacking_role(actor, deciders_of(kind, lead))


def lacking_confirmation(decision: Decision, log: EventLog) -> Refused | None:
    """Return the reason why the person may not approve what comes to count by this decision, or None.

    An approval needs a person whom the face has authenticated. Nobody approves their own discount, and a discount of
    which nobody knows who gave it is not approved. An exception is allowed by the person that it names.
    """
    subject, counts = _subject(decision, log)
    if not counts or not subject.needs_authentication:
        return None
    actor, lead = decision.actor or NOBODY, log.lead
    if not actor.authenticated or actor.identity is None:
        return refuse(
            f"Only somebody who is known can approve that. {_unknown(actor)}",
            decide_where_known(lead, _DECIDE_IT, subject.kind),
        )
    if isinstance(subject, DiscountApproved):
        return _own_discount(decision, subject, lead) or _unknown_author(subject, lead)
    return _exception_of_another(decision, lead) if isinstance(decision, HubRequested) else None


def _subject(decision: Decision, log: EventLog) -> tuple[Decision, bool]:
    """Return the decision whose right is needed, and True if it comes to count by this one.

    That is the decision itself; for a correction, the one at the root of the corrections.
    """
    subject, counts = decision, True
    while subject.corrects is not None:
        event = log.find(subject.corrects)
        if event is None or not isinstance(event.fact, Decision):  # the correction itself is refused
            return decision, False
        subject, counts = event.fact, not counts
    return subject, counts


# ---- faces and roles


def _refused_face(actor: Actor, decision: Decision, lead: Lead) -> Refused | None:
    face = actor.face
    if face is Face.QUESTIONNAIRE:
        return None if decision.by_service else refuse("The questionnaire decides only that it was answered")
    if face is Face.LINK:
        return _refused_link(actor, decision)
    if lead.policy.faces.refuses(face):
        return refuse(
            f"{_unknown(actor)}, and the policy refuses that",
            decide_where_known(lead, _DECIDE_IT, decision.kind),
        )
    if isinstance(decision, PolicyAdopted) and face in (Face.SIGNAL, Face.UPDATE):
        return refuse(
            "A policy comes from the service's settings only",
            suggest("Take the one in force by a comment, a page or the command line", decision.kind),
        )
    return None


def _refused_link(actor: Actor, decision: Decision) -> Refused | None:
    """Return why a link does not decide this, or None. Whoever made the link had the right to the decision."""
    if not decision.by_link or decision.corrects is not None:
        return refuse("A link decides only what it was made for")
    return None if actor.authenticated else refuse(f"{_unknown(actor)}, and a link counts only so")


def _lacking_role(actor: Actor, theirs: frozenset[Role]) -> Refused | None:
    if actor.roles is None or theirs.intersection(actor.roles):
        return None
    yours = f"your role is {' and '.join(actor.roles)}" if actor.roles else "you have no role"
    return refuse(
        f"Only {' or '.join(sorted(theirs))} can decide that, and {yours}",
        Suggestion(kind=SuggestionKind.ROLES, text="Roles are given in the service's configuration"),
    )


def _asked_role(decision: OnDiscount, lead: Lead) -> frozenset[Role]:
    """Return the role that was asked about the discount, even if the policy has changed since."""
    quote = _quote_of(decision, lead)
    asked = quote.discount.approver if quote and quote.discount else None
    return frozenset({asked or lead.policy.discounts.approver})


# ---- approvals


def _own_discount(decision: Decision, approval: DiscountApproved, lead: Lead) -> Refused | None:
    quote = _quote_of(approval, lead)
    discount = quote.discount if quote else None
    if discount is None or not _same_person(
        lead, (discount.by, discount.actor), (decision.by, decision.actor)
    ):
        return None
    return refuse(
        f"{decision.by} gave this discount, and nobody approves their own",
        "Somebody else may approve it",
        suggest("Or quote without it", "price_quoted"),
    )


def _unknown_author(approval: DiscountApproved, lead: Lead) -> Refused | None:
    quote = _quote_of(approval, lead)
    discount = quote.discount if quote else None
    if discount is None or (discount.is_vouched and not _is_erased(discount)):
        return None
    return refuse(
        f"Nobody knows who gave this discount. {_unknown(discount.actor or NOBODY)}, so it could be your own",
        quote_where_known(lead),
        suggest("Or quote without it", "price_quoted"),
    )


def _is_erased(discount: Discount) -> bool:
    """Return True if the person who gave it was erased, so that they would not be recognised."""
    return ERASED in (discount.by, discount.actor and discount.actor.identity)


def _exception_of_another(request: HubRequested, lead: Lead) -> Refused | None:
    named, actor = request.exception_by or "", request.actor or NOBODY
    if _same_person(lead, (named, None), (request.by, actor)):
        return None
    return refuse(
        f"An exception counts if the person who allows it decides it, and you are not {named}",
        decide_where_known(lead, f"{named} requests the hub where the service knows them", request.kind),
        suggest("Or wait for the signature", "contract_signed"),
    )


def _quote_of(decision: OnDiscount, lead: Lead) -> Quote | None:
    """Return the quote that the decision is about: that of its version, or the active one."""
    if decision.version is None:
        return lead.quote
    return next((quote for quote in lead.quotes if quote.version == decision.version), None)


Known = tuple[str, Actor | None]
"""A person by the name that they gave and by what the face knows of them."""


def _same_person(lead: Lead, one: Known, other: Known) -> bool:
    """Return True if both are one person: by identity, by name, by alias, or as somebody assigned to this lead."""
    ours, theirs = set(_names(lead, *one)), set(_names(lead, *other))
    return bool(ours & theirs)


def _names(lead: Lead, by: str, actor: Actor | None) -> Iterator[str]:
    names = {plain_name(by), actor.identity if actor else None} - {None, *UNKNOWN_NAMES}
    for name in names:
        if name:
            yield name
            yield identity_of(lead.policy.aliases, name) or name
            for who in lead.assigned.values():
                if who.is_called(name):
                    yield from map(plain_name, who.names)


# ---- words

_DECIDE_IT = "Decide it where the service knows you"


def _unknown(actor: Actor) -> str:
    match actor.face:
        case Face.COMMAND_LINE:
            return "At the command line anybody may write any name"
        case Face.SIGNAL | Face.UPDATE:
            return f"In {'a signal' if actor.face is Face.SIGNAL else 'an update'} anybody may write any name"
        case _:
            return f"It came by {actor.face}, and the service did not vouch for the person"
