"""Search: leads by their words, decisions by their names, and pages."""

from collections.abc import Iterable, Sequence
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from ledger.queries.search import search
from process.core.refusal import title
from process.decisions.opening import LeadOpened
from process.decisions.registry import DECISIONS
from process.identity import issue_name, same_text
from process.reports.catalog import REPORTS
from process.views.lead_row import LeadRow
from starter.web.pages.queries import Words
from starter.web.pages.rendering import page
from starter.web.services import services_of
from starter.web.visitors import SignedIn

router = APIRouter(include_in_schema=False)

LIMIT = 20
"""Number of leads that are shown."""
FEW = 5
"""Number of leads for which a decision is proposed, and number of proposed decisions."""
SHORTEST = 3
"""Letters from which on the beginning of a word stands for it."""

PAGES = (
    ("Agenda", "/agenda"),
    ("Board", "/board"),
    ("New lead", "/leads/new"),
    ("Reports", "/reports"),
    *((f"Report: {info.title}", f"/reports/{name}") for name, info in REPORTS.items()),
    ("Me: roles, tokens, calendar", "/me"),
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
) -> HTMLResponse:
    """Show what is found."""
    leads, proposed = await services_of(request).ask(_search, q)
    words = _words(q)
    return page(
        request,
        "search.html",
        visitor,
        q=q,
        leads=[Found(row, _found_by(row, words)) for row in leads[:LIMIT]],
        has_more=len(leads) > LIMIT,
        proposed=proposed,
        pages=[each for each in PAGES if all(word in same_text(each[0]) for word in words)],
    )


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


def wanted_decisions(text: str) -> list[Wanted]:
    """Return the decisions that a search may mean: all words of one, with others; or only words of one."""
    words = _words(text)
    found = (
        _wanted(kind, words) for kind in DECISIONS if kind != LeadOpened.kind
    )  # that has a page of its own
    return [each for each in found if each][:FEW]


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
