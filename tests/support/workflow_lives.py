"""A lead for tests of the workflow: decides, asks, and lets time pass."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from uuid import uuid4

from temporalio.client import (
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from client.connection import NO_WORKER_ANSWERED, is_not_ready, refused_by
from ledger.ledger import Ledger
from process.core.answers import Answer
from process.envelope import EVERY_LEAD, THE_SERVICE, sign
from process.views.lead_overview import Overview
from tests.support.lives import KEY, known_person
from tests.support.outside import Outside
from tests.support.waiting import TIMEOUT

OPENED = {"org": "Example University", "person": "Ada Example", "title": "A hub for a course"}

MAILS = ("price_quoted", "handover", "hub_requested", "hub_live", "invoice")
"""Templates of the mails on the path to a hub."""


@dataclass
class Life:
    """One lead on a server, with its outside world."""

    env: WorkflowEnvironment
    outside: Outside
    handle: WorkflowHandle[Any, Any]

    @classmethod
    async def begin(
        cls, env: WorkflowEnvironment, outside: Outside, lead_id: str, *, queue: str, **more: Any
    ) -> Self:
        with env.with_time_skipping_disabled():
            handle = await env.client.start_workflow(
                "LeadWorkflow", OPENED | more, id=lead_id, task_queue=queue
            )
        return cls(env, outside, env.client.get_workflow_handle(handle.id))

    @property
    def id(self) -> str:
        return self.handle.id

    def mails(self) -> list[str]:
        """Return the templates of sent mails in order, invoices last, because queues run side by side."""
        return sorted(self.outside.templates(self.id), key=lambda template: template == "invoice")

    def _args(self, kind: str, body: dict[str, Any]) -> list[Any]:
        """Return the arguments of an update, with the person if somebody is named. A policy always comes from a face."""
        if "by" not in body and kind != "policy_adopted":
            return [body]
        person = known_person(str(body.get("by", "")))
        return [body, sign(KEY, self.id, kind, body, person).model_dump(mode="json")]

    async def decide(self, kind: str, **body: Any) -> Answer:
        """Send the decision as an update, again if the server is busy, and return the answer or refusal."""
        update, args = str(uuid4()), self._args(kind, body)
        async with asyncio.timeout(TIMEOUT):
            while True:
                try:
                    answer: Answer = await self.handle.execute_update(
                        kind, args=args, id=update, result_type=Answer
                    )
                except WorkflowUpdateRPCTimeoutOrCancelledError as error:
                    if isinstance(error.__cause__, asyncio.CancelledError):
                        raise
                except RPCError as error:
                    if not is_not_ready(error):  # workers died in the lead's task several times
                        raise
                    await asyncio.sleep(0.1)
                except WorkflowUpdateFailedError as error:
                    refused = refused_by(error.cause)
                    return Answer(accepted=False, message=refused.reason, suggestions=refused.suggestions)
                else:
                    return answer

    async def signal(self, kind: str, *args: Any) -> None:
        if kind == "set_team":  # a worker's news are signed
            args = (*args, sign(KEY, EVERY_LEAD, kind, args[0], THE_SERVICE).model_dump(mode="json"))
        await self.handle.signal(kind, args=list(args))

    async def overview(self) -> Overview:
        async with asyncio.timeout(TIMEOUT):
            while True:
                try:
                    view: Overview = await self.handle.query("lead", result_type=Overview)
                except RPCError as error:  # it continues as new, or its worker has died
                    if error.status not in NO_WORKER_ANSWERED:
                        raise
                    await asyncio.sleep(0.1)
                else:
                    return view

    async def until(self, holds: Callable[[Overview], bool]) -> Overview:
        """Wait until this holds, and return the overview."""
        async with asyncio.timeout(TIMEOUT):
            while not holds(view := await self.overview()):
                await asyncio.sleep(0.03)
        return view

    async def settled(self) -> Overview:
        """Wait until only parked and blocked effects are left, and return the overview."""
        return await self.until(lambda view: all(effect.status != "waiting" for effect in view.effects))

    async def settled_in(self, ledger: Ledger) -> Overview:
        """Wait until the lead is settled and the ledger has all its events, and return the overview.

        A query may be answered between an event and its record in the ledger.
        """
        async with asyncio.timeout(TIMEOUT):
            while len(ledger.entries(self.id)) != len((view := await self.settled()).timeline):
                await asyncio.sleep(0.05)
        return view

    async def pass_days(self, days: float) -> Overview:
        await self.settled()
        await self.env.fast_forward(self.handle, timedelta(days=days))
        return await self.settled()

    async def decide_all(self, *kinds: str, **bodies: dict[str, Any]) -> None:
        """Take these decisions in order. Each must be accepted."""
        for kind in kinds:
            answer = await self.decide(kind, **bodies.get(kind, {}))
            assert answer.accepted, (kind, str(answer))

    async def to_signed(self) -> None:
        await self.decide_all(
            "price_quoted",
            "quote_accepted",
            "contract_handed_over",
            "contract_acknowledged",
            "contract_signed",
            "vendor_setup_not_needed",
            price_quoted={"amount": "12000", "currency": "USD", "per": "year"},
            contract_signed={"evidence": "https://drive.example.org/signed.pdf"},
        )

    async def to_hub(self) -> None:
        await self.to_signed()
        await self.decide_all("hub_requested", "hub_live")
