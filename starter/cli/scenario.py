"""Reads the scenario of `leads what-if` from its options."""

import difflib
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from activities.pricing import books_in
from config import policy_file as policy
from config.settings import Settings, SettingsError
from process.behaviour import CHANGES
from process.money.pricing import PriceBook, PriceListError
from process.plain_errors import plain, shown
from process.policy import Periods, Policy
from process.simulation.scenario import Scenario
from process.types import Stage
from starter.cli.exits import CommandFailed, ExitCode

IN_STAGES = "stale_in"
"""The period that has a number of days per stage."""


def scenario(
    known: Settings,
    *,
    periods: Iterable[str] = (),
    holidays: Iterable[date] = (),
    policy_file: Path | None = None,
    price_book: Path | None = None,
    newest_rules: bool = False,
) -> Scenario:
    """Return the scenario. Raises CommandFailed (usage) for a wrong option."""
    return Scenario(
        policy=_policy(known, policy_file) if policy_file else None,
        periods=read_periods(periods),
        holidays=tuple(sorted(set(holidays))),
        books=_books(price_book) if price_book else (),
        changes=CHANGES if newest_rules else (),
    )


def described(wanted: Scenario) -> list[str]:
    """Return the changes of the scenario, for people."""
    found = [f"the policy {wanted.policy.version}"] if wanted.policy else []
    found += [f"{name} {value}" for name, value in period_values(wanted.periods) if value]
    found += [f"a holiday on {day}" for day in wanted.holidays]
    found += [f"the price book {book.version} as given" for book in wanted.books]
    found += [f"the rules of {change} from the beginning" for change in wanted.changes]
    return found


def period_values(periods: Periods, *, every: bool = False) -> list[tuple[str, str]]:
    """Return the periods that were set, or all of them, each with its days as text."""
    return [
        (name, _days(getattr(periods, name)))
        for name in Periods.model_fields
        if every or name in periods.model_fields_set
    ]


def _days(value: object) -> str:
    match value:
        case dict():
            return ", ".join(f"{stage} {days}" for stage, days in value.items()) or "–"
        case tuple():
            return ", ".join(map(str, value)) or "none"
        case _:
            return str(value)


def read_periods(given: Iterable[str]) -> Periods:
    """Parse `NAME=DAYS`, several days as `renewal_windows=120,60`, days of a stage as `stale_in.quoted=14`.

    Only the given periods are set. Raises CommandFailed (usage).
    """
    found: dict[str, object] = {}
    for text in given:
        name, separator, value = (part.strip() for part in text.partition("="))
        if not separator or not name:
            raise _wrong(f"{shown(text)} is no period: write NAME=DAYS, e.g. quote_validity=60.")
        name, _, stage = name.replace("-", "_").casefold().partition(".")
        if name not in Periods.model_fields or (stage and name != IN_STAGES):
            raise _unknown(f"{name}.{stage}" if stage else name)
        if name == IN_STAGES:
            stages = found.setdefault(name, {})
            if stage not in {*Stage} or not isinstance(stages, dict) or stage in stages:
                raise _wrong(f"{shown(text)}: write each stage once, e.g. {IN_STAGES}.quoted=14.")
            stages[stage] = _number(value, text)
        elif name in found:
            raise _wrong(f"The period {name} is given twice.")
        elif isinstance(getattr(Periods(), name), tuple):
            found[name] = tuple(_number(part, text) for part in value.split(",") if part.strip())
        else:
            found[name] = _number(value, text)
    try:
        return Periods.model_validate(found)
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in wrong["loc"] if part != "[key]")
        raise _wrong(f"The period {name}: {plain(wrong)}, not {wrong['input']}.") from None


def _number(text: str, given: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise _wrong(f"{shown(given)}: {shown(text.strip())} is no number of days.") from None


def _unknown(name: str) -> CommandFailed:
    near = difflib.get_close_matches(name, Periods.model_fields, n=1)
    meant = f" Did you mean {near[0]}?" if near else ""
    known = ", ".join(Periods.model_fields)
    return _wrong(
        f"There is no period {shown(name)}.{meant} There are {known}; `leads what-if --periods` explains them."
    )


def _policy(known: Settings, file: Path) -> Policy:
    try:
        return policy.current_policy(known.model_copy(update={"policy_file": file}))
    except SettingsError as error:
        raise _wrong(str(error).replace("LEADS_POLICY_FILE", "--policy", 1)) from error


def _books(file: Path) -> tuple[PriceBook, ...]:
    try:
        return books_in(file)
    except PriceListError as error:
        raise _wrong(f"--price-book: {error}.") from error


def _wrong(sentence: str) -> CommandFailed:
    return CommandFailed(ExitCode.USAGE, sentence)
