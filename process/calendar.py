"""Days in a lead's time zone. A date means the end of that day (process.md, Periods).

Dates decide, so the zones' rules are an input of replay: they come from the locked tzdata alone, whatever the machine has.
"""

from calendar import monthrange
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, reset_tzpath

reset_tzpath(to=())  # zoneinfo prefers the system's files, which change with each update of the system

DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
"""The shortest time that counts."""


KNOWN = 1_000
"""Number of days of which a worker knows when they begin. Leads ask for the same ones again and again."""


def zone_exists(name: str) -> bool:
    """Return True if there is a time zone of this name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@lru_cache(KNOWN)
def day_of(moment: datetime, zone: str) -> date:
    """Return the calendar day in `zone` at `moment` (aware)."""
    return moment.astimezone(ZoneInfo(zone)).date()


@lru_cache(KNOWN)
def start_of(day: date, zone: str) -> datetime:
    """Return the first moment of `day` in `zone`, in UTC."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def end_of(day: date, zone: str) -> datetime:
    """Return the moment at which `day` is over in `zone`, in UTC."""
    return start_of(day + DAY, zone)


def last_moment(day: date, zone: str) -> datetime:
    """Return the last moment of `day` in `zone`, in UTC."""
    return end_of(day, zone) - MOMENT


def add_working_days(day: date, count: int, holidays: Collection[date]) -> date:
    """Return the day that is `count` working days (Monday to Friday, no holidays) after `day`."""
    while count > 0:
        day += DAY
        if day.weekday() < 5 and day not in holidays:
            count -= 1
    return day


def month_number(day: date) -> int:
    """Return the month of a day as a number: its year times 12 plus its number from 0."""
    return day.year * 12 + day.month - 1


def months_begun(start: date, day: date) -> int:
    """Return the number of months from `start` that have begun on `day`; 0 or less before the start."""
    return month_number(day) - month_number(start) + (day.day >= _begins(start, day))


def months_between(start: date, end: date) -> int:
    """Return the number of months that begin in a term with these first and last days; at least 1.

    A term that ends on its anniversary has no month more: one that would begin on its last day has not begun. From the
    last day of a month, the last day of another month is an anniversary, too.
    """
    anniversary = end.day == _begins(start, end) or (_is_month_end(start) and _is_month_end(end))
    return max(1, months_begun(start, end) - anniversary)


def _begins(start: date, day: date) -> int:
    """Return the day of the month on which a month from `start` begins: the last one, if the month is shorter."""
    return min(start.day, monthrange(day.year, day.month)[1])


def _is_month_end(day: date) -> bool:
    return day.day == monthrange(day.year, day.month)[1]
