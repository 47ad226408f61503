"""The choices that a person has about a report: read from text, checked, and described with their present value."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import urlencode

from process.calendar import DAY, month_number
from process.money import weights
from process.money.currencies import CURRENCIES
from process.reports.months import Window, month_name, read_month
from process.reports.report import Parameter, ParameterKind

EARLIEST = date(2000, 1, 1)
LATEST = timedelta(days=3660)
"""A day may be so far ahead."""
LONGEST = 60
"""Greatest number of months in a window."""
LONGEST_LAG = 730
SHOWN = 40
"""Characters of a wrong value that an error repeats."""
SIGNIFICANT = 4
"""Decimals of a share."""

_SHARE = re.compile(rf"[01]|[01]?\.\d{{1,{SIGNIFICANT}}}")
_PERCENT = re.compile(rf"(\d{{1,3}}(?:\.\d{{1,{SIGNIFICANT - 2}}})?)\s?%")
_DAYS = re.compile(r"\d{1,4}")


class ParameterRefused(ValueError):
    """A value that a report's parameter does not take, or a parameter that the report does not have."""

    def __init__(self, name: str, clause: str) -> None:
        super().__init__(f"{name}: {clause}")
        self.name = name
        """Name of the parameter."""
        self.clause = clause
        """Rest of the sentence that begins with the parameter."""


class Choice(NamedTuple):
    """The values of all parameters; a report reads those that it has."""

    day: date
    """The day as of whose end the figures are."""
    since: date
    """An earlier day, with which it is compared."""
    window: Window
    currency: str = ""
    rho: Decimal = Decimal("0.8")
    eta: Decimal = weights.ETA
    to_signature: int | None = None
    """Days from an offer to the signature, for offers whose start is not known; None: as measured."""


class Spec(NamedTuple):
    """A parameter that a report has."""

    name: str
    title: str
    kind: ParameterKind
    takes: str
    write: Callable[[Choice], str]
    """Returns its value as text."""


FROM = Spec(
    "from",
    "first month",
    "month",
    "a month, as 2026-12",
    lambda choice: month_name(choice.window.first),
)
TO = Spec(
    "to",
    "last month",
    "month",
    f"a month, as 2027-05; at most {LONGEST} months in all",
    lambda choice: month_name(choice.window.last),
)
CURRENCY = Spec(
    "currency", "currency", "currency", "a currency, as USD or EUR", lambda choice: choice.currency
)
RHO = Spec(
    "rho",
    "ρ, share of renewals that are signed",
    "share",
    "a number from 0 to 1, as 0.8, or 80%",
    lambda choice: f"{choice.rho:f}",
)
ETA = Spec(
    "eta",
    "η, share of new offers that are signed",
    "share",
    "a number from 0 to 1, as 0.3, or 30%",
    lambda choice: f"{choice.eta:f}",
)
TO_SIGNATURE = Spec(
    "to-signature",
    "days from an offer to its signature, where no start is known",
    "days",
    f"a number of days from 0 to {LONGEST_LAG}",
    lambda choice: "" if choice.to_signature is None else str(choice.to_signature),
)
DAY_OF = Spec(
    "day",
    "as of the end of this day",
    "day",
    "today or an earlier day, as 2026-11-30",
    lambda choice: choice.day.isoformat(),
)
ON = DAY_OF._replace(title="on this day", takes="a day, as 2026-11-30")
SINCE = Spec(
    "since",
    "since the end of this day",
    "day",
    "an earlier day, as 2026-11-23",
    lambda choice: choice.since.isoformat(),
)


def read_choice(specs: Sequence[Spec], given: Mapping[str, str], usual: Choice, today: date) -> Choice:
    """Return the usual values, with those that are given as text instead. An empty text counts as not given.

    Raises ParameterRefused, which names the parameter, for an unknown one and for a value that makes no sense.
    """
    known = {spec.name for spec in specs}
    check_characters(given)
    for name in given:
        if name not in known:
            has = f"it has {', '.join(sorted(known))}" if known else "it has none"
            raise ParameterRefused(_short(name), f"the report has no such parameter; {has}.")
    texts = {name: text.strip() for name, text in given.items() if text.strip()}
    choice = _with_days(usual, texts, today, ahead=ON in specs)
    choice = _with_window(choice, usual, texts, {FROM, TO} <= {*specs})
    if "currency" in texts:
        choice = choice._replace(currency=_currency(texts["currency"]))
    if "rho" in texts:
        choice = choice._replace(rho=_share("rho", texts["rho"]))
    if "eta" in texts:
        choice = choice._replace(eta=_share("eta", texts["eta"]))
    if "to-signature" in texts:
        choice = choice._replace(to_signature=_lag(texts["to-signature"]))
    return choice


