"""An outside world in memory: it keeps the keys of performed effects, and each kind can be made to fail."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from temporalio import activity

from activities.errors import again, park
from process.core.events import Observation
from process.effects import (
    CreateFolder,
    Effect,
    OpenHubIssue,
    OpenIssue,
    PlaceCard,
    PrepareInvoice,
    ReadAnswers,
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
from process.effects.requests import EffectRequest, Outcome
from process.types import Link


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
        self.ledger: dict[str, list[int]] = {}

    def of(self, lead_id: str) -> list[str]:
        """Return the keys of the effects performed for a lead, in order, without the lead's id."""
        return [key.removeprefix(f"{lead_id}/") for done, key in self.done if done == lead_id]

    def templates(self, lead_id: str) -> list[str]:
        """Return the templates of the mails sent for a lead."""
        effects = (request.effect for request in self.tasks if request.lead.id == lead_id)
        return [effect.template for effect in effects if isinstance(effect, SendMail | SendCorrection)]

    def activities(self, **real: Callable[..., Any]) -> list[Callable[..., Any]]:
        """Return an activity for each kind of effect, with `real` ones in place of those in memory."""
        return [real.get(kind) or self._activity(kind) for kind in Effect.kinds]

    def _activity(self, kind: str) -> Callable[..., Any]:
        @activity.defn(name=kind)
        async def perform(request: EffectRequest) -> Outcome:
            name = f"{kind} {request.lead.id}"
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
            self.done.append((request.lead.id, request.effect.key))
            self.tasks.append(request)
            if kind == "record_events":
                seqs = self.ledger.setdefault(request.lead.id, [])
                seqs += [event.seq for event in request.events if event.seq not in seqs]
                return Outcome(recorded=max(seqs))
            return Outcome(observation=_report(request))

        return perform


def _report(request: EffectRequest) -> Observation | None:
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
