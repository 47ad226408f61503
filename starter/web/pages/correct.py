"""Correcting an event: what was decided, what follows, and what is put right outside."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import Response

from process import authorization
from process.actor import NOBODY, Face
from process.core.aggregate import LeadAggregate
from process.core.answers import Answer
from process.core.decide import decide
from process.core.events import Event
from process.core.fold import corrected_by
from process.core.refusal import Refused, title
from process.corrections.corrected_decision import CorrectionImpact, Trace
from process.corrections.impact import correction_impact
from process.decisions.base import Decision
from process.decisions.correcting import Corrected
from process.decisions.opening import LeadOpened
from process.decisions.registry import DECISIONS
from process.types import Role
from starter.web.forms.fields import FormField, fields_of
from starter.web.forms.form import Form
from starter.web.forms.posted import posted
from starter.web.lead_ids import LeadId
from starter.web.pages.decision_page import INSTEAD_OF, DecisionPage, Given, keeping
from starter.web.previewing import believed, preview_from_ledger
from starter.web.reading import read_lead
from starter.web.services import services_of
from starter.web.spelling import CORRECTION, decision_address
from starter.web.visitors import SignedIn, Visitor

router = APIRouter(include_in_schema=False)

NO_REASON_YET = "…"
"""Stands for the reason in the preview until one is typed."""
MAX_PREFILLED = 500
"""Characters of a value that the address of the next form carries."""
_PROBES: tuple[dict[str, Any], ...] = ({}, {"compensate": ("all",)}, {"rest_is_fine": True})
"""The ways to correct an event: an event that is corrected already takes only the last two."""

Seq = Annotated[int, Path(ge=1, le=1_000_000)]


@router.get("/leads/{lead_id}/correct/{seq}")
async def show(request: Request, lead_id: LeadId, seq: Seq, visitor: SignedIn) -> Response:
    """Show what was decided and what a correction would do, or why there can be none."""
    shown = await _page(request, lead_id, seq, visitor)
    return await shown.services.run(lambda: _shown(shown))


def _shown(shown: "CorrectionPage") -> Response:
    """Return the page of the form. It takes a while."""
    shown.prepare()
    if answer := shown.not_theirs():
        return answer
    if refused := shown.refused():
        return shown.impossible(refused)
    form = shown.on_lead(Form.empty(Corrected, shown.request.query_params.multi_items()))
    _, parsed = form.read(**shown.ours())
    if parsed is None and not form.values.get("reason"):
        _, parsed = form.read(**shown.ours(), reason=NO_REASON_YET)
    preview = preview_from_ledger(shown.services, shown.aggregate, parsed) if parsed else None
    form = form.with_complaints_about_given()
    return shown.page(form, preview=preview, status=422 if form.complaints else 200)


@router.post("/leads/{lead_id}/correct/{seq}")
async def correct(request: Request, lead_id: LeadId, seq: Seq, visitor: SignedIn) -> Response:
    """Answer the form that was sent."""
    given = await posted(request)
    with keeping(given):
        shown = await _page(request, lead_id, seq, visitor)
    shown.then = dict(given).get("then", "")
    return await shown.sent(given)


async def _page(request: Request, lead_id: str, seq: int, visitor: Visitor) -> "CorrectionPage":
    aggregate = await read_lead(services_of(request), lead_id)
    event = aggregate.event_log.find(seq)
    if event is None:
        newest = aggregate.lead.last_seq
        raise HTTPException(404, f"The lead's timeline has no event {seq}: the newest is {newest}.")
    return CorrectionPage(request, visitor, aggregate, event)


class CorrectionPage(DecisionPage):
    """The page of the correction of one event."""

    template = "correct.html"

    def __init__(self, request: Request, visitor: Visitor, aggregate: LeadAggregate, event: Event) -> None:
        super().__init__(request, visitor, aggregate, Corrected)
        self.event, self.then = event, ""
        self.impact: CorrectionImpact | None = None
        """The consequences of the correction, once they are prepared."""

    @property
    def heading(self) -> str:
        return f"Correct {self.event.seq}: {title(self.event.kind)}"

    def ours(self) -> dict[str, Any]:
        return {**super().ours(), "seq": self.event.seq}

    def prepare(self) -> None:
        if not isinstance(self.event.fact, LeadOpened):  # which is changed, and never corrected
            self.impact = correction_impact(self.aggregate.event_log, self.event.seq)

    def values(self) -> dict[str, Any]:
        traces = self.impact.traces if self.impact else ()
        fields = {field.name: field for field in fields_of(Corrected)}
        return {
            "event": self.event,
            "correction": self._correction,
            "boxes": [trace for trace in traces if trace.compensate],
            "stays": [trace.summary for trace in traces if trace.fate == "stays"],
            "fields": [fields["reason"], *self._more(fields, traces), fields["note"]],
            "again": self._again,
            "then": self.then,
        }

    def _more(self, fields: dict[str, FormField], traces: tuple[Trace, ...]) -> list[FormField]:
        """Return the boxes that make sense for this event."""
        fine = self._correction is not None or any(trace.compensate for trace in traces)
        return [fields["rest_is_fine"], fields["tell"]] if fine else [fields["tell"]]

    @property
    def _correction(self) -> int | None:
        """Number of the correction that has taken the event out already, or None."""
        return corrected_by(self.aggregate.event_log.corrections).get(self.event.seq)

    @property
    def _again(self) -> bool:
        """True if the decision can be taken anew, with other values."""
        return self.event.kind in DECISIONS and self.event.kind != CORRECTION and self._correction is None

    async def sent(self, given: Given) -> Response:
        """Return the answer to the form. What never can be corrected has none."""
        is_decision = isinstance(self.event.fact, Decision) and not isinstance(self.event.fact, LeadOpened)
        if not is_decision and (refused := await self.services.run(self.refused)):
            return self.impossible(refused, 409)
        return await super().sent(given)

    def deciders(self) -> frozenset[Role]:
        return authorization.deciders(self._probe(), self.aggregate.event_log)

    def lacking(self) -> Refused | None:
        roles = self.visitor.actor(Face.PAGE).roles
        if roles is None or self.deciders().intersection(roles):
            return None
        return authorization.may_decide(self._probe(), self.aggregate.event_log)

    def refused(self) -> Refused | None:
        """Return the reason why the event cannot be corrected in any way, or None."""
        now = self.services.clock()
        first = None
        for more in _PROBES:
            found = decide(self.aggregate.event_log, self._probe(**more), now)
            if not isinstance(found, Refused):
                return None
            first = first or found
        return first

    def _probe(self, **more: Any) -> Corrected:
        ours = self.ours()
        actor = believed(self.services, ours.pop("actor")) or NOBODY
        return Corrected(**ours, actor=actor, reason=NO_REASON_YET, **more)

    def next_address(self, answer: Answer) -> str:
        """Return the address of the lead, or of the form that decides it anew."""
        if self.then != "again" or not self._again:
            return super().next_address(answer)
        known = {field.name for field in fields_of(DECISIONS[self.event.kind])} - {"note"}
        body = self.event.fact.model_dump(mode="json", exclude_defaults=True)
        same = {name: value for name, value in body.items() if name in known and _fits(value)}
        return decision_address(self.event.kind, self.lead.id, {**same, INSTEAD_OF: self.event.seq})


def _fits(value: Any) -> bool:
    return len(str(value)) <= MAX_PREFILLED
