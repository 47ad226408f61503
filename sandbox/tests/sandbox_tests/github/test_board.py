"""Cards on the board, through the GraphQL helpers of PyGithub."""

from typing import Any

import pytest
from github import GithubException, UnknownObjectException
from github.Issue import Issue

from sandbox.github.records import ProjectField
from sandbox.server import Sandbox
from sandbox_tests.support.github import MEMBER_TOKEN, OUTSIDER_TOKEN, Board
from sandbox_tests.support.http import call


def test_adding_twice_gives_the_same_card(issue: Issue, board: Board) -> None:
    assert board.add(issue) == board.add(issue)
    items = "query($id: ID!) { node(id: $id) { ... on ProjectV2 { items(first: 10) { totalCount } } } }"
    assert board.query(items, id=board.id)["node"]["items"]["totalCount"] == 1


def test_moving_and_clearing(issue: Issue, board: Board) -> None:
    item = board.add(issue)
    assert board.column(item) is None
    board.move(item, "Planned")
    assert board.column(item) == "Planned"
    board.mutate("clearProjectV2ItemFieldValue", "projectV2Item { id }", itemId=item, fieldId=board.status)
    assert board.column(item) is None


def test_from_the_issue_to_its_card(issue: Issue, board: Board) -> None:
    item = board.add(issue)
    query = """query($id: ID!, $archived: Boolean!) { node(id: $id) { ... on Issue {
        projectItems(first: 20, includeArchived: $archived) { nodes { id isArchived } } } } }"""
    board.mutate("archiveProjectV2Item", "item { isArchived }", itemId=item)
    items = board.query(query, id=issue.node_id, archived=True)["node"]["projectItems"]["nodes"]
    assert items == [{"id": item, "isArchived": True}]
    assert board.query(query, id=issue.node_id, archived=False)["node"]["projectItems"]["nodes"] == []


def test_an_archived_card_cannot_be_moved_until_it_is_back(issue: Issue, board: Board) -> None:
    item = board.add(issue)
    board.mutate("archiveProjectV2Item", "item { id }", itemId=item)
    with pytest.raises(GithubException, match="archived"):
        board.move(item, "Inbox")
    board.mutate("unarchiveProjectV2Item", "item { id }", itemId=item)
    board.move(item, "Inbox")
    assert board.column(item) == "Inbox"


@pytest.mark.parametrize("restore", [True, False])
def test_adding_what_is_archived(sandbox: Sandbox, issue: Issue, board: Board, restore: bool) -> None:
    (project,) = sandbox.github.projects.values()
    sandbox.github.projects[project.id] = project.replaced(restore_on_add=restore)
    item = board.add(issue)
    board.mutate("archiveProjectV2Item", "item { id }", itemId=item)
    added = board.mutate("addProjectV2ItemById", "item { id isArchived }", contentId=issue.node_id)["item"]
    assert added == {"id": item, "isArchived": not restore}


def test_a_deleted_card_is_gone_and_the_issue_stays(issue: Issue, board: Board) -> None:
    item = board.add(issue)
    deleted = board.mutate(
        "deleteProjectV2Item", "deletedItemId clientMutationId", itemId=item, clientMutationId="k"
    )
    assert deleted == {"deletedItemId": item, "clientMutationId": "k"}
    with pytest.raises(UnknownObjectException):
        board.move(item, "Inbox")
    assert board.add(issue) != item


def test_all_cards_page_by_page(issue: Issue, board: Board) -> None:
    items = [board.add(issue)]
    items += [board.add(issue.repository.create_issue(f"Ticket {number}")) for number in range(4)]
    query = """query($id: ID!, $after: String) { node(id: $id) { ... on ProjectV2 { items(first: 2, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { id updatedAt content { ... on Issue { id number repository { nameWithOwner } } } } } } } }"""
    seen: list[str] = []
    after: str | None = None
    while True:
        page = board.query(query, id=board.id, after=after)["node"]["items"]
        seen += [item["id"] for item in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        if len(seen) == 2:  # a card that goes away in the meantime does not disturb the rest
            board.mutate("deleteProjectV2Item", "deletedItemId", itemId=seen[-1])
    assert seen == items


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"singleSelectOptionId": "00000000"}, "The single select option Id does not belong to the field"),
        ({"text": "Inbox"}, "Did not receive a single select option Id"),
        ({}, "Only one value"),
    ],
)
def test_a_value_that_does_not_fit(issue: Issue, board: Board, value: dict[str, str], message: str) -> None:
    item = board.add(issue)
    with pytest.raises(GithubException) as refused:
        board.mutate(
            "updateProjectV2ItemFieldValue",
            "projectV2Item { id }",
            itemId=item,
            fieldId=board.status,
            value=value,
        )
    (error,) = refused.value.data["errors"]
    assert message in error["message"]
    assert error["path"] == ["updateProjectV2ItemFieldValue"]
    assert board.column(item) is None


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("NUMBER", {"number": 12.5}, "... on ProjectV2ItemFieldNumberValue { got: number }"),
        ("DATE", {"date": "2026-12-01"}, "... on ProjectV2ItemFieldDateValue { got: date }"),
        ("TEXT", {"text": "Ada"}, "... on ProjectV2ItemFieldTextValue { got: text }"),
    ],
)
def test_other_fields(
    sandbox: Sandbox, issue: Issue, board: Board, field: Any, value: dict[str, Any], read: str
) -> None:
    (project,) = sandbox.github.projects.values()
    more = ProjectField(id=7003, name="More", type=field)
    sandbox.github.projects[project.id] = project.replaced(fields=(*project.fields, more))
    item = board.add(issue)
    updated = board.mutate(
        "updateProjectV2ItemFieldValue",
        f'projectV2Item {{ fieldValueByName(name: "More") {{ {read} }} }}',
        itemId=item,
        fieldId=project.field_id(more),
        value=value,
    )
    assert updated["projectV2Item"]["fieldValueByName"] == {"got": next(iter(value.values()))}


def test_ids_of_the_wrong_kind(issue: Issue, board: Board) -> None:
    item = board.add(issue)
    with pytest.raises(UnknownObjectException, match="ProjectV2 node"):
        board.mutate("addProjectV2ItemById", "item { id }", projectId=issue.node_id, contentId=issue.node_id)
    with pytest.raises(UnknownObjectException, match="ProjectV2ItemContent node"):
        board.mutate("addProjectV2ItemById", "item { id }", contentId=board.id)
    with pytest.raises(UnknownObjectException, match="global id of 'PVTF_x'"):
        board.mutate("clearProjectV2ItemFieldValue", "projectV2Item { id }", itemId=item, fieldId="PVTF_x")


@pytest.mark.parametrize(("token", "kind"), [(MEMBER_TOKEN, None), (OUTSIDER_TOKEN, "NOT_FOUND")])
def test_the_rights_to_change_cards(
    sandbox: Sandbox, issue: Issue, board: Board, token: str, kind: str | None
) -> None:
    item = board.add(issue)
    query = "mutation($i: ArchiveProjectV2ItemInput!) { archiveProjectV2Item(input: $i) { item { id } } }"
    body = {"query": query, "variables": {"i": {"projectId": board.id, "itemId": item}}}
    head = {"User-Agent": "tests", "Authorization": f"bearer {token}"}
    answer = call(sandbox, "POST", "/api/graphql", body, head).json()
    assert (answer["errors"][0]["type"] if "errors" in answer else None) == kind
