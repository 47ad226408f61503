"""The cost of GraphQL queries."""

import pytest
from graphql import OperationDefinitionNode, parse

from sandbox.github.errors import GitHubError
from sandbox.github.graphql.cost import Cost, cost_of
from sandbox.server import Sandbox
from sandbox_tests.support.github import Board


def _cost(query: str, **variables: int) -> Cost:
    document = parse(query)
    (operation, *_) = (d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    return cost_of(document, operation, variables)


def test_githubs_own_examples() -> None:
    """Both examples and their results are from GitHub's documentation."""
    simple = "{viewer{repositories(first:50){edges{repository:node{name issues(first:10){totalCount edges{node{title}}}}}}}}"
    assert _cost(simple).nodes == 550
    points = """query { viewer { login repositories(first: 100) { edges { node { id
      issues(first: 50) { edges { node { id labels(first: 60) { edges { node { id name } } } } } } } } } } }"""
    assert _cost(points).requests == 5101
    assert _cost(points).points == 51


def test_fragments_variables_and_siblings() -> None:
    query = """query($n: Int!, $m: Int = 3) { a: viewer { ...many } b: viewer { ... on User { x(last: $m) { id } } } }
      fragment many on User { x(first: $n) { y(first: 2) { id } } }"""
    assert _cost(query, n=10) == Cost(requests=1 + 10 + 1, nodes=10 + 20 + 3)


def test_too_many_nodes() -> None:
    with pytest.raises(GitHubError, match=r"1,010,100 possible nodes.*500,000"):
        _cost("{a(first:100){b(first:100){c(first:100){d}}}}")
    assert _cost("{a{b}}").points == 1


def test_a_query_is_charged_what_it_costs(sandbox: Sandbox, board: Board) -> None:
    query = """query($n: Int!) { rateLimit { cost remaining used limit nodeCount resetAt } nodes(ids: []) { id }
      organization(login: "example-org") { projectV2(number: 1) { items(first: $n) { nodes {
        fieldValues(first: 20) { nodes { __typename } } } } } } }"""
    before = board.query(query, n=1)["rateLimit"]
    assert (before["cost"], before["nodeCount"]) == (1, 21)
    after = board.query(query, n=100)["rateLimit"]
    assert (after["cost"], after["nodeCount"]) == (1, 2100)
    assert after["used"] - before["used"] == 1
    deep = query.replace(
        "__typename",
        "__typename ... on ProjectV2ItemFieldTextValue { item { fieldValues(first: 9) { totalCount } } }",
    )
    assert board.query(deep, n=20)["rateLimit"]["cost"] == 4  # 1 + 20 + 400 requests
    assert board.query(query, n=1)["rateLimit"]["used"] == after["used"] + 5
    assert after["remaining"] + after["used"] == after["limit"] == 5000
