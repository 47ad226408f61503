"""The questions by SQL in docs/asking-the-past.md are asked, by a role that may only read."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from ledger.conversion import entry_of
from ledger.database import Database
from ledger.ledger import Ledger
from process.views.row import row_of
from tests.support.engines import ROLE
from tests.support.lives import Life
from tests.support.postgres import Postgres

DOCUMENT = Path(__file__).parents[2] / "docs" / "asking-the-past.md"
QUESTIONS = [
    question.strip()
    for block in re.findall(r"```sql\n(.+?)```", DOCUMENT.read_text(), re.DOTALL)
    for question in block.split(";")
    if question.strip()
]


@pytest.fixture
def connection(postgres: Postgres, made_copy: str) -> Iterator[psycopg.Connection]:
    """Return a connection to a plain ledger with a lead that has signed."""
    life = Life(lead_id="lead-LEAD").contracted()
    with closing(Ledger.open(postgres.url(made_copy))) as ledger:
        entries = [entry_of("LEAD", event) for event in life.aggregate.event_log.events]
        ledger.append("LEAD", entries, after=0, row=row_of(life.aggregate, life.now).replaced(lead_id="LEAD"))
    with closing(Database.open(postgres.url(made_copy))) as owned:
        owned.make(None, reader=ROLE)
    with psycopg.connect(postgres.url(made_copy, ROLE)) as found:
        yield found


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_documented_question_has_an_answer(connection: psycopg.Connection, question: str) -> None:
    assert connection.execute(question.encode()).fetchall()
