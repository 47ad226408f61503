"""The reports that there are: name, title, definition, and what may be chosen about each."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from process.calendar import month_number
from process.reports.months import Window
from process.reports.parameters import (
    CURRENCY,
    DAY_OF,
    ETA,
    FROM,
    ON,
    RHO,
    SINCE,
    TO,
    TO_SIGNATURE,
    Choice,
    ParameterRefused,
    Spec,
    described,
    read_choice,
)
from process.reports.report import Chart, Report, Table

AHEAD: Final = 6
"""Usual number of months of a forecast: those of FMRR6."""
BACK: Final = 12
"""Usual number of months of a report about the past."""
WEEK: Final = timedelta(days=7)


class Info(NamedTuple):
    """A report before it is made."""

    name: str
    title: str
    summary: str
    """One sentence for a list of reports."""
    definition: tuple[str, ...]
    """Plain sentences: what counts, what does not, and the source."""
    specs: tuple[Spec, ...] = ()
    looks_ahead: bool = False
    """True if its months usually begin after this one."""

    def usual(self, today: date) -> Choice:
        """Return the values of the parameters if nothing is chosen."""
        month = month_number(today)
        window = Window(month + 1, month + AHEAD) if self.looks_ahead else Window(month - BACK + 1, month)
        return Choice(day=today, since=today - WEEK, window=window)

    def read(self, given: Mapping[str, str], today: date) -> Choice:
        """Return the values of the parameters, with those that are given as text. Raises ParameterRefused."""
        return read_choice(self.specs, given, self.usual(today), today)

    def report(
        self,
        choice: Choice,
        *,
        tables: tuple[Table, ...],
        headline: tuple[str, ...] = (),
        chart: Chart | None = None,
        notes: tuple[str, ...] = (),
        measured: Mapping[str, str] | None = None,
        choices: Mapping[str, Sequence[str]] | None = None,
    ) -> Report:
        """Return the report with these figures. `measured`, `choices`: by the names of parameters."""
        return Report(
            name=self.name,
            title=self.title,
            definition=self.definition,
            day=choice.day,
            parameters=described(self.specs, choice, measured, choices),
            headline=headline,
            tables=tables,
            chart=chart,
            notes=notes,
        )


_FORECAST_SPECS = (FROM, TO, CURRENCY, RHO, ETA, TO_SIGNATURE)
_WEIGHTS = (
    "FMRR of a month = contracted + ρ × renewals + η × new, as 2i2c's KPIs define it. FMRR6 is its sum over the "
    "six months after the day's month, or over the window that is chosen.",
    "A total value is spread evenly over the months of its service, with one-time items; what can't be divided to "
    "the cent is in the first month.",
    "Contracted: signed contracts, from the first day of service to the last, extensions with them.",
    "Renewals: for each running contract the next term, of the same length, at its own quote or else today's price; "
    "until it is signed, or the lead is lost, closed or to be decommissioned.",
    "New: open or accepted quotes of leads without a contract, for twelve months from the start that the hub's "
    "information names. Where it names none, the start is the day plus the days from an offer to its signature: "
    "the median of the last 24 months, unless it is set.",
    "Not counted: leads without a price, usage, and cloud costs that are passed on. Currencies are never added up.",
    "ρ and η are set; the measured values stand beside them. ρ measured: terms that ended within 24 months and were "
    "followed by another one, of all that ended. η measured: first quotes signed within 24 months, of those "
    "signed or lost.",
)

_ALL: Final = (
    Info(
        "forecast",
        "Forecast",
        "Revenue that is contracted, renewed and new, month by month (FMRR).",
        (
            *_WEIGHTS,
            "The figures are those that were known at the end of the day. Source: the ledger's events, as they "
            "were recorded at the time.",
        ),
        (*_FORECAST_SPECS, DAY_OF),
        looks_ahead=True,
    ),
    Info(
        "moved",
        "What moved the forecast",
        "The events that moved the forecast between two days, by their kind.",
        (
            "The difference between the forecasts that were known at the end of two days, for the same months and "
            "with the same ρ and η, by the kind of event that moved it. The parts add up to the difference exactly.",
            "An event counts for each amount that it let expect and against each that it let expect no longer: a "
            "signature takes a new offer away and adds a contract.",
            "Time passed: offers without a start begin later, because their start follows the day.",
            *_WEIGHTS[:1],
            "Source: the ledger's events, as they were recorded at the time. An event that was corrected later "
            "still counts, and so does its correction.",
        ),
        (*_FORECAST_SPECS, SINCE, DAY_OF),
        looks_ahead=True,
    ),
    Info(
        "funnel",
        "Funnel",
        "How many of the leads of each month have become quotes, contracts and hubs.",
        (
            "Leads by the month in which they were opened, and how many of them have ever reached each stage.",
            "A conversion is the share of the leads that reached a stage among those that reached the one before; "
            "hubs are compared with contracts.",
            "A month is marked as not ripe while half of the leads that become contracts need longer than it is old.",
            "Merged duplicates are left out. Decisions that were corrected count as corrected. Source: the stages "
            "in the ledger's events.",
        ),
        (FROM, TO),
    ),
    Info(
        "time-in-stage",
        "Time in stage",
        "How long leads stay at each stage, and who is still there.",
        (
            "Whole days that leads of the window were at a stage before they left it: the median (half of them were "
            "not longer) and the 90th percentile (nine in ten were not longer).",
            "A lead counts by the month in which it was opened, and once for each time that it was at the stage.",
            "Leads that are still at a stage are counted apart, because it is not known how long they will stay.",
            "Decisions that were corrected count as corrected. Source: the stages in the ledger's events.",
        ),
        (FROM, TO),
    ),
    Info(
        "lost",
        "Lost leads",
        "Why leads were lost, what they were worth, and which were reopened.",
        (
            "Leads that were lost within the window, by reason and by the stage at which they were lost.",
            "The value is what was expected of them, not weighted, for the month of the loss and later ones: offers, "
            "renewals and the rest of contracts. Currencies are never added up.",
            "A loss that was reopened is counted, and shown apart. Merged duplicates are left out. Source: the stages "
            "and the expected money in the ledger's events.",
        ),
        (FROM, TO),
    ),
    Info(
        "unbilled",
        "Un-billed months",
        "Months that somebody should be billed for and is not, the oldest first.",
        (
            "Months in which a hub runs in no contract (gap), whose usage is not reported (usage), whose invoice is "
            "due and not prepared (draft), whose vendor set-up is not settled (vendor), or that were not billed when "
            "the lead was lost (lost).",
            "The estimate of an invoice that is not prepared, or of a lost lead, is its amount. Otherwise it is the price "
            "of a month under the contract, for each month that begins within the days; there is none where no price "
            "recurs, nor for usage that is not reported. Currencies are never added up.",
            "Source: the leads as they stand now.",
        ),
    ),
    Info(
        "coverage",
        "Hubs and contracts",
        "Hubs that run without a contract, and contracts that wait for a hub.",
        (
            "A hub without a contract runs on the day, and no term of a signed contract covers the day, extensions "
            "included. Hubs that somebody allowed to run so are counted and named.",
            "A contract without a hub covers the day, and its lead still waits for the hub.",
            "Source: the leads as they stand now.",
        ),
        (ON,),
    ),
    Info(
        "invoices",
        "Open invoices",
        "Invoices that are neither paid nor voided, by age.",
        (
            "Open invoices by the number of days since they were sent, and apart those that are prepared and not sent.",
            "Overdue: not paid by the day that the lead's policy names. Currencies are never added up.",
            "Source: the leads as they stand now.",
        ),
        (CURRENCY,),
    ),
)

REPORTS: Final[Mapping[str, Info]] = {info.name: info for info in _ALL}


def report_info(name: str) -> Info:
    """Return the report with this name. Raises ParameterRefused, with the names that there are."""
    if name not in REPORTS:
        raise ParameterRefused(
            "name", f"there is no report {name[:40]!r}; there are {', '.join(sorted(REPORTS))}."
        )
    return REPORTS[name]
