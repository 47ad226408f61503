"""Write docs/reports.md from the reports' definitions: `python -m tests.support.reports_page`."""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from textwrap import fill

from process.reports.catalog import REPORTS, Info
from process.reports.parameters import Spec

PAGE = Path(__file__).parents[2] / "docs/reports.md"

INTRODUCTION = """\
# Reports

This page is generated from the definitions in `process/reports/catalog.py`; change them there and
write it anew with `python -m tests.support.reports_page`.

A report is made from the read tables of the ledger: no lead is asked, and Temporal may be away. On
the command line:

```sh
leads report                                       # all reports, with a sentence each
leads report forecast --currency USD --eta 0.25    # tables; --definition adds what they mean
leads report moved --since 2026-11-01 --json       # also --csv, for a spreadsheet
leads report funnel --png funnel.png               # the picture
```

Each figure leads to the leads and events of which it is made. Three rules hold for all of them:

- **Money is exact.** Amounts are counted in whole minor units (cents) of one currency, and those of
  several currencies are never added up. A weighted amount is rounded once, as a sum; its parts are
  rounded so that they add up to it.
- **A day is a day of the organisation's time zone** (`LEADS_ZONE`), and a figure as of a day is
  that of its end. A month is written 2026-12.
- **What was known stays known.** The forecast of a past day is what the ledger said on that day.
  Stages and losses count as they stand now, without what was corrected since.

## Formulae

| figure | formula |
| --- | --- |
| month of an amount | ⌊total ÷ months⌋ in each month of the service; what remains is in the first one |
| FMRR of a month | contracted + ρ × renewals + η × new |
| FMRR6 | the sum of FMRR over the six months of the window; FMRR*n* over *n* months |
| ρ measured | terms that ended within 24 months and were followed by another ÷ all that ended |
| η measured | first quotes signed within 24 months ÷ first quotes signed or lost within them |
| start of an offer that names none | the day + the median days from an offer to its signature; 60 days if none was signed |
| moved by an event | ρ- and η-weighted worth of what it let expect − of what it let expect no longer |
| time passed | worth at the later day − worth at the earlier day, of what was expected at the earlier day |
| conversion | leads that reached a stage ÷ leads that reached the one before |
| value lost | what was expected for the month of the loss and later ones, not weighted |
| estimate of un-billed months | amount of the invoice; else yearly price ÷ 12 × the months that begin within the days |

ρ and η follow [2i2c's KPIs](https://github.com/2i2c-org/team-compass/blob/main/biz-dev/kpis.md),
which say that both are guesses until they are measured; so each is shown beside the measured value.
"""


def page() -> str:
    """Return the text of docs/reports.md."""
    return "\n".join([INTRODUCTION, *(line for info in REPORTS.values() for line in _lines(info))])


def _lines(info: Info) -> Iterator[str]:
    yield from (f"## {info.title}", "", f"`leads report {info.name}`. {info.summary}", "")
    for sentence in info.definition:
        yield fill(
            f"- {sentence}", 100, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
    yield ""
    if info.specs:
        yield from ("| parameter | is | takes | by default |", "| --- | --- | --- | --- |")
        yield from (_row(spec, info) for spec in info.specs)
        yield ""


_DEFAULTS = {
    "from": "the month after the day's",
    "to": "six months in all",
    "currency": "the most frequent one",
    "day": "today",
    "since": "a week before the day",
    "to-signature": "as measured",
}
_BACK = {"from": "twelve months in all", "to": "this month", "currency": "all of them"}


def _row(spec: Spec, info: Info) -> str:
    usual = _DEFAULTS if info.looks_ahead else _DEFAULTS | _BACK
    default = usual.get(spec.name) or spec.write(info.usual(date(2026, 11, 30)))
    return f"| `{spec.name}` | {spec.title} | {spec.takes} | {default} |"


if __name__ == "__main__":
    PAGE.write_text(page())
    sys.stdout.write(f"{PAGE.name} is written.\n")
