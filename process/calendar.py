"""Days in a lead's own time zone. A date means the end of that day (process.md, Periods)."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY = timedelta(days=1)


def zone_exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def day_of(moment: datetime, zone: str) -> date:
    """The calendar day in `zone` at `moment` (aware)."""
    return moment.astimezone(ZoneInfo(zone)).date()


def start_of(day: date, zone: str) -> datetime:
    """The first moment of `day` in `zone`, in UTC."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def end_of(day: date, zone: str) -> datetime:
    """The moment at which `day` is over in `zone`, in UTC."""
    return start_of(day + DAY, zone)


def add_working_days(day: date, count: int, holidays: Collection[date]) -> date:
    """The `count`-th working day (Monday to Friday, no holiday) after `day`."""
    while count > 0:
        day += DAY
        if day.weekday() < 5 and day not in holidays:
            count -= 1
    return day
