"""Count the requests to GitHub and Google on a lead's path to a hub: `python -m bench.calls`.

A lead takes the decisions of the demo, one after the other, each when the effects of the one before are performed:
first by updates, as from the command line, then by comments on an issue that a person opened, with webhooks. Real
clients use the sandbox, so the counts are those that GitHub and Google would count. GitHub's limits are 5,000 requests
and 5,000 points of GraphQL an hour; an answer that nothing changed (304) does not count.
"""

import asyncio
import itertools
import logging
import os
import re
import shlex
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import requests
import structlog
from graphql import FieldNode, OperationDefinitionNode, SelectionSetNode, parse
from pydantic import SecretStr
from temporalio import activity
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.issue_sync.sync import IssueSync
from activities.registry import activities
from bench.figures import Figure, Report, Target
from bench.options import run_benchmark
from client.chores import Chores
from client.directory import LeadHandle
from client.leads import LeadsClient
from config.settings import Settings
from process.decisions.opening import LeadOpened
from process.decisions.registry import DECISIONS
from sandbox.github.graphql.cost import cost_of
from sandbox.github.seed import point_hook
from sandbox.journal import Exchange
from sandbox.seed import read_seed
from sandbox.server import Sandbox
from starter.cli.options import given
from starter.demo.story import (
    AFTER_ANSWERS,
    BEFORE_ANSWERS,
    CONTRACTS,
    ENGINEERING,
    ISSUE,
    OPENED,
    SALES,
    Step,
)
from starter.local.parts import SEED
from tests.support.receiver import receiving
from tests.support.servers import TEMPORAL
from workflows.issue_sync import ChangeNotice
from workflows.runtime.plugin import leads_plugin
from workflows.search_attributes import SEARCH_ATTRIBUTES

QUEUE = "bench"
SECRET = "a secret of the bench, which is long enough"  # noqa: S105 - opens nothing
PER_HOUR = 5_000
"""GitHub's limit of requests, and of points."""
LOGINS = {SALES: "amara-sales", CONTRACTS: "chidi-contracts", ENGINEERING: "eda-engineering"}
STEPS = tuple(step for step in (*BEFORE_ANSWERS, *AFTER_ANSWERS) if not step.refused)
PAUSE = 0.05


class Request(NamedTuple):
    """A request as the limits count it: where it went, why, and its cost in points of GraphQL."""

    system: str
    endpoint: str
    activity: str
    points: int


# ---- counting


@contextmanager
def named_requests() -> Iterator[None]:
    """Have each request to GitHub name its activity in the User-Agent, which the sandbox's journal keeps."""
    send = requests.Session.send

    def named(session: requests.Session, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        if activity.in_activity():
            request.headers["User-Agent"] = f"lead-to-hub {activity.info().activity_type}"
        return send(session, request, **more)

    with patch.object(requests.Session, "send", named):
        yield


def counted(exchanges: Iterable[Exchange], ours: str) -> Iterator[Request]:
    """Yield the service's requests that count. `ours` is its login on GitHub."""
    for exchange in exchanges:
        if exchange.system == "github" and exchange.caller == ours and exchange.status != 304:
            about = exchange.headers.get("user-agent", "").partition(" ")[2] or "(no activity)"
            if exchange.path == "/api/graphql":
                yield Request("GraphQL", *_query(exchange.body, about))
            else:
                yield Request("REST", _endpoint(exchange), about, 0)
        elif exchange.system not in ("github", None):
            yield Request(str(exchange.system), _endpoint(exchange), "", 0)


def _query(body: dict[str, Any], about: str) -> tuple[str, str, int]:
    """Return the name, the activity and the points of a GraphQL call."""
    document = parse(body["query"])
    operation = next(part for part in document.definitions if isinstance(part, OperationDefinitionNode))
    names: list[str] = []
    selection: SelectionSetNode | None = operation.selection_set
    while selection:
        fields = [node for node in selection.selections if isinstance(node, FieldNode)]
        inner = [node for node in fields if node.selection_set]
        names += [node.name.value for node in inner] or [node.name.value for node in fields[:1]]
        selection = inner[-1].selection_set if len(names) < 3 and inner else None
    cost = cost_of(document, operation, body.get("variables") or {})
    return f"{operation.operation.value} {'.'.join(dict.fromkeys(names))}", about, cost.points


def _endpoint(exchange: Exchange) -> str:
    path = exchange.path.removeprefix("/api/v3")
    path = re.sub(r"/(\d+|[\w-]{20,})(?=/|$)", "/…", path)
    return f"{exchange.method} {path}"


# ---- the paths


class Bench:
    """The running service and the sandbox."""

    def __init__(self, client: Client, sandbox: Sandbox, leads: LeadsClient) -> None:
        self.client = client
        self.sandbox = sandbox
        self.leads = leads
        self.numbers = itertools.count(1)

    async def by_updates(self) -> str:
        """Take a lead to its hub by updates. Return its stage."""
        number = next(self.numbers)
        who = {"org": f"University {number}", "email": f"ada@university-{number}.example.org"}
        opened = await self.leads.open(given(LeadOpened, OPENED | who))
        handle = await self.leads.find(opened.lead_id)
        await self.settled(handle)
        for step in STEPS:
            await self.leads.decide(handle, given(DECISIONS[step.kind], {"by": step.by, **step.body}))
            await self.settled(handle)
        return (await self.leads.overview(handle)).stage

    async def by_comments(self) -> str:
        """Take a lead from an issue to its hub by comments. Return its stage."""
        title = f"[College {next(self.numbers)} / Ben Example] - A hub for a statistics course"
        person = self.sandbox.person(LOGINS[SALES])
        issue = person.open("leads", title, str(ISSUE["body"]), labels=("lead", "service:hub"))
        while (handle := await self.leads.by_issue("leads", issue.number)) is None:  # noqa: ASYNC110 - GitHub does not notify us
            await asyncio.sleep(PAUSE)
        await self.quiet(handle, issue.number)
        for step in STEPS:
            self.sandbox.person(LOGINS[step.by]).comment("leads", issue.number, command(step))
            await self.quiet(handle, issue.number)
        return (await self.leads.overview(handle)).stage

    async def settled(self, handle: LeadHandle) -> None:
        """Wait until all effects are performed."""
        while any(effect.status == "waiting" for effect in (await self.leads.overview(handle)).effects):  # noqa: ASYNC110
            await asyncio.sleep(PAUSE)

    async def quiet(self, handle: LeadHandle, number: int) -> None:
        """Wait until all webhooks are delivered, the issue is synced and all effects are performed."""
        while self.sandbox.webhooks.is_busy:  # noqa: ASYNC110
            await asyncio.sleep(PAUSE)
        sync = ChangeNotice(repo="leads", number=number).workflow_id
        await self.client.get_workflow_handle(sync).result()
        await self.settled(handle)


def command(step: Step) -> str:
    """Return the comment that takes this decision."""
    fields = (
        f"{name}={shlex.quote(str(value).lower() if value is True else str(value))}"
        for name, value in step.body.items()
    )
    return " ".join((f"/{step.kind.replace('_', '-')}", *fields))


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Bench]:
    """Run the service: Temporal, sandbox, worker and receiver of webhooks."""
    server = WorkflowEnvironment.start_local(
        dev_server_existing_path=str(TEMPORAL),
        plugins=[leads_plugin()],
        search_attributes=SEARCH_ATTRIBUTES,
        dev_server_log_level="error",
    )
    with Sandbox(seed=read_seed(SEED)) as sandbox, named_requests(), ThreadPoolExecutor(16) as executor:
        os.environ.update(sandbox.environment())
        os.environ["LEADS_LEDGER_URL"] = f"sqlite:///{folder / 'ledger.sqlite'}"
        settings = Settings(_env_file=None, task_queue=QUEUE)
        async with await server as env:
            leads = LeadsClient(env.client, QUEUE, settings.temporal_ui)
            chores = Chores.of(env.client, settings)
            github = settings.github.model_copy(update={"webhook_secret": SecretStr(SECRET)})
            worker = Worker(
                env.client,
                task_queue=QUEUE,
                activities=activities(settings, env.client),
                activity_executor=executor,
            )
            syncing = Worker(
                env.client,
                task_queue=chores.task_queue,
                activities=[IssueSync(leads, chores, settings).sync_issue],
            )
            async with worker, syncing, receiving(env.client, github, QUEUE) as receiver:
                hook = f"{receiver.url}/github/webhook"
                sandbox.run(lambda: point_hook(sandbox.github, hook, SECRET))
                yield Bench(env.client, sandbox, leads)
                sandbox.webhooks.stop()


