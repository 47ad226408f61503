"""A person as they are named on the command line, and the leads that keep something of them."""

from collections.abc import Iterable, Sequence
from typing import Annotated

from cyclopts import Parameter
from pydantic import ValidationError

from client.erasure.finding import Found, find, person_named
from client.errors import LedgerFailed
from ledger.errors import LedgerError
from ledger.reader import LedgerReader
from process.actor import Actor, Face, identity_of, plain_name
from process.policy import Policy
from process.privacy.acquaintance import TEAM
from process.types import Role
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output

PersonArgument = Annotated[
    str,
    Parameter(help="The person's mail address, GitHub login (as @ada) or name, as they are known to leads."),
]


def find_person(
    ledger: LedgerReader, words: Iterable[str], lead_ids: Sequence[str], *, widen: bool = True
) -> Found:
    """Return the person with these words and the leads that name them. Raises CommandFailed or LedgerFailed."""
    try:
        person = person_named(words)
    except (ValidationError, ValueError):
        raise CommandFailed(
            ExitCode.USAGE, "Name the person by a mail address, a GitHub login (as @ada) or a name."
        ) from None
    try:
        return find(ledger, person, lead_ids=lead_ids, widen=widen)
    except LedgerError as error:
        raise LedgerFailed(str(error)) from error


def show_found(found: Found, out: Output) -> None:
    """Print the words by which the person is known, and the leads that name them."""
    person = found.person
    words = (*person.names, *person.addresses, *(f"@{login}" for login in person.logins))
    out.line(f"Known as: {', '.join(words)}", "bold")
    if found.leads:
        out.table(
            ("lead", "places", "contact", "heading"),
            [
                (each.lead_id, str(each.places), "yes" if each.is_contact else "", each.heading)
                for each in found.leads
            ],
        )


def actor_at_command_line(by: str, policy: Policy) -> Actor:
    """Return the person at the command line, as far as the settings know them.

    Somebody is known who has a role: by a login among the people of a role, or by another name of theirs. A team is not
    asked for its members here. Nobody has a role where the settings name no people; then each name counts.
    """
    named = {role: {plain_name(name) for name in names} for role, names in policy.people.items()}
    identity = identity_of(policy.aliases, by)
    if not any(named.values()):
        return Actor(face=Face.COMMAND_LINE, identity=identity, roles=None)
    roles = tuple(sorted(Role(role) for role, names in named.items() if identity in names))
    known = roles or identity in {plain_name(each) for each in policy.aliases}
    return Actor(face=Face.COMMAND_LINE, identity=identity if known else None, roles=roles or None)


def demand_people(actor: Actor, policy: Policy) -> None:
    """Raise CommandFailed if nobody can be known at the command line: the roles are those of teams only."""
    named = [name for names in policy.people.values() for name in names]
    if actor.identity is None and not policy.aliases and all(name.startswith(TEAM) for name in named):
        raise CommandFailed(
            ExitCode.REFUSED,
            "Nobody is known at the command line: LEADS_PEOPLE names teams only, and their members are not asked for "
            "here. An erasure needs two people. Set LEADS_ALIASES with the names of two at the command line, such as "
            '{"ada": ["ada.l"], "bo": ["bo.m"]}, or ask and agree in the pages, signed in.',
        )
