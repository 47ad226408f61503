"""Measure how the work on the ledger grows with the number of leads: `python -m bench.growth`.

The leads stand in SQLite, in memory where the system has a file system there, so that the disk is not measured; each
has its events on the way to a hub. The ratio is to the smallest number: 1 means that it does not grow.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.figures import Figure, Report
from bench.options import run_benchmark
from bench.what_if import hub
from client.lists import LeadLists
from ledger.conversion import entry_of
from ledger.entry import Entry
from ledger.ledger import Ledger
from ledger.rows import equals
from process.identity import org_key
from process.views.lead_row import LeadRow
from process.views.row import row_of
from tests.support.lives import Life

NUMBERS = (100, 1_000, 10_000)
PAGE = 50
"""Leads of one page of a list."""
TIMES = 20
"""Times that each request is made, unless it takes long; the median counts."""
AT_LEAST, ENOUGH = 3, 2000
"""A request that takes so many milliseconds in all is not made more often than this."""
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it


@contextmanager
def empty_ledger() -> Iterator[Ledger]:
    """Open a new ledger."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.exists() else None) as folder:
        ledger = Ledger.open(f"sqlite:///{Path(folder) / 'ledger.sqlite'}")
        try:
            yield ledger
        finally:
            ledger.close()


def _of(row: LeadRow, entries: Sequence[Entry]) -> list[Entry]:
    return [entry.model_copy(update={"lead_id": row.lead_id}) for entry in entries]


def leads_like(life: Life, count: int) -> list[LeadRow]:
    """Return rows of so many leads, each of an organisation of its own."""
    row = row_of(life.aggregate, life.now)
    return [
        row.replaced(lead_id=f"lead-{number:08d}", org_key=org_key(f"University {number}"))
        for number in range(count)
    ]


def median_ms(work: Callable[[int], Any]) -> float:
    """Return the median of the CPU milliseconds that this takes, called with the number of the call."""
    found: list[float] = []
    while len(found) < TIMES and (sum(found) < ENOUGH or len(found) < AT_LEAST):
        began = time.process_time()
        work(len(found))
        found.append(1000 * (time.process_time() - began))
    return statistics.median(found)


def requests(ledger: Ledger, leads: Sequence[LeadRow], life: Life) -> dict[str, float]:
    """Return the milliseconds of each request."""
    entries = [entry_of(life.aggregate.lead.id, event) for event in life.aggregate.event_log.events]
    confirmed = entries[-1].seq - 1

    def append(number: int) -> None:
        row = leads[(number + 1) * len(leads) // TIMES - 1]
        ledger.append(row.lead_id, _of(row, entries[-1:]), after=confirmed, row=row)

    return {
        "append an event and the row": median_ms(append),
        "find the leads of one organisation": median_ms(
            lambda number: ledger.rows(equals("org_key", leads[number].org_key))
        ),
        f"list {PAGE} leads by their next date": median_ms(
            lambda _: ledger.rows(order=("next_date",), limit=PAGE)
        ),
        "count leads by stage": median_ms(lambda _: ledger.counts("stage")),
        "agenda of all leads": median_ms(lambda _: LeadLists(ledger).agenda(life.now)),
    }


async def measure(leads: int = NUMBERS[-1]) -> Report:
    """Measure with 100, 1,000 and 10,000 leads, or up to `leads`."""
    numbers = sorted({number for number in NUMBERS if number < leads} | {leads})
    life = hub(0)
    entries = [entry_of(life.aggregate.lead.id, event) for event in life.aggregate.event_log.events]
    rows = leads_like(life, leads)
    found: dict[int, dict[str, float]] = {}
    with empty_ledger() as ledger:
        for before, number in zip((0, *numbers), numbers, strict=False):
            for row in rows[before:number]:
                ledger.append(row.lead_id, _of(row, entries[:-1]), after=0, row=row)
            found[number] = requests(ledger, rows[:number], life)
    least = found[numbers[0]]
    figures = [
        Figure(f"{name}: {number:,} leads", milliseconds, "ms", ratio=milliseconds / least[name])
        for name in least
        for number in numbers
        for milliseconds in [found[number][name]]
    ]
    return Report("growth", "Growth of the ledger", f"{len(entries)} events per lead, CPU", tuple(figures))


if __name__ == "__main__":
    run_benchmark(__doc__, measure)
