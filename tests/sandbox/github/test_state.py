"""The state as a whole."""

from github.Issue import Issue

from sandbox.github.state import GitHubState
from sandbox.server import Sandbox
from tests.sandbox.github.conftest import Board


def test_it_survives_being_written_down(sandbox: Sandbox, issue: Issue, board: Board) -> None:
    issue.create_comment("Hello").create_reaction("+1")
    board.move(board.add(issue), "Quoted")
    written = sandbox.github.model_dump_json()
    assert GitHubState.model_validate_json(written).model_dump() == sandbox.github.model_dump()
    assert GitHubState.model_validate_json(written).model_dump_json() == written


def test_another_organization() -> None:
    state = GitHubState.seeded("example-org")
    assert state.repository("Example-Org", "LEADS") is not None
    assert state.repository("2i2c-org", "leads") is None


def test_two_seeds_share_nothing() -> None:
    first, second = GitHubState.seeded(), GitHubState.seeded()
    first.tokens.clear()
    assert second.tokens
