"""Assigns responses to the questionnaire to leads, or opens new leads from them.

A response belongs to the lead that has it already; or to the lead whose own link it came by; or to the only open lead of
an address that Google has verified, which has no contract yet and either waits for answers or is of the same organisation.
A merged lead stands for the lead that it was merged into. An edited response is read again; another response of the same
lead is kept beside the first.

What is typed proves nothing: a response that names a lead or its address without proof, or looks like another open lead,
becomes a lead of its own. That is held until a person merges it, which hands its answers over, or keeps it apart. A day
has so many new leads; further responses wait in the form for the next one.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from pydantic import AwareDatetime, Field
from temporalio import activity
from temporalio.service import RPCError

from activities.errors import again, unanswered
from activities.google.forms import FormsActivities, Response
from activities.issue_sync.context import in_thread
from activities.questionnaire_link import named_lead, signed_lead
from activities.reconcile.progress import Progress
from activities.reconcile.rows import LeadRows
from client.connection import is_refusal, translate
from client.directory import LeadHandle
from client.errors import DecisionRefused, LeadsError, LeadStuck, Unavailable
from client.leads import LeadsClient
from config.settings import Settings
from process.actor import BY_QUESTIONNAIRE, Actor
from process.addresses import complaint_about, folded, without_name
from process.decisions.opening import LeadOpened
from process.decisions.qualifying import BEFORE_CONTRACT, BY_FORM, QuestionnaireAnswered
from process.effects.requests import MAX_REASON
from process.identity import org_key, source_key
from process.lead.duplicate_links import MAX_LINK_TEXT, DuplicateLink
from process.types import Base, Id, Words, one_line
from workflows.reconcile import SystemResult

SOURCE = BY_FORM
SERVICE = Actor(face=BY_FORM, identity=BY_QUESTIONNAIRE)
"""The service, which says that a response is there. It decides nothing else."""
MAX_TITLE = 100
FIRST_SPAN = timedelta(days=1)
"""Time span that the first reconciliation reads."""
OVERLAP = timedelta(minutes=2)
"""Time span that is read again, because Google's listing lags."""
MAX_TAKEN = 5_000
"""Maximum number of taken responses that the cursor keeps. One that is forgotten is taken again, which changes nothing."""
MAX_UNCLAIMED = 200
"""Maximum number of responses without a lead that the cursor keeps."""

NAMED = "named in the questionnaire"
"""Reason to take a response for that of a lead, of which there is no proof."""


def _a_while_ago() -> datetime:
    return datetime.now(UTC) - FIRST_SPAN


class QuestionnaireCursor(Base):
    """Progress of the reading of responses, and the responses without a lead."""

    since: AwareDatetime = Field(default_factory=_a_while_ago)
    taken: dict[Id, AwareDatetime] = {}
    """Time at which each response since `since` was sent in or edited when it was taken."""
    unclaimed: dict[Id, Words] = {}
    """Reason why a response has no lead, by response."""
    day: date | None = None
    """Day (UTC) of the newest lead that a response opened."""
    opened: int = 0
    """Number of leads that responses opened on that day."""
    waiting: int = 0
    """Number of responses that wait, because that day has no room for more leads."""

    def opened_on(self, day: date) -> int:
        """Return the number of leads that responses have opened on this day."""
        return self.opened if self.day == day else 0


class ResponseFields(NamedTuple):
    """The fields of a lead found in a response."""

    org: str
    person: str
    email: str
    title: str
    lead_id: str
    """The lead whose own link the response came by, or an empty text."""
    named: str
    """A lead that somebody typed, or an empty text."""
    verified: str
    """The address if Google has verified it, or an empty text."""
    remark: str
    """A sentence about an address that was not taken, or an empty text."""


class UnclearResponse(Exception):
    """A response does not say enough to find or begin its lead. The text says what is missing."""


class DayIsFull(Exception):
    """Responses have opened as many leads today as they may."""


