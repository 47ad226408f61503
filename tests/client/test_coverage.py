"""The report of hubs and contracts agrees with what each lead says of itself, in every state."""

from contextlib import closing
from pathlib import Path

from ledger.ledger import Ledger
from ledger.queries.asking import LedgerQueries
from ledger.queries.reports import contracts_without_hub, hubs_without_contract
from process.views.attention import attention
from process.views.terms import term_rows
from tests.support.rows import write_events
from tests.support.states import STATES


def test_hubs_and_contracts_that_miss_each_other_are_those_whose_leads_say_so(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    lives = {name: make() for name, make in STATES.items()}
    with closing(Ledger.open(url)) as ledger:
        for name, life in lives.items():
            write_events(ledger, life, name)
    said = set()
    with closing(LedgerQueries.open(url)) as queries, queries.asking() as connection:
        for name, life in lives.items():
            concerns = attention(life.lead, life.today)
            bare = any(text.startswith("The hub runs ") for text in concerns)
            assert bare == (name in {hub.lead_id for hub in hubs_without_contract(connection, life.today)}), (
                name
            )
            covered = any(term.start <= life.today <= term.until for term in term_rows(life.lead))
            waits = "A live contract without a hub" in concerns and covered
            assert waits == (
                name in {each.lead_id for each in contracts_without_hub(connection, life.today)}
            ), name
            said |= {bare, waits and "waits"}
    assert {True, "waits"} <= said, "the states have both"
