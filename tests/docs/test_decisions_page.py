"""docs/decisions.md says what the decisions' classes say."""

from tests.support.decisions_page import PAGE, page


def test_the_page_of_decisions_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "write it anew: python -m tests.support.decisions_page"