class QuestionnaireReconciler:
    """Takes new responses. `leads` uses the worker's own client."""

    def __init__(self, leads: LeadsClient, rows: LeadRows, settings: Settings) -> None:
        self.leads = leads
        self.rows = rows
        self.settings = settings
        self.forms = FormsActivities(settings)

    @activity.defn(name="reconcile_questionnaire")
    async def reconcile_questionnaire(self, cursor: dict[str, Any]) -> SystemResult:
        """Take the responses that were sent in or edited since the last reconciliation."""
        progress = Progress(QuestionnaireCursor, cursor)
        responses = await in_thread(self.forms.responses_since, progress.cursor.since)
        begun: dict[tuple[str, str], LeadHandle] = {}
        held: list[datetime] = []
        progress.cursor.waiting = 0
        for response in responses:
            if progress.cursor.taken.get(response.id) == response.submitted_at:
                continue
            if not await self._take_or_note(response, begun, progress):
                held.append(response.submitted_at)
            progress.save()
            if progress.is_over:
                return progress.result(more=True)
        position = progress.cursor
        for response_id in await self.rows.responses(position.unclaimed):
            del position.unclaimed[response_id]  # a person assigned it to a lead
        progress.find(
            *(f"response {response_id} has no lead: {why}" for response_id, why in position.unclaimed.items())
        )
        newest = max((response.submitted_at for response in responses), default=position.since)
        position.since = min([max(position.since, newest - OVERLAP), *held])
        known = [(response_id, at) for response_id, at in position.taken.items() if at >= position.since]
        position.taken = dict(known[-MAX_TAKEN:])
        if position.waiting:
            progress.find(_waiting(position.waiting, self.settings.google.new_leads_a_day))
        return progress.result()

    async def _take_or_note(
        self,
        response: Response,
        begun: dict[tuple[str, str], LeadHandle],
        progress: Progress[QuestionnaireCursor],
    ) -> bool:
        """Have a lead take the response, or note why none can; return False if it must wait.

        Raises ApplicationError while no worker answers.
        """
        unclaimed = progress.cursor.unclaimed
        try:
            handle = await self._take(response, begun, progress.cursor)
        except DayIsFull:
            progress.cursor.waiting += 1
            return False
        except LeadStuck as failure:  # it takes the response once it is repaired; others do not wait for that
            progress.find(f"response {response.id} waits: {failure.lead_id} is stuck")
            return False
        except RPCError as error:
            if not is_refusal(error):
                raise unanswered(error) from None
            self._note(response, str(translate(error)), progress.cursor)
        except Unavailable as failure:
            raise again(str(failure)) from None
        except (LeadsError, UnclearResponse) as refused:
            self._note(response, str(refused), progress.cursor)
        else:
            unclaimed.pop(response.id, None)
            progress.find(f"response {response.id}: {handle.id}")
        progress.cursor.taken[response.id] = response.submitted_at
        return True

    def _note(self, response: Response, why: str, cursor: QuestionnaireCursor) -> None:
        """Note that no lead can take the response."""
        noted = cursor.unclaimed | {response.id: why[:MAX_REASON]}
        cursor.unclaimed = dict(list(noted.items())[-MAX_UNCLAIMED:])

    async def _take(
        self, response: Response, begun: dict[tuple[str, str], LeadHandle], cursor: QuestionnaireCursor
    ) -> LeadHandle:
        """Return the lead that has the response now.

        Raises UnclearResponse or LeadsError if no lead can take it, and DayIsFull if it must wait for another day.
        """
        fields = self._fields(response)
        known = await self._known(response, fields)
        sender = folded(fields.email), org_key(fields.org)
        handle = known or begun.get(sender) or await self._begin(response, fields, cursor)
        if fields.email and known is None:
            begun[sender] = handle  # one that it began itself: what is typed leads to no other
        answered = QuestionnaireAnswered(
            response_id=response.id,
            submitted_at=response.submitted_at,
            by=BY_QUESTIONNAIRE,
            actor=SERVICE,
            key=f"{SOURCE} {response.id} {response.submitted_at.isoformat()}",
        )
        try:
            await self.leads.decide(handle, answered)
        except DecisionRefused:  # it has the response already, if somebody assigned it
            taken = (await self.leads.overview(handle)).lead.questionnaire
            if response.id not in (taken.response_id, *(each.response_id for each in taken.others)):
                raise
        return handle

    async def _known(self, response: Response, fields: ResponseFields) -> LeadHandle | None:
        if handle := await self.leads.by_response(response.id):
            return await self.leads.successor(handle)
        if fields.lead_id and (handle := await self.leads.by_id(fields.lead_id)):
            return await self.leads.successor(handle)
        return await self._by_address(fields.verified, fields.org) if fields.verified else None

    async def _by_address(self, email: str, org: str) -> LeadHandle | None:
        """Return the only open lead of this address that may take the response, or None.

        One that waits for answers comes first; one that has answers takes only a response of its own organisation.
        """
        views = [(handle, await self.leads.overview(handle)) for handle in await self.leads.by_domain(email)]
        views = [
            (handle, view)
            for handle, view in views
            if folded(view.lead.email or "") == folded(email) and view.stage in BEFORE_CONTRACT
        ]
        # Leads flagged as duplicates come second, since they may be duplicates of the others.
        certain = [(handle, view) for handle, view in views if not view.lead.undecided]
        theirs = [(handle, view.lead) for handle, view in certain or views]
        waiting = [handle for handle, lead in theirs if lead.questionnaire.answered_on is None]
        same_org = [handle for handle, lead in theirs if not org or org_key(lead.org) == org_key(org)]
        candidates: Sequence[LeadHandle] = waiting or same_org
        return candidates[0] if len(candidates) == 1 else None

    async def _begin(
        self, response: Response, fields: ResponseFields, cursor: QuestionnaireCursor
    ) -> LeadHandle:
        """Open a lead for the response. One that it names without proof is told to a person as a possible original."""
        if not fields.org:
            raise UnclearResponse(
                "it names no organisation. If it belongs to a lead, say so: leads questionnaire-answered LEAD "
                f"--response-id {response.id}"
            )
        today = datetime.now(UTC).date()
        if cursor.opened_on(today) >= self.settings.google.new_leads_a_day:
            raise DayIsFull
        opened = LeadOpened(
            originals=await self._named(fields.named),
            org=fields.org,
            person=fields.person or fields.email or "Somebody",
            title=fields.title or "Questionnaire",
            email=fields.email or None,
            zone=self.settings.zone,
            note=fields.remark or None,
            by=BY_QUESTIONNAIRE,
            source=SOURCE,
        )
        begun = await self.leads.take_in(opened, key=source_key(SOURCE, response.id))
        if not begun.already:
            cursor.day, cursor.opened = today, cursor.opened_on(today) + 1
        return await self.leads.exactly(begun.lead_id)

    async def _named(self, lead_id: str) -> tuple[DuplicateLink, ...]:
        """Return a link to the lead that somebody typed, if there is such an open lead."""
        handle = await self.leads.by_id(lead_id) if lead_id else None
        if handle is None or await self.leads.ended_at(handle):
            return ()
        heading = (await self.leads.heading_of(handle))[:MAX_LINK_TEXT]
        return (DuplicateLink(lead_id=handle.id, reasons=(NAMED,), heading=heading),)

    def _fields(self, response: Response) -> ResponseFields:
        """Return the response's fields, each on one line and within its maximum length."""
        names = {_plain(title): name for name, title in self.settings.google.questions.items()}
        given = {
            name: one_line(text) for title, text in response.answers if (name := names.get(_plain(title)))
        }
        wanted = without_name(given.get("email", ""))
        wrong = complaint_about(wanted) if wanted else ""
        verified = response.email if response.is_verified and not complaint_about(response.email) else ""
        email = verified or (response.email if wrong or not wanted else wanted)
        title = given.get("title", "")
        lead = given.get("lead", "")
        signed = signed_lead(self.settings, lead)
        return ResponseFields(
            org=given.get("org", "")[:200],
            person=given.get("person", "")[:200],
            email=email if email and not complaint_about(email) else "",
            verified=verified,
            remark=f"The address in the response, {wanted[:100]!r}, {wrong}"
            if wrong and not verified
            else "",
            title=title if len(title) <= MAX_TITLE else f"{title[: MAX_TITLE - 1].rstrip()}…",
            lead_id=signed,
            named="" if signed else named_lead(lead),
        )


def _waiting(count: int, limit: int) -> str:
    responses = "1 response waits" if count == 1 else f"{count} responses wait"
    return f"{responses} for another day: the questionnaire opens {limit} new leads a day"


def _plain(title: str) -> str:
    return " ".join(title.split()).casefold()
