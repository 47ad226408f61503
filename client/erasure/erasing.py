"""Carries out a confirmed erasure: each lead, the chores and the store of the pages, then a search of everything."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

from client.chores import Chores
from client.erasure.errors import ErasureRefused
from client.erasure.finding import find
from client.erasure.requests import Requests
from client.erasure.runs import delete_runs
from client.erasure.search import Hit, SearchedStore, Searcher, Store, Texts, ids_of_leads
from client.erasure.steps import LeadEraser, Stores
from client.past import events_of
from process.core.fold import fold
from process.core.refusal import refuse
from process.lead.lead import Lead
from process.privacy.lead_ids import LeadIds
from process.privacy.person import Person
from process.privacy.requests import ErasureRequest, LeadErasure, RequestState, refuse_held_elsewhere
from workflows.names import LEAD_WORKFLOW

Note = Callable[[str], None]
"""Is told what is being done, for progress."""

NO_LEADS = f"WorkflowType != '{LEAD_WORKFLOW}'"


def quiet(_: str) -> None:
    """Say nothing of the progress."""


class ForgetfulStore(SearchedStore, Protocol):
    """A further store that may name persons, such as that of the pages."""

    def forget(self, person: Person) -> None:
        """Remove what it keeps of the person. Repeated, it finds nothing."""


class Outcome(NamedTuple):
    """The result of carrying out a request."""

    request: ErasureRequest
    hits: tuple[Hit, ...]
    """Places that still name the person. With any that is no id, the request is to be carried out again."""
    leads: tuple[Lead, ...]
    """The leads as they are now, for what is left outside."""

    lacks_pages: bool = False
    """True if the store of the pages is elsewhere and has not forgotten the person yet."""

    @property
    def is_complete(self) -> bool:
        """True if the person is found nowhere."""
        return self.request.ended_at is not None


@dataclass(frozen=True)
class Erasing:
    """Carries out requests in all stores."""

    stores: Stores
    chores: Chores
    requests: Requests
    pages: ForgetfulStore | None = None
    """The store of the pages, if it is reached from here."""
    no_pages: bool = False
    """True if somebody says that there are no pages."""
    logs: tuple[Path, ...] = ()

    async def carry_out(self, request_id: str, today: date, note: Note = quiet) -> Outcome:
        """Do what is not done, and search all stores. It may be ended at any moment, and repeated.

        Raises NoSuchErasure, ErasureRefused, ErasureUnfinished, LedgerError, KeysError or RPCError.
        """
        request = self.requests.get(request_id)
        _demand_running(request, today)
        self._demand_not_held(request, today)
        whom = self.requests.whom(request)
        if whom is None:
            raise ErasureRefused(refuse("Nobody knows any more whom this request named"))
        eraser = LeadEraser(self.stores, request, whom)
        for each in request.leads:
            if each.found:
                self.stores.journal.change_lead(request_id, each.lead_id, LeadErasure.again)
        await self._erase(eraser, [each.lead_id for each in request.leads], note)
        hits: tuple[Hit, ...] = ()
        if isinstance(whom, Person):
            await self._later_leads(eraser, request, whom, today, note)
            await self._forget(whom, request, note)
            note("Searching all stores")
            hits = tuple([each async for each in self._search(whom, self.requests.get(request_id))])
        self._note_left(request_id, {each.lead_id for each in hits if each.lead_id and not each.is_id})
        waits = isinstance(whom, Person) and self._lacks_pages(request)
        after = self.requests.finish(request_id, len([each for each in hits if not each.is_id]), waits=waits)
        return Outcome(after, hits, tuple(self._leads(after)), waits)

    def _note_left(self, request_id: str, left: set[str]) -> None:
        """Note the leads in which the person is still found: the next time, all steps are done anew there.

        Until then it stays known under which keys the leads are.
        """
        journal = self.stores.journal
        journal.add_leads(request_id, sorted(left))  # those whose events do not name them, too
        for each in self.requests.get(request_id).leads:
            if each.found is not (each.lead_id in left):
                journal.change_lead(request_id, each.lead_id, partial(_with_found, each.lead_id in left))

    def _lacks_pages(self, request: ErasureRequest) -> bool:
        return not (self.pages or self.no_pages or request.limited or request.pages)

    async def _later_leads(
        self, eraser: LeadEraser, request: ErasureRequest, person: Person, today: date, note: Note
    ) -> None:
        """Erase from leads that have come to name the person since they were looked for.

        Raises ErasureRefused if a hold on another request keeps one of them.
        """
        if request.limited:
            return
        found = await asyncio.to_thread(find, self.stores.ledger, person, widen=False)
        new = [each.lead_id for each in found.leads if request.lead(each.lead_id) is None]
        self.stores.journal.add_leads(request.id, new)
        self._demand_not_held(self.requests.get(request.id), today)
        await self._erase(eraser, new, note)

    def _demand_not_held(self, request: ErasureRequest, today: date) -> None:
        """Raise ErasureRefused if a hold on another request, perhaps a later one, keeps one of the leads."""
        if refusal := refuse_held_elsewhere(request, self.stores.journal.requests(), today):
            raise ErasureRefused(refusal)

    async def _erase(self, eraser: LeadEraser, lead_ids: list[str], note: Note) -> None:
        for lead_id in lead_ids:
            note(f"Telling {lead_id}")
            await eraser.prepare(lead_id)
        for lead_id in lead_ids:
            note(f"Erasing from {lead_id}")
            await eraser.erase(lead_id)

    async def _forget(self, person: Person, request: ErasureRequest, note: Note) -> None:
        """Delete chores that have ended and name the person, and let the other stores forget them."""
        if request.limited:
            return
        note("Looking through the chores")
        chores, searcher = self.chores.client, Searcher(person, await self._lead_ids())
        named = {hit.where async for hit in searcher.temporal(chores, NO_LEADS)}
        for workflow_id in sorted(named):
            await delete_runs(chores, workflow_id, seconds=self.stores.seconds)
        if self.pages:
            note("Forgetting in the store of the pages")
            await asyncio.to_thread(self.pages.forget, person)

    async def _search(self, person: Person, request: ErasureRequest) -> AsyncIterator[Hit]:
        """Yield every place that names the person; of a limited request, those in its leads."""
        lead_ids = await self._lead_ids()
        async for hit in self._everywhere(Searcher(person, lead_ids), lead_ids):
            if not request.limited or request.lead(hit.lead_id):
                yield hit

    async def _lead_ids(self) -> LeadIds:
        """Return the ids of all leads, of which Temporal or the ledger may have forgotten some."""
        heads = await asyncio.to_thread(self.stores.ledger.heads)
        return LeadIds({each.lead_id for each in heads} | await ids_of_leads(self.stores.leads.client))

    async def _everywhere(self, searcher: Searcher, lead_ids: LeadIds) -> AsyncIterator[Hit]:
        places = {self.stores.leads.client.namespace: self.stores.leads.client}
        places |= {self.chores.client.namespace: self.chores.client}
        for client in places.values():
            async for hit in searcher.temporal(client, ""):
                yield hit
        for hit in await asyncio.to_thread(self._rows, searcher, lead_ids):
            yield hit

    def _rows(self, searcher: Searcher, lead_ids: LeadIds) -> list[Hit]:
        """Return the places in stores that are read at once: the ledger, the journal, the pages and the logs."""
        stores: dict[Store, SearchedStore] = {
            "ledger": Texts(self.stores.ledger.texts, lead_ids),
            "journal": Texts(self.stores.journal.texts, lead_ids),
        }
        if self.pages:
            stores["pages"] = self.pages
        found = [hit for name, store in stores.items() for hit in searcher.rows(name, store)]
        return [*found, *(hit for folder in self.logs for hit in searcher.logs(folder))]

    def _leads(self, request: ErasureRequest) -> Iterator[Lead]:
        for each in request.leads:
            if events := events_of(self.stores.ledger, each.lead_id):
                yield fold(events, each.lead_id)


def forget_in_pages(requests: Requests, pages: ForgetfulStore, request_id: str, today: date) -> None:
    """Let the store of the pages forget the person of a confirmed request, and note it: where only that is reached.

    It may be repeated. Raises NoSuchErasure, ErasureRefused or StoreUnavailable.
    """
    request = requests.get(request_id)
    _demand_running(request, today)
    whom = requests.whom(request)
    if isinstance(whom, Person):
        pages.forget(whom)
        requests.note_pages(request_id)


def _with_found(found: bool, erasure: LeadErasure) -> LeadErasure:
    return erasure.replaced(found=found)


def _demand_running(request: ErasureRequest, today: date) -> None:
    """Raise ErasureRefused unless the request is confirmed and not held."""
    state = request.state(today)
    if state is RequestState.HELD:
        raise ErasureRefused(refuse(f"A legal hold forbids it until {request.held_until}"))
    if state is not RequestState.RUNNING:
        raise ErasureRefused(refuse(f"This request is {state}, so there is nothing to carry out"))
