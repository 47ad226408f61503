"""Storing and seeding the state."""

from github.Issue import Issue

from sandbox.github.seed import initial_state
from sandbox.github.state import GitHubState
from sandbox.seed import read_seed
from sandbox.server import Sandbox
from sandbox_tests.support.github import Board


def test_the_state_survives_serialization(sandbox: Sandbox, issue: Issue, board: Board) -> None:
    issue.create_comment("Hello").create_reaction("+1")
    board.move(board.add(issue), "Planned")
    written = sandbox.github.model_dump_json()
    assert GitHubState.model_validate_json(written).model_dump() == sandbox.github.model_dump()
    assert GitHubState.model_validate_json(written).model_dump_json() == written


def test_two_seeded_states_share_nothing() -> None:
    first, second = initial_state(read_seed()), initial_state(read_seed())
    first.tokens.clear()
    assert second.tokens
