"""Everything that an erasure reaches: a server, a ledger, keys and a journal, with a worker to be entered."""

from dataclasses import dataclass
from datetime import date, timedelta

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from client.chores import Chores
from client.erasure.erasing import Erasing, Outcome
from client.erasure.finding import find, person_named
from client.erasure.requests import Requests
from client.erasure.steps import Stores
from client.leads import LeadsClient
from keys.journal import ErasureJournal
from keys.ring import KeyRing
from ledger.ledger import Ledger
from process.actor import Actor, Face
from process.privacy.requests import ErasureRequest
from tests.support.ledgers import recording_worker
from tests.support.lives import KEY
from tests.support.outside import Outside
from tests.support.sealed import with_client
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import Life

QUEUE = "erasing"
TODAY = date(2026, 6, 1)
ANN = Actor(face=Face.COMMAND_LINE, identity="ann")
BOB = Actor(face=Face.COMMAND_LINE, identity="bob")
ADA = {"person": "Quixotina Zweifelhaft", "email": "quixotina@zweifelhaft.example"}
"""The person to be erased."""


@dataclass
class World:
    """Everything that an erasure reaches, with a worker to be entered."""

    env: WorkflowEnvironment
    client: Client
    outside: Outside
    ledger: Ledger
    ring: KeyRing
    journal: ErasureJournal

    def worker(self) -> Worker:
        return recording_worker(self.client, QUEUE, self.outside, self.ledger, (KEY,))

    @property
    def requests(self) -> Requests:
        return Requests(self.journal, self.ring, "pepper")

    @property
    def erasing(self) -> Erasing:
        leads = LeadsClient(self.client, QUEUE, "http://localhost", timedelta(seconds=TIMEOUT), key=KEY)
        stores = Stores(leads, self.ledger, self.ring, self.journal, seconds=TIMEOUT)
        return Erasing(stores, Chores(self.client, QUEUE), self.requests, no_pages=True)

    async def begin(self, lead_id: str, **more: object) -> Life:
        env = with_client(self.env, self.client)
        return await Life.begin(env, self.outside, lead_id, queue=QUEUE, **more)

    def asked(self, *words: str) -> ErasureRequest:
        """Ask for the erasure of a person, and let somebody else agree."""
        found = find(self.ledger, person_named(words))
        request = self.requests.ask(found.person, [each.lead_id for each in found.leads], ANN)
        return self.requests.confirm(request.id, BOB, TODAY)

    async def carry_out(self, request: ErasureRequest) -> Outcome:
        return await self.erasing.carry_out(request.id, TODAY)
