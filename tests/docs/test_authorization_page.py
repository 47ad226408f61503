"""docs/authorization.md says what the rule says, for each role, decision and corrected decision."""

import pytest

from process.decisions.registry import DECISIONS
from process.types import Role
from tests.support.authorization_page import PAGE, page, rights


def test_the_page_of_rights_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "write it anew: make authorization"


@pytest.mark.parametrize("kind", sorted(set(DECISIONS) - {"corrected"}))
def test_a_decision_is_corrected_and_counts_again_by_who_may_take_it(kind: str) -> None:
    for role in (Role.SALES, Role.CONTRACTS, Role.ENGINEERING):
        assert rights(kind, None, role) in ("T C R", "–")


def test_an_approval_needs_somebody_known_and_its_withdrawal_does_not() -> None:
    assert rights("discount_approved", None, Role.CONTRACTS) == "T C R"
    assert rights("discount_approved", None, Role.SALES) == "–"
    assert rights("discount_approved", None, None) == "C"
    assert rights("hub_requested", "exception_by", None) == "C"
    assert rights("policy_adopted", None, None) == "T C R"


def test_data_for_invoices_is_changed_by_the_contracts_team_only() -> None:
    for field in ("billing_address", "reference"):
        assert rights("details_changed", field, Role.CONTRACTS) == "T C R"
        assert rights("details_changed", field, Role.SALES) == "–"
    assert rights("details_changed", None, Role.SALES) == "T C R"
    assert rights("details_changed", None, Role.ENGINEERING) == "–"
