"""Fixtures for issues that may become leads."""

from itertools import count

import pytest

from sandbox.github.records import Tombstone
from sandbox.server import Sandbox
from tests.support.deployment import Deployment
from tests.support.intake_issue import IntakeIssue

_numbers = count(1)


@pytest.fixture
def sandbox(sandbox: Sandbox) -> Sandbox:
    """Use issue numbers of this test alone: all tests share one server, and an issue is one lead for ever."""
    github = sandbox.github
    start = 1000 * next(_numbers)
    github.next_id += 1000 * start
    for repository in list(github.repositories.values()):
        number = github.new_id()
        github.tombstones[number] = Tombstone(
            id=number, repository_id=repository.id, number=start, moved_to=None
        )
    return sandbox


@pytest.fixture
def intake_issue(deployment: Deployment) -> IntakeIssue:
    return IntakeIssue(deployment)
