"""Each lead has keys of its own, which no other workflow shares."""

import pytest

from workflows.runtime.owners import may_hold, owner_of


def test_a_lead_holds_what_is_sealed_under_its_own_key_alone() -> None:
    assert owner_of("lead-a") == "lead-a"
    assert may_hold("lead-a", "lead-a")
    for other in ("lead-b", "team", "service/2026-11"):
        assert not may_hold("lead-a", other), other


@pytest.mark.parametrize("workflow_id", ["team", "issue-sync-leads-12", "retention"])
def test_chores_share_the_key_of_their_month(workflow_id: str) -> None:
    owner = owner_of(workflow_id)
    assert owner is not None
    assert owner.startswith("service/")
    assert may_hold(workflow_id, owner)
    assert not may_hold(workflow_id, "lead-a")
