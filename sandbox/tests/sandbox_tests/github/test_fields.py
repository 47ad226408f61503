"""Fields and columns of a board, and the effect of their changes on cards."""

from typing import Any

import pytest
from github import GithubException
from github.Issue import Issue

from sandbox.github.records import Token
from sandbox.server import Sandbox
from sandbox_tests.support.github import Board

FIELD = (
    "projectV2Field { ... on ProjectV2SingleSelectField { id name options { id name color description } } }"
)


def options(board: Board) -> list[dict[str, Any]]:
    query = """query($id: ID!) { node(id: $id) { ... on ProjectV2SingleSelectField {
        options { id name color description } } } }"""
    found: list[dict[str, Any]] = board.query(query, id=board.status)["node"]["options"]
    return found


def set_options(board: Board, given: list[dict[str, Any]], **more: Any) -> Any:
    return board.github.requester.graphql_named_mutation(
        "updateProjectV2Field", {"fieldId": board.status, "singleSelectOptions": given, **more}, FIELD
    )[1]["projectV2Field"]


def new(name: str) -> dict[str, str]:
    return {"name": name, "color": "PINK", "description": "New"}


def test_options_with_their_ids_stay_the_same(issue: Issue, board: Board) -> None:
    item = board.add(issue)
    board.move(item, "Planned")
    before = options(board)
    changed = set_options(board, [*before, new("Later")])
    assert changed["options"][:-1] == before
    assert changed["options"][-1].items() > new("Later").items()
    assert options(board) == changed["options"]
    assert board.column(item) == "Planned"


def test_an_option_without_its_id_is_another_one_and_clears_the_cards(issue: Issue, board: Board) -> None:
    item = board.add(issue)
    board.move(item, "Planned")
    before = options(board)
    unnamed = [{key: value for key, value in option.items() if key != "id"} for option in before]
    set_options(board, unnamed)
    assert [option["name"] for option in options(board)] == [option["name"] for option in before]
    assert not {option["id"] for option in options(board)} & {option["id"] for option in before}
    assert board.column(item) is None


def test_an_option_that_is_left_out_is_gone(issue: Issue, board: Board) -> None:
    other = board.add(issue.repository.create_issue("Another"))
    item = board.add(issue)
    board.move(item, "Planned")
    board.move(other, "Inbox")
    set_options(board, [option for option in options(board) if option["name"] != "Planned"])
    assert (board.column(item), board.column(other)) == (None, "Inbox")


def test_no_options_change_nothing(board: Board) -> None:
    before = options(board)
    assert set_options(board, [], name="Status")["options"] == before


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([new("Inbox") | {"id": "00000000"}], "does not belong to the field"),
        ([new("Twice"), new("Twice")], "must be unique"),
    ],
)
def test_invalid_options(board: Board, given: list[dict[str, Any]], message: str) -> None:
    before = options(board)
    with pytest.raises(GithubException) as refused:
        set_options(board, given)
    assert message in refused.value.data["errors"][0]["message"]
    assert options(board) == before


def test_an_option_needs_all_its_parts(board: Board) -> None:
    with pytest.raises(GithubException, match="color"):
        set_options(board, [{"name": "Inbox"}])


def test_field_names_are_unique(board: Board) -> None:
    given = {"dataType": "SINGLE_SELECT", "name": "Stage", "singleSelectOptions": [new("One"), new("Two")]}
    made = board.mutate("createProjectV2Field", FIELD, **given)["projectV2Field"]
    assert (made["name"], [option["name"] for option in made["options"]]) == ("Stage", ["One", "Two"])
    with pytest.raises(GithubException) as refused:
        board.mutate("createProjectV2Field", FIELD, **given | {"name": "stage"})
    (error,) = refused.value.data["errors"]
    assert (error["type"], error["message"]) == ("UNPROCESSABLE", "Name has already been taken")
    with pytest.raises(GithubException, match="option"):
        board.mutate("createProjectV2Field", FIELD, dataType="SINGLE_SELECT", name="Other")


def test_the_schema_says_what_an_option_is(board: Board) -> None:
    query = '{ __type(name: "ProjectV2SingleSelectFieldOptionInput") { inputFields { name } } }'
    found = {field["name"] for field in board.query(query)["__type"]["inputFields"]}
    assert found == {"id", "name", "color", "description"}


def test_a_board_is_linked_to_a_repository(sandbox: Sandbox, issue: Issue, board: Board) -> None:
    repository = issue.repository.node_id
    for _ in range(2):
        board.mutate("linkProjectV2ToRepository", "repository { name }", repositoryId=repository)
    query = (
        "query($id: ID!) { node(id: $id) { ... on ProjectV2 { repositories(first: 5) { nodes { name } } } } }"
    )
    assert board.query(query, id=board.id)["node"]["repositories"]["nodes"] == [{"name": "tickets"}]


def test_changing_a_board_needs_the_permission(sandbox: Sandbox, board: Board) -> None:
    state = sandbox.github
    rights = state.app.permissions | {"organization_projects": "read"}
    state.tokens["sandbox-token"] = Token(user_id=state.app.bot_id, permissions=rights)
    before = state.projects
    with pytest.raises(GithubException) as refused:
        set_options(board, [new("One")])
    assert refused.value.data["errors"][0]["type"] == "FORBIDDEN"
    with pytest.raises(GithubException) as refused:
        board.mutate("createProjectV2Field", FIELD, dataType="TEXT", name="Other")
    assert refused.value.data["errors"][0]["type"] == "FORBIDDEN"
    assert state.projects == before
