"""docs/reports.md says what the reports' definitions say."""

from tests.support.reports_page import PAGE, page


def test_the_page_of_reports_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "write it anew: python -m tests.support.reports_page"
