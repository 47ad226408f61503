"""The week's digest on a real server: who gets which mail, once, and what becomes of one that can't be sent."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from temporalio.client import ScheduleActionExecutionStartWorkflow as Started
from temporalio.client import ScheduleOverlapPolicy
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.digest import digest_activities
from client.digest import SCHEDULE, keep_digest, send_now
from config.settings import Settings
from process.policy import Policy
from process.types import Role
from process.views.digest import Week
from sandbox.faults import Fault
from sandbox.server import Sandbox
from tests.support.commands import RunLeads
from tests.support.lives import Life
from tests.support.rows import write_rows
from tests.support.sandboxes import running_sandbox, sandbox
from tests.support.waiting import TIMEOUT
from workflows.digest import DigestWorkflow, digest_id

__all__ = ["running_sandbox", "sandbox"]

_weeks = count(1)


@pytest.fixture
def week() -> Week:
    """One that no other test writes, nor the schedule, whatever day it is."""
    return Week(name=f"1999-W{next(_weeks):02}", day=datetime.now(UTC).date())


@pytest.fixture
def settings(
    sandbox: Sandbox, leads_alone: RunLeads, monkeypatch: pytest.MonkeyPatch, ledger_url: str
) -> Settings:
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LEADS_LEDGER_URL", ledger_url)
    return Settings(_env_file=None)


@pytest.fixture
async def working(env: WorkflowEnvironment, queue: str, settings: Settings) -> AsyncIterator[None]:
    """A worker that writes digests into the sandbox's mailbox."""
    policy = Policy(addresses={Role.SALES: ("sell@example.org", "shop@example.org")})
    with ThreadPoolExecutor(4) as executor:
        activities = digest_activities(settings, policy)
        async with Worker(
            env.client, task_queue=f"{queue}-chores", activities=activities, activity_executor=executor
        ):
            yield


@pytest.fixture
def three_leads(settings: Settings, working: None) -> list[str]:
    """The organisations of a lead for sales, one that Grace has by name, one that Carl has, who left no address."""
    lives = []
    for person in ("", "Grace", "Carl"):
        name = person or "Sales"
        life = Life(datetime.now(UTC), lead_id=f"lead-{name.lower()}", org=f"{name} University").perform()
        if person:
            email = {"email": "grace@example.org"} if person == "Grace" else {}
            life.does("assigned", role="sales", person=person, **email)
        life.does("questionnaire_sent")
        lives.append(life)
    write_rows(settings.ledger_url.get_secret_value(), *lives)
    return [life.lead.org for life in lives]


def reached(sandbox: Sandbox) -> list[list[str]]:
    return sorted(mail.received.recipients for mail in sandbox.mailbox.all())


async def test_each_role_and_person_gets_theirs_once_a_week(
    env: WorkflowEnvironment, queue: str, sandbox: Sandbox, three_leads: list[str], week: Week
) -> None:
    once, again = [await send_now(env.client, f"{queue}-chores", week) for _ in range(2)]
    assert (once[1], again[1]) == (False, True)
    assert once[0] == again[0]
    assert once[0].leads == 3
    assert [key.partition("-")[0] for key in once[0].sent] == ["sales", "sales"]
    assert "grace" not in "".join(once[0].sent)
    assert reached(sandbox) == [["grace@example.org"], ["sell@example.org", "shop@example.org"]]
    hers, theirs = sorted(sandbox.mailbox.all(), key=lambda mail: mail.received.recipients)
    assert three_leads[1] in hers.text
    assert three_leads[0] not in hers.text
    assert three_leads[0] in theirs.text
    assert "for Carl" in theirs.text
    assert "Waiting" in theirs.text
    assert "https://example.org/issue" in theirs.text
    assert theirs.message_id in once[0].sent.values()


def where_no_day_ends() -> str:
    """A zone where it is the same day, and week, for an hour."""
    now = datetime.now(UTC)
    zones = ("Europe/Berlin", "Asia/Tokyo")
    return next(zone for zone in zones if Week.at(now, zone) == Week.at(now + timedelta(hours=1), zone))


