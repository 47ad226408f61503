"""The consequences of a decision, as a page shows them before it is taken."""

from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from client.answers import DecisionPreview
from client.connection import as_leads_errors
from client.errors import DecisionRefused, LeadsError
from client.previews import PreviewSection, sections
from process.actor import Actor
from process.core.aggregate import LeadAggregate
from process.core.answers import Answer
from process.core.preview import preview_decision
from process.decisions.base import Decision
from process.types import Stage
from starter.web.services import Services
from starter.web.spelling import WrittenRefusal, write_refusal

TIMEOUT = timedelta(seconds=3)
"""Time for the lead's answer. After it, the preview is made from the ledger."""


class ShownPreview(NamedTuple):
    """The consequences of a decision, or why it would be refused."""

    message: str
    """Sentence that would stand in the timeline; empty if it would be refused."""
    stage: str
    """Stage of the lead afterwards."""
    sections: tuple[PreviewSection, ...]
    refused: WrittenRefusal | None
    from_ledger: bool
    """True if no worker answered, so that what is under way outside is not considered."""


async def preview_now(services: Services, aggregate: LeadAggregate, decision: Decision) -> ShownPreview:
    """Return the consequences as the lead foretells them, or as the ledger does if the lead does not answer."""
    leads = replace(services.leads, timeout=TIMEOUT)
    lead_id = aggregate.lead.id
    try:
        async with as_leads_errors(2 * TIMEOUT):
            found = await leads.preview(leads.client.get_workflow_handle(lead_id), decision)
    except DecisionRefused as refused:
        answer = Answer(
            accepted=False, message=refused.refusal.reason, suggestions=refused.refusal.suggestions
        )
        found = DecisionPreview(answer=answer, stage=aggregate.lead.stage, effects=[])
    except LeadsError:
        return await services.run(lambda: preview_from_ledger(services, aggregate, decision))
    return _shown(found, lead_id, decision, from_ledger=False)


def preview_from_ledger(services: Services, aggregate: LeadAggregate, decision: Decision) -> ShownPreview:
    """Return the consequences for the lead as it is recorded."""
    actor = believed(services, decision.actor)
    body = services.leads.body_of(decision)
    found = preview_decision(aggregate, decision.kind, (body,), services.clock(), actor)
    shown = DecisionPreview(
        answer=found.answer,
        stage=Stage(found.stage),
        effects=list(found.effects),
        dates=list(found.dates),
        attention=list(found.attention),
        correction_impact=found.correction_impact,
    )
    return _shown(shown, aggregate.lead.id, decision, from_ledger=True)


def believed(services: Services, actor: Actor | None) -> Actor | None:
    """Return the person as the lead knows them once it has the envelope: authenticated if the service signs it."""
    if actor is None:
        return None
    known = bool(services.leads.key) and actor.face.authenticates and actor.identity is not None
    return actor.replaced(authenticated=known)


def _shown(found: DecisionPreview, lead_id: str, decision: Decision, *, from_ledger: bool) -> ShownPreview:
    accepted = found.answer.accepted
    known = decision.actor is not None and decision.actor.identity is not None
    refused = None if accepted else found.answer.refused
    return ShownPreview(
        message=found.answer.message if accepted else "",
        stage=found.stage,
        sections=sections(found, ask="Tick “{}”"),
        refused=write_refusal(refused, lead_id, form_of=decision.kind, known=known) if refused else None,
        from_ledger=from_ledger,
    )
