"""Search: leads by their words, decisions by their names, and pages."""

from collections.abc import Iterable, Sequence
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from client.errors import LeadsError
from ledger.errors import LedgerRefused, LedgerUnavailable
from ledger.queries.search import search
from process.actor import Face
from process.authorization import lacking_role
from process.core.refusal import title
from process.decisions.opening import LeadOpened
from process.decisions.registry import DECISIONS
from process.identity import issue_name, same_text
from process.reports.catalog import REPORTS
from process.views.choices import choices
from process.views.lead_row import LeadRow
from starter.web.pages.queries import Words
from starter.web.pages.rendering import page
from starter.web.reading import read_folded
from starter.web.services import Services, services_of
from starter.web.spelling import CORRECTION
from starter.web.visitors import SignedIn, Visitor

router = APIRouter(include_in_schema=False)

LIMIT = 20
"""Number of leads that are shown."""
FEW = 5
"""Number of leads for which a decision is proposed, and number of proposed decisions."""
MANY = 100
"""Number of decisions of one lead among which those are found that it takes now."""
MAX_ID = 300
"""Characters of a lead's id at most, and more."""
SHORTEST = 3
"""Letters from which on the beginning of a word stands for it."""

PAGES = (
    ("Agenda", "/agenda"),
    ("Board", "/board"),
    ("New lead", "/leads/new"),
    ("Reports", "/reports"),
    *((f"Report: {info.title}", f"/reports/{name}") for name, info in REPORTS.items()),
    ("Me: roles, tokens, calendar", "/me"),
    ("Personal data: exports, erasures", "/erasures"),
    ("Status", "/status"),
)
"""Name and address of pages."""


class Found(NamedTuple):
    """A lead, and by which of its texts that its heading does not show it was found."""

    row: LeadRow
    by: tuple[str, ...]


class ProposedDecision(NamedTuple):
    """A decision, with the leads for which it is proposed; none if the search names none."""

    kind: str
    name: str
    leads: tuple[LeadRow, ...]


class Wanted(NamedTuple):
    """A search, read as a decision about leads."""

    kind: str
    rest: str
    """The words that do not name the decision."""


@router.get("/search")
async def show(
    request: Request,
    visitor: SignedIn,
    q: Annotated[Words, Query()] = "",
    lead: Annotated[str, Query(max_length=MAX_ID)] = "",
) -> HTMLResponse:
    """Show what is found. `lead`: id of the lead on whose page it is searched, so that its decisions come first."""
    services = services_of(request)
    leads, proposed = await services.ask(_search, q)
    here = await _decisions_of(services, lead, q, visitor) if lead else []
    words = _words(q)
    return page(
        request,
        "search.html",
        visitor,
        q=q,
        leads=[Found(row, _found_by(row, words)) for row in leads[:LIMIT]],
        has_more=len(leads) > LIMIT,
        here=here,
        lead_id=lead,
        proposed=proposed,
        pages=[each for each in PAGES if all(word in same_text(each[0]) for word in words)],
    )


async def _decisions_of(services: Services, lead_id: str, text: str, visitor: Visitor) -> list[str]:
    """Return the decisions that the person may take about this lead now and may mean: without words, the next ones."""
    try:
        found, now = await read_folded(services, lead_id)
    except (LeadsError, LedgerUnavailable, LedgerRefused):
        return []
    possible = await services.run(lambda: [each for each in choices(found.log, now) if each.allowed])
    meant = {each.kind for each in wanted_decisions(text, MANY) if not each.rest}
    actor = visitor.actor(Face.PAGE)
    return [
        each.kind
        for each in possible
        if (each.kind in meant if text.strip() else each.next)
        and each.kind != CORRECTION
        and not lacking_role(actor, DECISIONS[each.kind], found.lead)
    ][:FEW]


def _search(connection: Connection, text: str) -> tuple[Sequence[LeadRow], list[ProposedDecision]]:
    """Return leads, one more than is shown if there are more, and decisions."""
    leads = search(connection, text, LIMIT + 1)
    wanted, rests = wanted_decisions(text), dict[str, Sequence[LeadRow]]()
    for each in wanted:
        if each.rest and each.rest not in rests:
            rests[each.rest] = search(connection, each.rest, FEW)
    proposed = (
        ProposedDecision(each.kind, title(each.kind), tuple(rests.get(each.rest, ()))) for each in wanted
    )
    return leads, [each for each, of in zip(proposed, wanted, strict=True) if each.leads or not of.rest]


def wanted_decisions(text: str, most: int = FEW) -> list[Wanted]:
    """Return the decisions that a search may mean: all words of one, with others; or only words of one."""
    words = _words(text)
    found = (
        _wanted(kind, words) for kind in DECISIONS if kind != LeadOpened.kind
    )  # that has a page of its own
    return [each for each in found if each][:most]


def _wanted(kind: str, words: Sequence[str]) -> Wanted | None:
    names = kind.split("_")
    meant = [word for word in words if len(word) >= SHORTEST and any(name.startswith(word) for name in names)]
    rest = [word for word in words if word not in meant]
    is_whole = all(any(name.startswith(word) for word in meant) for name in names if len(name) >= SHORTEST)
    return Wanted(kind, " ".join(rest)) if meant and (is_whole or not rest) else None


def _words(text: str) -> list[str]:
    return same_text(text.replace("\0", " ").replace("-", " ")).split() if text else []


def _found_by(row: LeadRow, words: Iterable[str]) -> tuple[str, ...]:
    """Return the texts, with their names, that have a searched word which the heading does not have."""
    heading = same_text(row.heading)
    missing = [word for word in words if word not in heading]
    known = [("id", row.lead_id), ("hub", row.hub_name), ("hub", row.hub_url)]
    known += [("issue", issue_name(url) or "") for url in (row.issue, row.hub_issue)]
    known += [(str(role), name) for role, assignee in row.assigned.items() for name in assignee.names]
    found = (f"{name}: {text}" for name, text in known if any(word in same_text(text) for word in missing))
    return tuple(dict.fromkeys(found))
