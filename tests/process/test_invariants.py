"""Invariants of every lead, for any order of decisions, deadlines and observations."""

import pytest
from hypothesis import settings

from tests.support.lead_machine import LeadMachine

TestInvariants = pytest.mark.timeout(900)(LeadMachine.TestCase)  # shrinking a failure takes minutes
TestInvariants.settings = settings(
    max_examples=10 if settings().derandomize else settings().max_examples, stateful_step_count=40
)
