"""The daily schedule of retention."""

from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
)

from client.schedules import keep
from process.policy import Retention

SCHEDULE = "retention"
AT = timedelta(hours=2, minutes=40)
"""Time of the day (UTC): few people work."""
RETENTION_WORKFLOW = "RetentionWorkflow"


async def keep_retention(client: Client, task_queue: str, retention: Retention) -> None:
    """Create or change the daily schedule; delete it if the policy keeps everything for ever."""
    anything = retention.names_months or retention.money_years or retention.chores_days
    await keep(client, SCHEDULE, _schedule(task_queue) if anything else None)


def _schedule(task_queue: str) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(RETENTION_WORKFLOW, id=SCHEDULE, task_queue=task_queue),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(days=1), offset=AT)]),
        policy=SchedulePolicy(
            overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(days=1), pause_on_failure=False
        ),
    )
