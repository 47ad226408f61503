"""Count what a year costs of a hub that nobody tends: `python -m bench.hub_year`.

The lead goes to a hub, and then time is skipped, so that only its dates move it: reminders, invoices, concerns.
"""

from collections import Counter
from uuid import uuid4

from temporalio.api.enums.v1 import EventType

from bench.figures import Figure, Report, Target
from bench.lives import histories
from bench.options import run_benchmark
from bench.processes import worker
from tests.support.outside import Outside
from tests.support.servers import skipping_time
from tests.support.workflow_lives import Life

DAYS = 365


async def events_of(life: Life) -> Counter[EventType.ValueType]:
    """Count the events of a lead by their type, over all runs."""
    runs = await histories(life.env.client, life.id)
    return Counter(event.event_type for history in runs for event in history.events)


async def measure() -> Report:
    """Let a year pass, and count the events that it adds."""
    async with (
        skipping_time() as env,
        worker(env.client.service_client.config.target_host, "lead", "lead"),
    ):
        life = await Life.begin(env, Outside(), f"lead-{uuid4().hex}", queue="lead")
        await life.to_hub()
        await life.settled()
        before = await events_of(life)
        await life.pass_days(DAYS)
        year = await events_of(life) - before
    # the clock of the test server is no part of a lead's life
    del year[EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED]
    counted = (
        ("workflow tasks", EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED),
        ("activities", EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED),
        ("timers", EventType.EVENT_TYPE_TIMER_STARTED),
    )
    return Report(
        "hub_year",
        "A year of a hub that nobody tends",
        f"{DAYS} days",
        (
            Figure("history events", year.total(), target=Target(900)),
            *(Figure(name, year[event_type]) for name, event_type in counted),
        ),
    )


if __name__ == "__main__":
    run_benchmark(__doc__, measure)
