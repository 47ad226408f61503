"""Responses to the questionnaire become answers of the lead that they belong to, or a lead of their own.

Which lead: the one that has this response already; the one that the answers name; the one open lead of this mail address
that is not under contract yet. One that was merged stands for the lead that it was merged into. An edited response is read
again. What looks like another open lead is a lead of its own all the same, held until a person decides.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic import AwareDatetime, BaseModel, Field, ValidationError
from temporalio import activity

from activities.errors import again
from activities.github.survey import AT_FIRST, OVERLAP
from activities.google.forms import FormsActivities, Response
from activities.issue_sync.context import in_thread
from client.directory import LeadHandle
from client.errors import LeadsError, Unavailable
from client.leads import LeadsClient
from config.settings import Settings
from process.decisions.opening import LeadOpened, contact_complaint
from process.decisions.qualifying import BEFORE_CONTRACT, QuestionnaireAnswered
from process.identity import lead_id
from process.types import one_line
from workflows.reconcile import SystemResult

BY = "the questionnaire"
SOURCE = "questionnaire"
LONGEST_TITLE = 100
UNCLAIMED = 200
"""Responses without a lead that are remembered."""

_LEAD = re.compile(r"\blead-[a-z2-7]{8}\b")


def _a_while_ago() -> datetime:
    return datetime.now(UTC) - AT_FIRST


class Cursor(BaseModel):
    """How far the responses were read, and those of whom nobody knows what they are about."""

    since: AwareDatetime = Field(default_factory=_a_while_ago)
    taken: dict[str, AwareDatetime] = {}
    """Response -> when it had been sent in, or edited, as it was taken. Those since `since`."""
    unclaimed: dict[str, str] = {}
    """Response -> why it has no lead."""


class Facts(NamedTuple):
    """What a response says about its lead."""

    org: str
    person: str
    email: str
    title: str
    lead: str


class UnclearResponse(Exception):
    """A response does not say enough to find or begin its lead. The text says what is missing."""


class Questionnaire:
    """What the worker does about the questionnaire in a round."""

    def __init__(self, leads: LeadsClient, settings: Settings) -> None:
        self.leads = leads
        self.settings = settings
        self.forms = FormsActivities(settings)

    @activity.defn(name="reconcile_questionnaire")
    async def reconcile_questionnaire(self, cursor: dict[str, Any]) -> SystemResult:
        """Takes what was sent in or edited since the last round."""
        before = _read(cursor)
        responses = await in_thread(self.forms.responses_since, before.since)
        taken, unclaimed, found = dict(before.taken), dict(before.unclaimed), list[str]()
        begun: dict[str, LeadHandle] = {}
        for response in responses:
            if taken.get(response.id) == response.submitted_at:
                continue
            try:
                lead = await self._take(response, begun)
            except Unavailable as failure:
                raise again(str(failure)) from None
            except (LeadsError, UnclearResponse) as refused:
                unclaimed[response.id] = str(refused)
            else:
                unclaimed.pop(response.id, None)
                found.append(f"response {response.id}: {lead.id}")
            taken[response.id] = response.submitted_at
        for response_id in list(unclaimed):
            if await self.leads.by_response(response_id):  # a person gave it to a lead
                del unclaimed[response_id]
        found += [f"response {response_id} has no lead: {why}" for response_id, why in unclaimed.items()]
        newest = max((response.submitted_at for response in responses), default=before.since)
        since = max(before.since, newest - OVERLAP)
        after = Cursor(
            since=since,
            taken={response_id: at for response_id, at in taken.items() if at >= since},
            unclaimed=dict(list(unclaimed.items())[-UNCLAIMED:]),
        )
        return SystemResult(cursor=after.model_dump(mode="json"), found=tuple(found), cost={})

    async def _take(self, response: Response, begun: dict[str, LeadHandle]) -> LeadHandle:
        """The lead that has it now. Raises UnclearResponse, or the client's error that says why it can't be taken."""
        facts = self._facts(response)
        known = await self._known(response, facts)
        lead = known or begun.get(facts.email.casefold()) or await self._begin(response, facts)
        if facts.email:
            begun[facts.email.casefold()] = lead
        answered = QuestionnaireAnswered(
            response_id=response.id,
            submitted_at=response.submitted_at,
            by=BY,
            source=SOURCE,
            key=f"{SOURCE} {response.id} {response.submitted_at.isoformat()}",
        )
        await self.leads.decide(lead, answered)
        return lead

    async def _known(self, response: Response, facts: Facts) -> LeadHandle | None:
        if lead := await self.leads.by_response(response.id):
            return await self.leads.successor(lead)
        if facts.lead:
            return await self.leads.successor(await self.leads.find(facts.lead))
        return await self._by_address(facts.email) if facts.email else None

    async def _by_address(self, email: str) -> LeadHandle | None:
        """The one open lead of this address that still waits for answers, or else the one that may have others."""
        views = [(lead, await self.leads.overview(lead)) for lead in await self.leads.by_domain(email)]
        views = [
            (lead, view)
            for lead, view in views
            if (view.facts.email or "").casefold() == email.casefold() and view.stage in BEFORE_CONTRACT
        ]
        sure = [
            (lead, view) for lead, view in views if not view.facts.undecided
        ]  # the others may be one of these
        theirs = [(lead, view.facts.questionnaire.answered_on is None) for lead, view in sure or views]
        waiting = [lead for lead, waits in theirs if waits]
        candidates: Sequence[LeadHandle] = waiting or [lead for lead, _ in theirs]
        return candidates[0] if len(candidates) == 1 else None

    async def _begin(self, response: Response, facts: Facts) -> LeadHandle:
        if not facts.org:
            raise UnclearResponse(
                "it names no organisation. If it belongs to a lead, say so: leads questionnaire-answered LEAD "
                f"--response-id {response.id}"
            )
        opened = LeadOpened(
            org=facts.org,
            person=facts.person or facts.email or "Somebody",
            title=facts.title or "Questionnaire",
            email=facts.email or None,
            zone=self.settings.zone,
            by=BY,
            source=SOURCE,
        )
        begun = await self.leads.take_in(opened, lead=lead_id(SOURCE, response.id))
        return await self.leads.find(begun.lead)

    def _facts(self, response: Response) -> Facts:
        """Each on one line, and as short as it must be."""
        asked = {_plain(title): name for name, title in self.settings.google.questions.items()}
        said = {
            name: one_line(text) for title, text in response.answers if (name := asked.get(_plain(title)))
        }
        email = said.get("email", "") or response.email
        title = said.get("title", "")
        named = _LEAD.search(said.get("lead", ""))
        return Facts(
            org=said.get("org", "")[:200],
            person=said.get("person", "")[:200],
            email=email if email and not contact_complaint(None, email) else "",
            title=title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1].rstrip()}…",
            lead=named[0] if named else "",
        )


def _plain(title: str) -> str:
    return " ".join(title.split()).casefold()


def _read(cursor: dict[str, Any]) -> Cursor:
    """How far the last round came; from the start where another release remembered it otherwise."""
    try:
        return Cursor.model_validate(cursor)
    except ValidationError:
        return Cursor()
