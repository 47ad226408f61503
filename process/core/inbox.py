"""Takes the messages that are not decisions: from issue syncs, from the worker's settings, and from other leads.

Each function is total: it records a message that it cannot read as a refusal. A repeated message changes nothing.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from process.core.aggregate import LeadAggregate
from process.core.answers import NOT_SIGNED, Refusal, printable_line
from process.core.outbox import DriftCheck, Outstanding
from process.core.refusal import Refused, refuse
from process.decisions.reading import complaints
from process.duplicates.notices import DuplicateCandidates, RelationNotice, new_candidates, refuse_notice
from process.duplicates.observations import DuplicatesFlagged, noticed
from process.effects import SendMail, revert_effects
from process.effects.observations import TeamChanged
from process.envelope import is_from_service
from process.github.edits import RevertEdits
from process.lead.duplicate_links import DuplicateLink
from process.policy import TEAMS, Policy, Team
from process.types import Role

CLOCKS_DIFFER_BY = timedelta(minutes=5)
"""Time by which the clock of a worker may be ahead of that of the server."""


def check_drift(aggregate: LeadAggregate, args: tuple[Any, ...], now: datetime) -> LeadAggregate:
    """Queue the requested drift checks."""
    try:
        check = DriftCheck.model_validate(args[0] if args and args[0] is not None else {})
    except ValidationError as error:
        return aggregate.refuse(Refusal.of("check_drift", refuse(complaints(error)), now))
    return aggregate.check_drift(check)


def revert_edits(
    aggregate: LeadAggregate, args: tuple[Any, ...], now: datetime
) -> tuple[LeadAggregate, tuple[str, ...]]:
    """Queue effects that revert declined edits on GitHub, and record each refusal once.

    Returns the keys of these effects as well.
    """
    try:
        message = RevertEdits.model_validate(*args[:1] or ({},))
    except ValidationError as error:
        return aggregate.refuse(Refusal.of("revert_edits", refuse(complaints(error)), now)), ()
    for declined in message.declined:
        known = {(each.kind, each.by, each.source) for each in aggregate.refusals}
        if (
            printable_line(declined.kind),
            printable_line(declined.by),
            printable_line(declined.source),
        ) not in known:
            refusal = Refusal.of(
                declined.kind,
                Refused(reason=declined.reason, suggestions=declined.suggestions),
                now,
                by=declined.by,
                source=declined.source,
                for_team=False,  # it was answered on the issue
            )
            aggregate = aggregate.refuse(refusal)
    effects = revert_effects(aggregate.lead, message.edits)
    queued = {item.effect.key for item in aggregate.outbox}
    new = tuple(Outstanding(effect=effect) for effect in effects if effect.key not in queued)
    return (
        aggregate.replaced(outbox=(*aggregate.outbox, *new)),
        tuple(effect.key for effect in effects),
    )


def set_team(aggregate: LeadAggregate, args: tuple[Any, ...], now: datetime) -> LeadAggregate:
    """Record the people and addresses that have the roles from here on, if they are news and not outdated.

    A role for which the message names no address keeps its address. Mails to a changed role that had failed for good
    are retried, because the old address may have been the reason. News of the future are refused, and count from now at
    the latest: nothing that is sent today can stand in front of what a worker says tomorrow. A lead that knows a key of
    the service believes only what that has signed, and one that has not heard from its workers believes nothing.
    """
    if aggregate.keys is None:
        return aggregate.refuse(Refusal.of("set_team", NOT_SIGNED, now))
    if aggregate.keys and not is_from_service(args, aggregate.keys, aggregate.lead.id, "set_team"):
        unsigned = refuse(
            "Only the service tells a lead of its team, from its settings, and this is not signed by it"
        )
        return aggregate.refuse(Refusal.of("set_team", unsigned, now))
    try:
        team = Team.model_validate(args[0] if args else {})
    except ValidationError as error:
        return aggregate.refuse(Refusal.of("set_team", refuse(complaints(error)), now))
    if team.read_at and team.read_at > now + CLOCKS_DIFFER_BY:
        refused = refuse(
            f"Settings cannot have been read in the future, at {team.read_at:%Y-%m-%d %H:%M} UTC"
        )
        return aggregate.refuse(Refusal.of("set_team", refused, now))
    lead, since = aggregate.lead, min(team.read_at or now, now)
    if lead.team_read_at and since < lead.team_read_at:
        return aggregate
    if aggregate.team != team.checksum():
        aggregate = aggregate.replaced(team=team.checksum())
    addresses = lead.policy.addresses | {role: named for role, named in team.addresses.items() if named}
    team = team.replaced(addresses=addresses)
    roles = tuple(role for role in sorted(TEAMS) if _named(team, role) != _named(lead.policy, role))
    if not roles and team.aliases == lead.policy.aliases:
        return aggregate
    fact = TeamChanged(
        people=team.people, addresses=addresses, aliases=team.aliases, since=since, roles=roles
    )
    return _retry_mails_to(aggregate.record(fact, now), roles)


def flag_duplicates(aggregate: LeadAggregate, args: tuple[Any, ...], now: datetime) -> LeadAggregate:
    """Hold a lead that matches other leads, if nobody has judged that match yet."""
    try:
        message = DuplicateCandidates.model_validate(*args[:1] or ({},))
    except ValidationError as error:
        return aggregate.refuse(Refusal.of("flag_duplicates", refuse(complaints(error)), now))
    new = new_candidates(aggregate.lead, message.originals)
    return aggregate.record(DuplicatesFlagged(originals=new), now) if new else aggregate


def receive_relation_notice(
    aggregate: LeadAggregate, args: tuple[Any, ...], now: datetime
) -> tuple[LeadAggregate, DuplicateLink | Refused]:
    """Record the relation that another lead says it has to this one. Returns this lead's own link as the answer."""
    try:
        notice = RelationNotice.model_validate(*args[:1] or ({},))
    except ValidationError as error:
        refused = refuse(complaints(error))
        return aggregate.refuse(Refusal.of("receive_relation_notice", refused, now)), refused
    sender, lead = notice.sender.lead_id, aggregate.lead
    answer = DuplicateLink(lead_id=lead.id, heading=lead.heading, url=lead.issue.url if lead.issue else "")
    if notice.seq <= aggregate.last_seen.get(sender, 0):
        return aggregate, answer
    if refusal := refuse_notice(lead, notice):
        known = any((each.by, each.reason) == (sender, refusal.reason) for each in aggregate.refusals)
        if not known:
            aggregate = aggregate.refuse(Refusal.of("merged", refusal, now, by=sender, source="lead"))
        return aggregate, refusal
    fact = noticed(aggregate.event_log, notice)
    aggregate = aggregate.replaced(last_seen=aggregate.last_seen | {sender: notice.seq})
    return (aggregate.record(fact, now) if fact else aggregate), answer


def _retry_mails_to(aggregate: LeadAggregate, roles: Collection[Role]) -> LeadAggregate:
    for item in aggregate.parked:
        if isinstance(item.effect, SendMail) and set(roles) & {*item.effect.to}:
            aggregate = aggregate.retry(item.effect.key)
    return aggregate


def _named(source: Team | Policy, role: Role) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return source.people.get(role, ()), source.addresses.get(role, ())