async def test_the_schedule_starts_it_once_a_week(
    env: WorkflowEnvironment,
    settings: Settings,
    sandbox: Sandbox,
    three_leads: list[str],
    leads_alone: RunLeads,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    handle = env.client.get_schedule_handle(SCHEDULE)
    zone = where_no_day_ends()
    on = settings.model_copy(update={"digest": settings.digest.model_copy(update={"zone": zone})})
    await keep_digest(env.client, on)
    spec = (await handle.describe()).schedule.spec
    (calendar,) = spec.calendars
    assert (spec.time_zone_name, calendar.day_of_week[0].start, calendar.hour[0].start) == (
        zone,
        1,
        8,
    )
    names: list[str] = []
    for _ in range(2):
        await handle.trigger(
            overlap=ScheduleOverlapPolicy.BUFFER_ONE
        )  # it may not know yet that the first is over
        async with asyncio.timeout(TIMEOUT):
            while len(actions := (await handle.describe()).info.recent_actions) == len(names):
                await asyncio.sleep(0.05)
        names = [each.action.workflow_id for each in actions if isinstance(each.action, Started)]
        digest = await env.client.get_workflow_handle(names[-1], result_type=str).result()
    off = settings.model_copy(update={"digest": settings.digest.model_copy(update={"day": "never"})})
    await keep_digest(env.client, off)
    await keep_digest(env.client, off)
    with pytest.raises(RPCError):
        await handle.describe()
    assert digest == digest_id(Week.at(datetime.now(UTC), zone))
    await env.client.get_workflow_handle(digest).result()
    monkeypatch.setenv("LEADS_DIGEST__ZONE", zone)
    ended = await leads_alone("digest", "--send", "--json")
    assert (ended.json["already"], len(ended.json["sent"])) == (True, 2)
    assert len(reached(sandbox)) == 2


async def test_a_server_that_cuts_after_taking_it_gets_it_again_under_the_same_id(
    env: WorkflowEnvironment, queue: str, sandbox: Sandbox, three_leads: list[str], week: Week
) -> None:
    sandbox.faults.add(Fault(system="mail", kind="mail_cut_after"))
    done, _ = await send_now(env.client, f"{queue}-chores", week)
    assert len(done.sent) == 2
    assert {mail.message_id for mail in sandbox.mailbox.all()} == set(done.sent.values())


async def test_one_that_is_refused_keeps_nobody_from_theirs_and_is_tried_again(
    env: WorkflowEnvironment, queue: str, sandbox: Sandbox, three_leads: list[str], week: Week
) -> None:
    fault = Fault(
        system="mail", kind="mail_refused", command="RCPT", recipient="grace@example.org", times=None
    )
    sandbox.faults.add(fault)
    done, _ = await send_now(env.client, f"{queue}-chores", week)
    (why,) = done.failed.values()
    assert "recipient 1 of 1" in why, "it names nobody"
    handle = env.client.get_workflow_handle(digest_id(week))
    async with asyncio.timeout(TIMEOUT):
        while not (await handle.query(DigestWorkflow.sent)).sent:
            await asyncio.sleep(0.05)
    assert reached(sandbox) == [["sell@example.org", "shop@example.org"]]
    await handle.terminate()


async def test_a_long_digest_goes_on_in_new_runs(
    env: WorkflowEnvironment,
    queue: str,
    sandbox: Sandbox,
    three_leads: list[str],
    week: Week,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("workflows.digest.AT_ONCE", 1)
    monkeypatch.setattr("workflows.digest.LONG_HISTORY", 11)  # the plan and one mail
    done, _ = await send_now(env.client, f"{queue}-chores", week)
    assert (done.leads, len(done.sent), done.failed) == (3, 2, {})
    assert reached(sandbox) == [["grace@example.org"], ["sell@example.org", "shop@example.org"]]
    described = await env.client.get_workflow_handle(digest_id(week)).describe()
    assert described.run_id != described.raw_description.workflow_execution_info.first_run_id


async def test_it_is_printed_as_it_would_be_sent(leads_alone: RunLeads, three_leads: list[str]) -> None:
    ended = await leads_alone("digest")
    assert ended.code == 0, ended.err
    assert "To grace@example.org: Leads, " in ended.out
    assert "To sales@example.org: Leads, " in ended.out
    assert [each["role"] for each in (await leads_alone("digest", "--json")).json] == ["sales", "sales"]


async def test_with_nothing_to_say_there_is_no_mail(
    env: WorkflowEnvironment,
    leads_alone: RunLeads,
    queue: str,
    sandbox: Sandbox,
    working: None,
    week: Week,
    ledger_url: str,
) -> None:
    write_rows(ledger_url)
    assert (await leads_alone("digest")).out == "There is nothing to say, so no mail.\n"
    done, _ = await send_now(env.client, f"{queue}-chores", week)
    assert (done.leads, done.sent, done.failed) == (0, {}, {})
    assert reached(sandbox) == []


async def test_a_zone_that_there_is_not_is_named(
    leads_alone: RunLeads, monkeypatch: pytest.MonkeyPatch, say: Callable[..., object]
) -> None:
    monkeypatch.setenv("LEADS_DIGEST__ZONE", "Mars/Base")
    ended = await leads_alone("digest")
    assert (ended.code, "LEADS_DIGEST__ZONE" in ended.err) == (2, True)


def test_its_day_is_one_of_a_week() -> None:
    assert Week.at(datetime(2026, 8, 24, 8, tzinfo=UTC), "UTC") == Week(
        name="2026-W35", day=date(2026, 8, 24)
    )
