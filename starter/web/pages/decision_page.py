"""The page of one decision on one lead, as one person sees it: the form, what it would do, and how taking it ends."""

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from client.answers import Waiting
from client.errors import DecisionRefused, DecisionUnknown, LeadsError, Unavailable
from ledger.errors import LedgerRefused, LedgerUnavailable
from process.actor import Face
from process.authorization import deciders_of, lacking_role
from process.core.aggregate import LeadAggregate
from process.core.answers import Answer
from process.core.events import Event
from process.core.fold import corrected_by
from process.core.news import is_overtaken
from process.core.refusal import Refused, refuse, title
from process.decisions.base import Decision
from process.types import Role
from starter.web.forms.form import Form, examples_of
from starter.web.forms.offers import offers_of
from starter.web.pages.rendering import page
from starter.web.previewing import preview_now
from starter.web.reading import read_lead
from starter.web.services import services_of
from starter.web.spelling import WrittenRefusal, lead_address, write_refusal
from starter.web.taking import as_visitor, news_since, take
from starter.web.visitors import Visitor, visitor_of

Given = list[tuple[str, str]]
"""Names and values of a form, as it was sent."""


INSTEAD_OF = "instead-of"
"""Name under which a form carries the number of the corrected event that it replaces. No field has a hyphen."""


class DecisionPage:
    """The page of one decision on one lead, as one person sees it."""

    template = "decide.html"

    def __init__(
        self, request: Request, visitor: Visitor, aggregate: LeadAggregate, decision: type[Decision]
    ) -> None:
        self.request, self.visitor, self.aggregate, self.decision = request, visitor, aggregate, decision
        self.services, self.lead = services_of(request), aggregate.lead
        self.replaces: int | None = None
        """Number of the corrected event in place of which it is decided."""

    # ---- what differs between decisions

    @property
    def heading(self) -> str:
        """The heading of the page."""
        return title(self.decision.kind)

    def ours(self) -> dict[str, Any]:
        """Return the fields that no form says."""
        return as_visitor(self.visitor)

    def values(self) -> dict[str, Any]:
        """Return the values that the template needs beside those of every decision."""
        return {}

    def corrected(self) -> tuple[int, int] | None:
        """Return the numbers of the corrected event that it replaces and of its correction, or None."""
        seq = self.replaces
        found = corrected_by(self.aggregate.event_log.corrections).get(seq) if seq else None
        return (seq, found) if seq and found else None

    def next_address(self, answer: Answer) -> str:
        """Return the address to go on to when the decision is taken."""
        return taken_address(self.lead.id, answer.seq)

    def deciders(self) -> frozenset[Role]:
        """Return the roles that may take the decision."""
        return deciders_of(self.decision, self.lead)

    def lacking(self) -> Refused | None:
        """Return the reason why this person may not take it, or None."""
        return lacking_role(self.visitor.actor(Face.PAGE), self.decision, self.lead)

    def prepare(self) -> None:
        """Find out what takes a while, in a thread, before the form is answered. By default there is nothing."""

    # ---- answers

    async def sent(self, given: Given) -> Response:
        """Return the answer to the form: what it would do (`do=look`), taken (`do=take`), or as it was (`do=edit`)."""
        if not_theirs := self.not_theirs(status=403):
            return not_theirs
        await self.services.run(self.prepare)
        plain = self.on_lead(Form.sent(self.decision, given))
        form, parsed = plain.read(**self.ours())
        do, seen = dict(given).get("do", "look"), seen_in(given)
        news = news_since(self.aggregate, seen, form.key)
        if do == "edit":
            return self.page(plain, news=news)
        if parsed is None:
            return self.page(form, news=news, status=200 if self._refreshes() else 422)
        if do != "take" or news:
            return await self._previewed(form, parsed, news, held=do == "take")
        try:
            answer = await take(self.services, self.lead.id, parsed, seen)
        except LeadsError as error:
            if isinstance(error, DecisionRefused) and is_overtaken(error.refusal):
                return await self._overtaken(form, parsed, seen, error.refusal)
            return self._failed(form, error, given)
        if isinstance(answer, Waiting):
            return self._render("decide_waiting.html", 202, why=str(answer.why))
        return RedirectResponse(self.next_address(answer), 303)

    async def _previewed(
        self,
        form: Form,
        parsed: Decision,
        news: Sequence[Event],
        *,
        held: bool,
        refused: Refused | None = None,
    ) -> Response:
        """Return the form with what it would do. `held`: it was to be taken, and the news came before it."""
        preview = await preview_now(self.services, self.aggregate, parsed)
        more = {"refused": self._written(refused)} if refused else {}
        status = 409 if held else 200
        return self.page(form, preview=preview, news=news, looked=True, held=held, status=status, **more)

    async def _overtaken(self, form: Form, parsed: Decision, seen: int, refused: Refused) -> Response:
        """Return the form with what came before it, in the moment in which it was sent.

        Under its key the lead takes it yet. The ledger may know a moment later what the lead says already.
        """
        self.aggregate = await read_lead(self.services, self.lead.id)
        self.lead = self.aggregate.lead
        await self.services.run(self.prepare)
        news = news_since(self.aggregate, seen, form.key)
        return await self._previewed(form, parsed, news, held=True, refused=None if news else refused)

    def on_lead(self, form: Form) -> Form:
        """Return the form with what this lead offers."""
        return form.on(examples_of(self.decision.example_for(self.lead)), offers_of(self.decision, self.lead))

    def not_theirs(self, status: int = 200) -> HTMLResponse | None:
        """Return the page that says whose decision it is, if it is not this person's."""
        if (refusal := self.lacking()) is None:
            return None
        theirs = [(role, self.lead.assigned.get(role)) for role in sorted(self.deciders())]
        return self._closed(refusal, status, theirs)

    def impossible(self, refused: Refused, status: int = 200) -> HTMLResponse:
        """Return the page that says why nobody can decide it now."""
        return self._closed(refused, status, ())

    def page(self, form: Form, *, status: int = 200, **more: Any) -> HTMLResponse:
        """Return the page of the form."""
        if form.refusal and "refused" not in more:
            more["refused"] = self._written(form.refusal, form_of=self.decision.kind)
        plain: dict[str, Any] = {
            "preview": None,
            "refused": None,
            "news": (),
            "looked": False,
            "held": False,
            "away": False,
        }
        plain["corrected"] = self.corrected()
        return self._render(self.template, status, form=form, **plain | self.values() | more)

    def _failed(self, form: Form, error: LeadsError, given: Given) -> HTMLResponse:
        """Return the page of a decision that was not taken, or perhaps, with all that was typed."""
        if isinstance(error, DecisionUnknown):
            kept = [(name, value) for name, value in given if name not in ("do", "key")]
            return self._render("decide_unknown.html", 503, error=str(error), kept=[*kept, ("key", form.key)])
        if isinstance(error, DecisionRefused):  # under its key, the lead would only repeat this answer
            refused = self._written(error.refusal, form_of=self.decision.kind)
            return self.page(form.renewed(), refused=refused, status=409)
        away = isinstance(error, Unavailable)
        refused = self._written(refuse(str(error).removesuffix(".")))
        return self.page(form, refused=refused, away=away, status=503 if away else 409)

    def _closed(self, refused: Refused, status: int, theirs: Any) -> HTMLResponse:
        return self._render("decide_closed.html", status, refused=self._written(refused), theirs=theirs)

    def _written(self, refused: Refused, form_of: str = "") -> WrittenRefusal:
        return write_refusal(refused, self.lead.id, form_of=form_of, known=self.visitor.is_known)

    def _render(self, template: str, status: int, **values: Any) -> HTMLResponse:
        does, _, more = (inspect.getdoc(self.decision) or "").partition("\n\n")
        known: dict[str, Any] = {
            "lead": self.lead,
            "address": lead_address(self.lead.id),
            "heading": self.heading,
            "does": does,
            "more": more,
        }
        return page(self.request, template, self.visitor, status, **known | values)

    def _refreshes(self) -> bool:
        """Return True if a script asks for the preview anew while the form is filled in."""
        return self.request.headers.get("hx-request") == "true"


