"""Finds out what is to be erased by the times of the policy: pure functions of days."""

import calendar
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from process.calendar import DAY
from process.policy import Retention
from process.privacy.requests import ErasureRequest, LeadErasure
from process.views.lead_row import LeadRow

SERVICE_KEYS = "service/"
"""Beginning of the owners of the keys for chores: `service/YYYY-MM`."""


def months_before(day: date, months: int) -> date:
    """Return the day so many months before, or the last one of its month."""
    years, month = divmod(day.month - 1 - months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def names_are_due(row: LeadRow, retention: Retention, today: date, erased: Mapping[str, LeadErasure]) -> bool:
    """Return True if everything personal of the lead is to be erased on this day.

    `erased`: what earlier retention has done, by lead. A lead that was reopened since then is due again.
    """
    if not retention.names_months or row.ended_on is None or not row.ended:
        return False
    before = erased.get(row.lead_id)
    done = before.since if before and before.next_step is None else None
    # it comes weeks after an end; one on its day, or the day before in another zone, came later
    if done and done.date() > row.ended_on + DAY:
        return False
    return row.ended_on <= months_before(today, retention.names_months)


def money_is_due(row: LeadRow, retention: Retention, today: date) -> bool:
    """Return True if all keys of the lead are to be destroyed on this day, and its amounts with them."""
    if not retention.money_years or row.ended_on is None or not row.ended:
        return False
    return row.ended_on <= months_before(today, 12 * retention.money_years)


def newest_erasures(requests: Iterable[ErasureRequest]) -> dict[str, LeadErasure]:
    """Return the newest erasure of each lead by these requests, which are given oldest first."""
    return {each.lead_id: each for request in requests for each in request.leads}


def held_leads(requests: Iterable[ErasureRequest], today: date) -> frozenset[str]:
    """Return the leads that a legal hold of an open request keeps as they are."""
    held = (request for request in requests if request.is_pending and request.is_held(today))
    return frozenset(each.lead_id for request in held for each in request.leads)


def chores_end_before(retention: Retention, now: datetime) -> datetime | None:
    """Return the moment before which a chore must have ended to be deleted now; None if none is."""
    return now - timedelta(days=retention.chores_days) if retention.chores_days else None


def is_over(owner: str, before: datetime) -> bool:
    """Return True if these are the keys of chores of a month that ended before this moment."""
    month = owner.removeprefix(SERVICE_KEYS)
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        return False
    last = date(first.year, first.month, calendar.monthrange(first.year, first.month)[1])
    return owner.startswith(SERVICE_KEYS) and last < before.date()
