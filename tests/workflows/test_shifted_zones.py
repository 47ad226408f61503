"""A lead replays although the rules of its time zone have changed: an alarm that rings early is believed."""

import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from process.calendar import day_of, start_of
from tests.support.outside import Outside
from tests.support.workflow_lives import Life
from workflows.runtime.plugin import leads_plugin

NEIGHBOURS = {
    "America/New_York": ("America/Halifax", "America/Chicago"),
    "Europe/Berlin": ("Europe/Helsinki", "Europe/London"),
    "Asia/Dubai": ("Asia/Karachi", "Asia/Riyadh"),
    "Asia/Tokyo": ("Australia/Brisbane", "Asia/Singapore"),
    "America/Phoenix": ("America/Costa_Rica", "Pacific/Pitcairn"),
    "Pacific/Guadalcanal": ("Pacific/Fiji", "Australia/Brisbane"),
}
"""Zones, each with one where days begin an hour earlier and one where they begin an hour later."""


@contextmanager
def rules_of(folder: Path, zone: str, other: str) -> Iterator[None]:
    """Give the zone the rules of the other one."""
    file = folder / zone
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(resources.files("tzdata.zoneinfo").joinpath(other).read_bytes())
    zoneinfo.reset_tzpath(to=[str(folder)])
    _forget_rules()
    try:
        yield
    finally:
        zoneinfo.reset_tzpath(to=())
        _forget_rules()


def _forget_rules() -> None:
    for forget in (ZoneInfo.clear_cache, start_of.cache_clear, day_of.cache_clear):
        forget()


def far_from_midnight() -> list[str]:
    """Return the zones where an hour more or less makes no other day of now."""
    return [zone for zone in NEIGHBOURS if 2 <= datetime.now(ZoneInfo(zone)).hour < 21]


@pytest.mark.parametrize("number", range(3))
async def test_a_lead_replays_under_other_rules_of_its_zone(
    env: WorkflowEnvironment, outside: Outside, lead_id: str, tmp_path: Path, number: int
) -> None:
    zone = far_from_midnight()[number]
    async with Worker(env.client, task_queue=lead_id, activities=outside.activities()):
        life = await Life.begin(env, outside, lead_id, queue=lead_id, zone=zone)
        await life.decide("price_quoted", amount=12000, currency="USD", per="year")
        await life.pass_days(33)
        await life.to_hub()
        view = await life.pass_days(70)
        history = await life.handle.fetch_history()
    kinds = {line.kind for line in view.timeline}
    assert {"quote_expired", "invoice_due"} <= kinds, kinds
    day = view.timeline[-1].at.date()
    begins = start_of(day, zone)
    for other in NEIGHBOURS[zone]:
        with rules_of(tmp_path, zone, other):
            assert abs((start_of(day, zone) - begins).total_seconds()) == 3600
            await Replayer(workflows=[], plugins=[leads_plugin()]).replay_workflow(history)
