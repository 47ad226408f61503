"""Faults that GitHub itself performs: stale reads and errors inside a GraphQL response."""

import pytest
from github import GithubException, UnknownObjectException
from github.Issue import Issue
from github.Repository import Repository

from sandbox.faults import Fault
from sandbox.server import Sandbox
from sandbox_tests.support.github import Board


def test_stale_lists_miss_the_last_writes(sandbox: Sandbox, tickets: Repository, issue: Issue) -> None:
    tickets.create_issue("Second")
    issue.create_comment("Hello")
    path = "/repos/example-org/tickets/issues$"
    for writes, seen in ((1, [2, 1]), (2, [1]), (9, [])):
        sandbox.faults.add(Fault(system="github", kind="stale", method="GET", path=path, writes=writes))
        assert [found.number for found in tickets.get_issues()] == seen
    assert tickets.get_issues().totalCount == 2


def test_stale_without_a_number_misses_the_last_write(sandbox: Sandbox, issue: Issue) -> None:
    issue.create_comment("Hello")
    sandbox.faults.add(Fault(system="github", kind="stale", path="/comments"))
    assert list(issue.get_comments()) == []
    assert [comment.body for comment in issue.get_comments()] == ["Hello"]


def test_stale_reads_miss_recent_writes(sandbox: Sandbox, tickets: Repository, issue: Issue) -> None:
    sandbox.faults.add(Fault(system="github", kind="stale", seconds=60, times=2))
    assert list(tickets.get_issues()) == []
    with pytest.raises(UnknownObjectException):
        tickets.get_issue(issue.number)
    assert tickets.get_issue(issue.number).title == issue.title


def test_a_stale_board(sandbox: Sandbox, issue: Issue, board: Board) -> None:
    item = board.add(issue)
    board.move(item, "Inbox")
    board.move(item, "Planned")
    sandbox.faults.add(Fault(system="github", kind="stale", path="/graphql"))
    assert board.column(item) == "Inbox"
    assert board.column(item) == "Planned"


def test_writes_are_never_stale(sandbox: Sandbox, issue: Issue, board: Board) -> None:
    sandbox.faults.add(Fault(system="github", kind="stale", path="/graphql", writes=9, times=1))
    board.add(issue)  # would not find the issue in the past


def test_graphql_error_performs_nothing(sandbox: Sandbox, issue: Issue, board: Board) -> None:
    sandbox.faults.add(Fault(system="github", kind="graphql_error", error="RATE_LIMITED"))
    with pytest.raises(GithubException) as refused:
        board.add(issue)
    assert refused.value.data["errors"][0]["type"] == "RATE_LIMITED"
    items = "query($id: ID!) { node(id: $id) { ... on ProjectV2 { items(first: 1) { totalCount } } } }"
    assert board.query(items, id=board.id)["node"]["items"]["totalCount"] == 0  # instead of the work
