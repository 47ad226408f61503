"""The connections that pages and the API use: the ledger to read, the leads to decide, and the store of accounts."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Concatenate, ParamSpec, TypeVar, cast

from fastapi import Request
from sqlalchemy import Connection
from temporalio.client import Client

from client.erasure.opening import Erasures
from client.leads import LeadsClient
from client.ledgers import queries_of, reader_of
from client.opening import leads_client
from client.reports import Reports
from config import policy_file
from config.settings import Settings
from ledger.queries.asking import LedgerQueries
from ledger.reader import LedgerReader
from process.calendar import day_of
from starter.web.auth.access import Access
from starter.web.auth.database import WebDatabase
from starter.web.auth.links import LinkStore
from starter.web.auth.people import People
from starter.web.auth.readings import ReadingLog
from starter.web.auth.store import AccountStore
from starter.web.erasures import erasures_of
from starter.web.pictures import Pictures

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 3
"""Number of questions to the ledger at the same time. Others wait for their turn."""
TIMEOUT = timedelta(seconds=10)
"""Time for an answer of a lead."""


@dataclass(frozen=True)
class Services:
    """Everything that a request may use. One object serves all requests."""

    settings: Settings
    leads: LeadsClient
    queries: LedgerQueries
    ledger: LedgerReader
    database: WebDatabase
    """The store of accounts, links and readings, in which a person is looked for."""
    store: AccountStore
    links: LinkStore
    readings: ReadingLog
    people: People
    access: Access
    reports: Reports
    erasures: Erasures | None = None
    """None where nothing is sealed."""
    pictures: Pictures = field(default_factory=Pictures)
    finding: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while a person is looked for in all leads."""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(THREADS, thread_name_prefix="ledger")
    )

    def today(self) -> date:
        """Return the day in the service's time zone."""
        return day_of(self.clock(), self.settings.zone)

    async def ask(
        self, question: Callable[Concatenate[Connection, P], T], *args: P.args, **named: P.kwargs
    ) -> T:
        """Return the answer of a function of `ledger.queries`. Raises LedgerUnavailable, LedgerRefused."""

        def answer() -> T:
            with self.queries.asking() as connection:
                return question(connection, *args, **named)

        return await self.run(answer)

    async def run(self, work: Callable[[], T]) -> T:
        """Return the result of work that blocks, done in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)


@asynccontextmanager
async def open_services(client: Client, settings: Settings) -> AsyncIterator[Services]:
    """Open the ledger, the store and the client. They connect at their first use."""
    policy = policy_file.current_policy(settings)
    access = Access.of(settings)
    people = People(policy, access.ways)
    leads = leads_client(client, settings, policy, TIMEOUT)
    with (
        closing(queries_of(settings)) as queries,
        closing(reader_of(settings)) as reader,
        closing(WebDatabase.of(settings)) as database,
        erasures_of(settings) as erasures,
    ):
        store = AccountStore(database, people)
        reports, links = Reports(queries, settings.zone), LinkStore(database)
        readings = ReadingLog(database)
        services = Services(
            settings,
            leads,
            queries,
            reader,
            database,
            store,
            links,
            readings,
            people,
            access,
            reports,
            erasures,
        )
        try:
            yield services
        finally:
            await services.pictures.close()
            services.threads.shutdown(wait=False, cancel_futures=True)


def services_of(request: Request) -> Services:
    """Return the services of the application that handles this request."""
    return cast(Services, request.app.state.services)


def root_of(request: Request) -> str:
    """Return the root URL of our pages, as people and GitHub reach them: as configured, or else as it was asked for."""
    return services_of(request).access.url or str(request.base_url).rstrip("/")