def check_characters(given: Mapping[str, str]) -> None:
    """Raise ParameterRefused for the character NUL, which not every database takes."""
    for name, text in given.items():
        if "\0" in name + text:
            plain = _short(name.replace("\0", ""))
            raise ParameterRefused(plain, "it holds the character NUL; leave that out.")


def described(
    specs: Sequence[Spec],
    choice: Choice,
    measured: Mapping[str, str] | None = None,
    choices: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Parameter, ...]:
    """Return the parameters with their present values. `measured`, `choices`: by the names of parameters."""
    return tuple(
        Parameter(
            name=spec.name,
            title=spec.title,
            kind=spec.kind,
            takes=spec.takes,
            value=spec.write(choice),
            measured=(measured or {}).get(spec.name, ""),
            choices=tuple((choices or {}).get(spec.name, ())),
        )
        for spec in specs
    )


def query_of(specs: Sequence[Spec], choice: Choice) -> str:
    """Return the query string by which the report is asked for with these values."""
    return urlencode([(spec.name, value) for spec in specs if (value := spec.write(choice))])


def rows_of(specs: Sequence[Spec], choice: Choice, figure: str, of: str = "") -> str:
    """Return the query string by which the leads and events of a figure are asked for."""
    parts = [query_of(specs, choice), urlencode({"figure": figure} | ({"of": of} if of else {}))]
    return "&".join(filter(None, parts))


def _with_days(usual: Choice, texts: Mapping[str, str], today: date, *, ahead: bool) -> Choice:
    day = _day("day", texts["day"], today) if "day" in texts else usual.day
    if day > today and not ahead:
        raise ParameterRefused(
            "day", f"{day} is yet to come, and nothing is known of it; take {today} or an earlier day."
        )
    moved = day - usual.day
    since = _day("since", texts["since"], today) if "since" in texts else max(EARLIEST, usual.since + moved)
    if "since" in texts and since >= day:
        raise ParameterRefused("since", f"take a day before {day}, not {since}.")
    return usual._replace(day=day, since=since)


def _with_window(choice: Choice, usual: Choice, texts: Mapping[str, str], has_window: bool) -> Choice:
    """Set the window, which moves along with the day and keeps its length unless both months are given."""
    if not has_window:
        return choice
    moved = month_number(choice.day) - month_number(usual.day)
    first, last = usual.window.first + moved, usual.window.last + moved
    if "from" in texts:
        first = _month("from", texts["from"], choice.day)
        last = max(last, first) if last >= first else first + usual.window.size - 1
    if "to" in texts:
        last = _month("to", texts["to"], choice.day)
        if "from" not in texts and last < first:
            first = last - usual.window.size + 1
    if last < first:
        raise ParameterRefused("to", f"{month_name(last)} is before {month_name(first)}; take a later month.")
    if last - first >= LONGEST:
        raise ParameterRefused(
            "to",
            f"from {month_name(first)} to {month_name(last)} are {last - first + 1} months; "
            f"take at most {LONGEST}.",
        )
    return choice._replace(window=Window(first, last))


def _day(name: str, text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-11-30") else None
    except ValueError:
        day = None
    if day is None:
        raise ParameterRefused(name, f"{_short(text)!r} is no day; write it as {today}.")
    if not EARLIEST + DAY <= day <= today + LATEST:
        raise ParameterRefused(
            name, f"{day} is too far away; take a day from {EARLIEST + DAY} to {today + LATEST}."
        )
    return day


def _month(name: str, text: str, day: date) -> int:
    try:
        month = read_month(text)
    except ValueError:
        example = month_name(month_number(day))
        raise ParameterRefused(name, f"{_short(text)!r} is no month; write it as {example}.") from None
    first, last = month_number(EARLIEST), month_number(day + LATEST)
    if not first <= month <= last:
        raise ParameterRefused(
            name,
            f"{text} is too far away; take a month from {month_name(first)} to {month_name(last)}.",
        )
    return month


def _currency(text: str) -> str:
    code = text.upper()
    if code not in CURRENCIES:
        raise ParameterRefused(
            "currency",
            f"{_short(text)!r} is no currency in use; write three letters, as USD or EUR.",
        )
    return code


def _share(name: str, text: str) -> Decimal:
    share = None
    if text.isascii() and (percent := _PERCENT.fullmatch(text)):
        share = Decimal(percent[1]) / 100
    elif text.isascii() and _SHARE.fullmatch(text):
        share = Decimal(text)
    if share is None or share > 1:
        raise ParameterRefused(
            name,
            f"{_short(text)!r} is no share; write a number from 0 to 1 with at most {SIGNIFICANT} "
            "decimals, as 0.8, or a percentage, as 80%.",
        )
    return share


def _lag(text: str) -> int:
    if not (text.isascii() and _DAYS.fullmatch(text)) or int(text) > LONGEST_LAG:
        raise ParameterRefused(
            "to-signature",
            f"{_short(text)!r} is no number of days from 0 to {LONGEST_LAG}.",
        )
    return int(text)


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
