"""Measure the cost of a simulation: `python -m bench.what_if --leads 100 --years 3`.

Each lead has a renewal every year, and every month reported usage and an invoice that is sent and paid. The
ratio is to reading the events from the ledger and folding them once.
"""

import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from bench.figures import Figure, Report
from bench.options import run_benchmark
from ledger.conversion import entry_of, event_of
from ledger.ledger import Ledger
from process.core.fold import fold
from process.policy import Periods
from process.simulation.difference import difference
from process.simulation.scenario import Scenario
from tests.support.lives import BOOK_QUOTE, MONDAY, SIGNED, Life


def hub(years: int, began: datetime = MONDAY, lead_id: str = "lead-example") -> Life:
    """Return a lead with a hub that runs for these years, and with all decisions taken on time."""
    life = Life(began, lead_id).quoted(**BOOK_QUOTE).perform().wait(35).quoted(**BOOK_QUOTE).wait(3)
    life.does("quote_accepted")
    life.does("contract_handed_over")
    life.perform().wait(5).does("contract_acknowledged")
    life.wait(20).does("contract_signed", **SIGNED)
    life.does("vendor_setup_not_needed")
    life.does("hub_requested")
    life.perform().wait(10).does("hub_live")
    for month in range(12 * years):
        if month % 12 == 8:
            life.quoted(**BOOK_QUOTE).does("quote_accepted")
            life.does("contract_handed_over")
            life.does("contract_signed", **SIGNED)
        life.perform().wait(10).take(
            "usage_reported",
            month=f"{life.today - timedelta(days=25):%Y-%m}",
            active_users=80,
            cloud_cost="412.07",
        )
        for invoice in life.lead.unsent:
            life.does("invoice_sent", number=invoice.number)
        life.wait(15)
        for invoice in life.lead.invoices:
            if invoice.owed:
                life.does("invoice_paid", number=invoice.number)
        life.perform().wait(5)
    return life


async def measure(leads: int = 100, years: int = 3) -> Report:
    """Simulate `leads` leads of `years` years."""
    life = hub(years)
    events, now = life.aggregate.event_log.events, life.now
    scenario = Scenario(periods=Periods(quote_validity=60, stale=10))
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.open(f"sqlite:///{Path(folder) / 'ledger.sqlite'}")
        names = [f"lead-{number:08d}" for number in range(leads)]
        for name in names:
            ledger.append(name, [entry_of(name, event) for event in events], after=len(events))
        began = time.process_time()
        for name in names:
            fold([event_of(entry) for entry in ledger.entries(name)], name)
        folded = time.process_time() - began
        began = time.process_time()
        found = [
            difference([event_of(entry) for entry in ledger.entries(name)], name, scenario, now)
            for name in names
        ]
        asked = time.process_time() - began
        ledger.close()
    if not all(each.differs and each.reproducible for each in found):
        raise SystemExit("the simulation found no difference, or did not reproduce a lead")
    return Report(
        "what_if",
        "A simulation, per lead",
        f"{leads} leads of {years} years, {len(events)} events each",
        (
            Figure("read and folded once", 1000 * folded / leads, "ms"),
            Figure("simulated: CPU", 1000 * asked / leads, "ms"),
            Figure("simulated ÷ folded once", asked / folded),
        ),
    )


if __name__ == "__main__":
    run_benchmark(__doc__, measure)
