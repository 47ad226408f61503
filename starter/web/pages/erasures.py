"""Personal data: finding a person, giving them what is kept of them, and asking for and agreeing to their erasure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Final, NamedTuple

import structlog
from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from client.connection import as_leads_errors
from client.erasure.errors import ErasureRefused, NoSuchErasure
from client.erasure.opening import Erasures
from process.actor import Actor, Face
from process.core.refusal import Refused, refuse
from process.privacy.person import Person
from process.privacy.requests import (
    STEPS,
    ErasureRequest,
    HoldReason,
    RequestState,
    refuse_confirmation,
    refuse_held_elsewhere,
    refuse_rest,
    refuse_unknown,
    refuse_withdrawal,
)
from starter.web.erasures import Search, demand, person_of_words, search, zip_of
from starter.web.forms.posted import posted
from starter.web.pages.rendering import page
from starter.web.services import Services, services_of
from starter.web.spelling import WrittenRefusal, write_refusal
from starter.web.visitors import SignedIn, Visitor

MAX_TEXT: Final = 5_000
"""Characters of the words of a person at most."""
STATES: Final = {
    RequestState.REQUESTED: "waits for a second person",
    RequestState.HELD: "held",
    RequestState.RUNNING: "agreed to, and to be carried out",
    RequestState.DONE: "done",
    RequestState.WITHDRAWN: "withdrawn",
}
REASONS: Final = {
    HoldReason.INVOICE: "an invoice is open",
    HoldReason.CONTRACT: "a contract runs",
    HoldReason.DISPUTE: "a dispute",
    HoldReason.AUTHORITY: "an authority has asked for it",
}

_log = structlog.get_logger("web")

router = APIRouter(include_in_schema=False)

RequestName = Annotated[str, Path(max_length=40, pattern=r"^[a-z0-9-]+$")]


class Line(NamedTuple):
    """A request in the list."""

    request: ErasureRequest
    state: RequestState
    done: int
    """Number of leads from which the person is erased."""


@router.get("/erasures")
async def show(request: Request, visitor: SignedIn) -> HTMLResponse:
    """Show the requests, and the form by which a person is looked for."""
    return await _list(request, visitor)


@router.post("/erasures")
async def find(request: Request, visitor: SignedIn) -> Response:
    """Look for a person (`do=look`), give what is kept of them (`do=export`), or ask for the erasure (`do=ask`).

    `do=ask-anyway` asks in spite of a doubt.
    """
    services, given = services_of(request), await posted(request)
    fields = dict(given)
    do, text, exactly = fields.get("do", "look"), fields.get("words", "")[:MAX_TEXT], "exactly" in fields
    chosen, all_of = [value for name, value in given if name == "lead"], fields.get("leads", "")
    try:
        if do != "look" and not chosen and all_of != "0":
            raise ErasureRefused(refuse("No lead is ticked"))
        found = await _search(services, text, chosen if do != "look" else [], exactly=exactly)
        if do != "look" and not chosen and found.found.leads:
            raise ErasureRefused(refuse("Leads name this person by now", "Look for them again"))
        if do == "export":
            return await _export(services, found)
        if do in ("ask", "ask-anyway"):
            found = replace(found, limited=str(len(found.found.leads)) != all_of)
            return await _asked(services, visitor, found, anyway=do == "ask-anyway")
    except ErasureRefused as error:
        return await _list(request, visitor, text=text, refused=error.refusal, status=409)
    return await _list(request, visitor, text=text, search=found)


@router.get("/erasures/{name}")
async def read(request: Request, name: RequestName, visitor: SignedIn) -> HTMLResponse:
    """Show one request: what is done of it, and what may be done with it."""
    return await _one(request, visitor, name)


@router.post("/erasures/{name}/{act}")
async def change(request: Request, name: RequestName, act: str, visitor: SignedIn) -> Response:
    """Agree to a request, hold it, withdraw it, or end it with the places that are left (`rest`)."""
    services, given = services_of(request), dict(await posted(request))
    requests, actor, today = demand(services.erasures).requests, visitor.actor(Face.PAGE), services.today()
    try:
        match act:
            case "confirm":
                await _run(services, lambda: requests.confirm(name, actor, today))
            case "withdraw":
                await _run(services, lambda: requests.withdraw(name, actor))
            case "rest":
                await _run(services, lambda: requests.accept_rest(name, actor))
            case "hold":
                until, reason = _until(given.get("until", "")), _reason(given.get("reason", ""))
                await _run(services, lambda: requests.hold(name, actor, until, reason, today))
            case _:
                raise HTTPException(404, "A request is confirmed, held or withdrawn.")
    except NoSuchErasure as error:
        raise HTTPException(404, str(error)) from None
    except ErasureRefused as error:
        return await _one(request, visitor, name, refused=error.refusal, status=409)
    _log.info("erasure changed", request=name, act=act)
    return RedirectResponse(f"/erasures/{name}", 303)


# ---- what is done


async def _search(services: Services, text: str, lead_ids: Sequence[str], *, exactly: bool) -> Search:
    """Return what all stores keep of a person. All events are read, so one search is made at a time."""
    person = person_of_words(text)
    if services.finding.locked():
        raise ErasureRefused(
            refuse("Somebody else is looking for a person just now", "Try again in a minute")
        )
    ledger, pages, policy = services.ledger, services.database, services.leads.policy
    async with services.finding:
        return await services.run(lambda: search(ledger, pages, policy, person, lead_ids, exactly=exactly))


async def _export(services: Services, found: Search) -> Response:
    leads = found.found
    if not leads.leads:
        raise ErasureRefused(refuse("No lead names this person"))
    body = await services.run(lambda: zip_of(services.ledger, leads))
    _log.info("personal data was given out", leads=len(leads.leads))
    headers = {"content-disposition": 'attachment; filename="personal-data.zip"'}
    return Response(body, media_type="application/zip", headers=headers)


async def _asked(services: Services, visitor: Visitor, found: Search, *, anyway: bool) -> Response:
    """Ask for the erasure from the leads that were found, and from the pages."""
    actor, erasures = visitor.actor(Face.PAGE), demand(services.erasures)
    leads = [each.lead_id for each in found.found.leads]
    refused = _not_now(actor, found)
    if refused is None and not anyway:
        refused = await _doubt(services, found)
    if refused:
        raise ErasureRefused(refused)
    person, limited = found.found.person, found.limited
    asked = await _run(services, lambda: erasures.requests.ask(person, leads, actor, limited=limited))
    _log.info("erasure asked for", request=asked.id, leads=len(leads))
    return RedirectResponse(f"/erasures/{asked.id}", 303)


def _not_now(actor: Actor, found: Search) -> Refused | None:
    if unknown := refuse_unknown(actor):
        return unknown
    if found.is_empty:
        return refuse("Neither a lead nor the pages name this person")
    if found.settings:
        return refuse(
            f"The settings name this person ({', '.join(found.settings)})",
            "Have them taken out first: otherwise each lead is told of them again",
        )
    return None


async def _doubt(services: Services, found: Search) -> Refused | None:
    """Return why a request would be a mistake, or None. Somebody who knows better may ask all the same."""
    erasures, today = services.erasures, services.today()
    return await _run(services, lambda: found.doubt(erasures, today)) if erasures else None


async def _run(services: Services, work: Any) -> Any:
    async with as_leads_errors():
        return await services.run(work)


# ---- pages


async def _list(
    request: Request,
    visitor: Visitor,
    *,
    text: str = "",
    search: Search | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HTMLResponse:
    services = services_of(request)
    erasures, today = services.erasures, services.today()
    known: list[ErasureRequest] = await _run(services, erasures.journal.requests) if erasures else []
    return page(
        request,
        "erasures.html",
        visitor,
        status,
        lines=[_line(each, today) for each in reversed(known)],
        states=STATES,
        text=text,
        search=search,
        refused=_written(refused),
        not_now=_written(_not_now(visitor.actor(Face.PAGE), search)) if search else None,
        doubt=_written(await _doubt(services, search)) if search else None,
        has_keys=erasures is not None,
    )


async def _one(
    request: Request, visitor: Visitor, name: str, refused: Refused | None = None, status: int = 200
) -> HTMLResponse:
    services = services_of(request)
    erasures, actor, today = demand(services.erasures), visitor.actor(Face.PAGE), services.today()
    entry, whom = await _run(services, lambda: _read(erasures, name))
    if entry is None:
        raise HTTPException(404, f"There is no erasure {name!r}.")
    digest = erasures.requests.digest(actor)
    others = await _run(services, erasures.journal.requests)
    return page(
        request,
        "erasure.html",
        visitor,
        status,
        entry=entry,
        state=entry.state(today),
        states=STATES,
        reasons=REASONS,
        steps=len(STEPS),
        whom=whom,
        is_mine=bool(digest) and entry.asked_by == digest,
        refused=_written(refused),
        not_agreed=_written(
            refuse_confirmation(entry, actor, digest, today) or refuse_held_elsewhere(entry, others, today)
        ),
        may_withdraw=refuse_withdrawal(entry, actor) is None,
        may_end=entry.confirmed_at is not None and refuse_rest(entry, actor) is None,
        may_hold=entry.is_pending
        and not any(each.done for each in entry.leads)
        and not refuse_unknown(actor),
        today=today,
    )


def _read(erasures: Erasures, name: str) -> tuple[ErasureRequest | None, Person | None]:
    entry = erasures.journal.find(name)
    whom = erasures.requests.whom(entry) if entry and entry.is_pending else None
    return entry, whom if isinstance(whom, Person) else None


def _line(entry: ErasureRequest, today: date) -> Line:
    return Line(entry, entry.state(today), sum(each.next_step is None for each in entry.leads))


def _written(refused: Refused | None) -> WrittenRefusal | None:
    return write_refusal(refused, "") if refused else None


def _until(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise ErasureRefused(refuse("Give the last day of the hold, as 2027-01-31")) from None


def _reason(given: str) -> HoldReason:
    try:
        return HoldReason(given)
    except ValueError:
        raise ErasureRefused(refuse("Choose the reason of the hold")) from None