# ---- the result


def printed(name: str, found: list[Request], leads: int) -> dict[str, Any]:
    """Print the requests of this path by endpoint and by activity, and return them per lead."""
    points = sum(each.points for each in found) / leads
    rest = sum(each.system == "REST" for each in found) / leads
    others = Counter(each.system for each in found if each.system not in ("REST", "GraphQL"))
    fits = PER_HOUR / max(rest, points)
    google = ", ".join(f"{count / leads:g} to {system}" for system, count in others.items())
    print(f"{name}: {rest:g} REST requests, {points:g} points, {google}; {fits:.0f} leads an hour")
    table = Counter((each.system, each.endpoint, each.activity) for each in found)
    for (system, endpoint, about), count in sorted(table.items(), key=lambda row: (row[0][0], -row[1])):
        print(f"  {count / leads:6g}  {system:8} {endpoint:58} {about}")
    by_activity = Counter(each.activity for each in found if each.activity)
    print("  " + ", ".join(f"{name} {count / leads:g}" for name, count in by_activity.most_common()))
    return {
        "rest": rest,
        "points": points,
        **{system: count / leads for system, count in others.items()},
        "leads_an_hour": int(fits),
        "by_activity": {name: count / leads for name, count in by_activity.items()},
    }


TARGETS = {"by updates": (45, 20), "by comments": (90, 25)}
"""The most REST requests and points that a lead should cost on each path."""


async def measure(leads: int = 2) -> Report:
    """Measure both paths with so many leads, at most 4, and print each endpoint."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder)) as bench:
            ours = f"{bench.sandbox.seed.app.slug}[bot]"
            await bench.by_updates()  # a first lead fills the worker's caches
            for name, path in (("by updates", bench.by_updates), ("by comments", bench.by_comments)):
                bench.sandbox.journal.clear()
                for _ in range(leads):
                    stage = await path()
                    if stage != "hub":
                        raise SystemExit(f"{name}: the lead is at {stage}, not at its hub")
                found = [*counted(bench.sandbox.journal.all(), ours)]
                results = printed(name, found, leads)
                rest, points = (Target(most) for most in TARGETS[name])
                figures += (
                    Figure(f"{name}: REST requests to GitHub", results["rest"], target=rest),
                    Figure(f"{name}: points of GraphQL", results["points"], target=points),
                    Figure(f"{name}: leads an hour within the limits", results["leads_an_hour"]),
                )
    await asyncio.sleep(0.3)
    return Report("calls", "Requests on a lead's path to a hub", f"{leads} leads", tuple(figures))


if __name__ == "__main__":
    run_benchmark(__doc__, measure)
