"""An outside world in memory: it keeps the keys of performed effects, and each kind can be made to fail."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.batch import failure_of
from activities.errors import again, park
from process.core.batches import BatchRun
from process.core.events import Event, Observation
from process.effects import (
    CreateFolder,
    Effect,
    OpenHubIssue,
    OpenIssue,
    PlaceCard,
    PrepareInvoice,
    ReadAnswers,
    RecordEvents,
    ReserveIds,
    SendCorrection,
    SendMail,
)
from process.effects.observations import (
    AnswersRead,
    CardPlaced,
    FolderCreated,
    HubIssueOpened,
    IdsReserved,
    InvoicePrepared,
    IssueOpened,
    MailSent,
)
from process.effects.requests import Batch, BatchResult, BatchResults, EffectRequest, Outcome
from process.envelope import public_key
from process.types import Link
from process.views.lead_row import LeadRow
from process.views.recording import Recorded, RecordRequest
from tests.support.lives import KEY

KEYS = (public_key(KEY),)
"""The keys that its ledger tells, made once as in a worker."""


class Outside:
    """Performed effects of all leads."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []
        """Pairs of lead id and effect key, in order."""
        self.tasks: list[EffectRequest] = []
        self.broken: dict[str, str] = {}
        """Failure of each kind of effect: `again` or `park`."""
        self.held: dict[str, asyncio.Event] = {}
        """Events until which effects stay under way, by `kind lead`."""
        self.begun: Counter[str] = Counter()
        """Number of attempts, by `kind lead`."""
        self.events: dict[str, list[Event]] = {}
        """The recorded events, by lead."""
        self.rows: dict[str, LeadRow] = {}
        """The newest row, by lead."""

    def of(self, lead_id: str) -> list[str]:
        """Return the keys of the effects performed for a lead, in order, without the lead's id."""
        return [key.removeprefix(f"{lead_id}/") for done, key in self.done if done == lead_id]

    def recorded(self, lead_id: str) -> list[int]:
        """Return the numbers of a lead's recorded events."""
        return [event.seq for event in self.events.get(lead_id, ())]

    def templates(self, lead_id: str) -> list[str]:
        """Return the templates of the mails sent for a lead."""
        effects = (request.effect for request in self.tasks if request.lead.id == lead_id)
        return [effect.template for effect in effects if isinstance(effect, SendMail | SendCorrection)]

    def activities(self, **real: Callable[..., Any]) -> list[Callable[..., Any]]:
        """Return an activity for each kind of effect and for batches, with `real` ones in place of those in memory."""
        single = [
            real.get(kind) or self._activity(kind) for kind in Effect.kinds if kind != RecordEvents.kind
        ]
        return [
            *single,
            real.get("perform_effects") or self._perform_effects,
            real.get("record_events") or self._record_events,
        ]

    @activity.defn(name="perform_effects")
    async def _perform_effects(self, batch: Batch) -> BatchResults:
        run = BatchRun(batch)
        for item in run:
            key = item.effect.key
            try:
                outcome = await self._perform(item.effect.kind, item.request(run.lead))
            except ApplicationError as error:
                result = BatchResult(key=key, failure=failure_of(error))
            else:
                result = BatchResult(key=key, outcome=outcome)
            run.take(item.effect, result, datetime.now(UTC))
        return run.results()

    @activity.defn(name="record_events")
    async def _record_events(self, request: RecordRequest) -> Recorded:
        await self._attempt("record_events", request.lead_id)
        kept = [event for event in self.events.get(request.lead_id, ()) if event.seq <= request.after]
        self.events[request.lead_id] = [*kept, *request.events]
        seqs = self.recorded(request.lead_id)
        self.rows[request.lead_id] = request.row
        return Recorded(seq=max(seqs, default=request.after), keys=KEYS)

    def _activity(self, kind: str) -> Callable[..., Any]:
        @activity.defn(name=kind)
        async def perform(request: EffectRequest) -> Outcome:
            return await self._perform(kind, request)

        return perform

    async def _perform(self, kind: str, request: EffectRequest) -> Outcome:
        await self._attempt(kind, request.lead.id)
        self.done.append((request.lead.id, request.effect.key))
        self.tasks.append(request)
        return Outcome(observation=brought_back(request))

    async def _attempt(self, kind: str, lead_id: str) -> None:
        """Count an attempt, wait while it is held, and fail if this kind is broken."""
        name = f"{kind} {lead_id}"
        self.begun[name] += 1
        while (held := self.held.get(name)) and not held.is_set():
            activity.heartbeat()
            with suppress(
                TimeoutError, asyncio.CancelledError
            ):  # finish in spite of a cancellation, like the real activities
                await asyncio.wait_for(held.wait(), 0.2)
        failing = self.broken.get(kind) or self.broken.get(name)
        if failing == "park":
            raise park(f"{kind} can't be done; mend it")
        if failing == "again":
            raise again(f"{kind} failed this time")


def brought_back(request: EffectRequest) -> Observation | None:
    lead = request.lead.id
    match request.effect:
        case OpenIssue():
            return IssueOpened(link=Link(id="1", url=f"https://github.example.org/{lead}"))
        case PlaceCard():
            card = CardPlaced(item=f"card of {lead}", stage=request.lead.stage)
            return card if request.lead.card is None else None
        case ReserveIds(key=key, numbers=numbers):
            ids = {number: f"file {number} of {key}" for number in numbers}
            return IdsReserved(folder_id=f"folder of {key}", invoice_ids=ids)
        case CreateFolder(folder_id=folder_id):
            return FolderCreated(link=Link(id=folder_id, url=f"https://drive.example.org/{lead}"))
        case ReadAnswers(response_id=response_id):
            return AnswersRead(response_id=response_id, answers=(("What for?", "A course"),))
        case SendMail(template=template, key=key, to=to, addresses=addresses) as mail:
            named = request.lead.policy.addresses
            reached = {role: named.get(role, (f"{role}@example.org",)) for role in to}
            recipients = addresses or tuple(each for known in reached.values() for each in known)
            return MailSent(
                template=template,
                recipients=recipients,
                message_id=f"<{key}>",
                reached=reached,
                released_role=mail.released_role,
                cause=mail.cause,
            )
        case SendCorrection(template=template, key=key, cause=cause):
            recipients = request.corrected_decisions[0].wrongly_notified
            return MailSent(
                template=template, recipients=recipients, message_id=f"<{key}>", reached={}, cause=cause
            )
        case OpenHubIssue():
            return HubIssueOpened(link=Link(id="9", url=f"https://github.example.org/hub-of-{lead}"))
        case PrepareInvoice(number=number, file_id=file_id):
            return InvoicePrepared(number=number, file=Link(id=file_id, url="https://drive.example.org/i"))
        case _:
            return None
