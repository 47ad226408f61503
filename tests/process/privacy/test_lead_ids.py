"""The letters of a lead's id are nobody's name, and words that only look like an id are."""

import pytest

from process.privacy.lead_ids import LeadIds
from process.privacy.person import Person

IDS = LeadIds(["lead-example-ab2c", "lead-example-ab2c-k7", "lead-Zoë", "lead-ada-lovelace"])


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("lead-example-ab2c", "|"),
        ("see lead-example-ab2c, please", "see |, please"),
        ("lead-example-ab2c-k7", "|"),
        ("<lead-example-ab2c.quote@leads.example>", "<|.quote@leads.example>"),
        ("lead-example-ab2c-quote-1", "|-quote-1"),
        ("erasure/lead-example-ab2c/2", "erasure/|/2"),
        ("Invoice EXAMPLE-AB2C-001.pdf", "Invoice |.pdf"),
        ("lead-Zoë-12", "|-12"),
        ("lead-example", "lead-example"),
        ("lead-example-wxyz", "lead-example-wxyz"),
        ("EXAMPLE-AB2C", "EXAMPLE-AB2C"),
        ("ADA-LOVELACE rang", "ADA-LOVELACE rang"),
        ("lead-----", "lead-----"),
    ],
)
def test_known_ids_are_left_out(text: str, without: str) -> None:
    assert IDS.left_out(text) == without


def test_a_name_beside_an_id_or_like_one_is_found() -> None:
    ada = Person(names=("Ada Lovelace",), logins=("example",))
    for text in ("lead-ada-lovelace of Ada Lovelace", "lead-ada-lovelace-2 is Example's", "ada-lovelace"):
        assert ada.is_mentioned_in(IDS.left_out(text)), text
    for text in ("lead-ada-lovelace", "the lead lead-example-ab2c", "Ada lead-example-ab2c Lovelace"):
        assert not ada.is_mentioned_in(IDS.left_out(text)), text


def test_a_name_taken_for_an_id_hides_nobody() -> None:
    """Temporal's own tools can begin a workflow of any id."""
    ada = Person(names=("Ada Lovelace",))
    assert ada.is_mentioned_in(LeadIds(["Ada Lovelace"]).left_out("Ask Ada Lovelace"))
