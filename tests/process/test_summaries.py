"""Summaries in the Temporal UI: short enough for a server, however much they tell."""

import json

import pytest

from process.effects.summaries import MAX_BYTES, joined, shortened
from process.views.recording import record_summary
from tests.support.lives import Life


def size(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode())


def test_a_short_summary_stays_as_it_is() -> None:
    assert shortened("Mail to contracts: price quoted") == "Mail to contracts: price quoted"
    assert (
        joined(["Open the lead's issue", "Read the price list"])
        == "Open the lead's issue · Read the price list"
    )


@pytest.mark.parametrize("text", ["x" * 1000, "é" * 1000, '"' * 1000, "many\nlines " * 100])
def test_a_long_summary_is_cut_to_what_a_server_takes(text: str) -> None:
    cut = shortened(text)
    assert MAX_BYTES - 6 <= size(cut) <= MAX_BYTES
    assert cut.endswith("…")
    assert " ".join(text.split()).startswith(cut[:-1])


def test_a_long_batch_names_its_first_effects_and_counts_the_others() -> None:
    text = joined([f"Prepare invoice {number} as a PDF in the lead's folder" for number in range(1, 13)])
    assert text.startswith("Prepare invoice 1 as a PDF in the lead's folder · Prepare invoice 2 as a PDF")
    assert text.endswith(" · and 6 more")
    assert text.count("Prepare") == 6
    assert size(text) <= MAX_BYTES


def test_a_batch_whose_first_effect_is_too_long_is_cut() -> None:
    text = joined(["x" * 1000, "y"])
    assert size(text) <= MAX_BYTES
    assert text.endswith("…")


def test_a_writing_to_the_ledger_says_what_became_true() -> None:
    life = Life().quoted()
    last = life.aggregate.lead.last_seq
    newest = life.aggregate.event_log.events[-1]
    assert record_summary(life.aggregate, last - 1) == f"{last} {newest.summary}"
    assert record_summary(life.aggregate, last) == "Bring the lead's line in lists up to date"
    assert size(record_summary(life.aggregate, 0)) <= MAX_BYTES