class LedgerAway(Exception):
    """The ledger cannot be read, so that a form cannot be answered. What it holds is to be kept."""

    def __init__(self, why: Exception, given: Given) -> None:
        super().__init__(str(why))
        self.given = given


@contextmanager
def keeping(given: Given) -> Iterator[None]:
    """Raise LedgerAway, with all that was typed, if the ledger cannot be read."""
    try:
        yield
    except (LedgerUnavailable, LedgerRefused) as error:
        raise LedgerAway(error, given) from error


def register(app: FastAPI) -> None:
    """Let the application keep what was typed while the ledger is away."""
    app.add_exception_handler(LedgerAway, _kept)


async def _kept(request: Request, error: Exception) -> HTMLResponse:
    assert isinstance(error, LedgerAway)  # noqa: S101 - as registered
    visitor = await visitor_of(request)
    return page(request, "decide_kept.html", visitor, 503, error=str(error), kept=error.given)


def seen_in(given: Given) -> int:
    """Return the number of the newest event that the person knew; 0 if the form does not say."""
    seen = dict(given).get("seen", "")
    return int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else 0


def replaced_in(given: Given) -> int | None:
    """Return the number of the corrected event in place of which something is decided, or None."""
    seq = dict(given).get(INSTEAD_OF, "")
    return int(seq) if seq.isascii() and seq.isdecimal() and len(seq) < 10 else None


def taken_address(lead_id: str, seq: int | None) -> str:
    """Return the address of the lead's page that shows the decision as taken."""
    return f"{lead_address(lead_id)}?taken={seq}" if seq else lead_address(lead_id)
