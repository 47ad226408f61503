"""Actions of people by name, their rights, and their traces."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.github.errors import ForbiddenError, GitHubError, InvalidError, NotFoundError
from sandbox.github.people import Person
from sandbox.server import Sandbox
from sandbox_tests.support.github import ORG, OUTSIDER_TOKEN, TICKETS, WEBSITE, Board, Rest

TIMELINE = """query($types: [IssueTimelineItemsItemType!]) { repository(owner: "example-org", name: "tickets") {
  issue(number: 1) { timelineItems(first: 50, itemTypes: $types) { totalCount filteredCount pageCount nodes {
    __typename
    ... on IssueComment { body }
    ... on LabeledEvent { label { name } actor { login } }
    ... on UnlabeledEvent { label { name } }
    ... on RenamedTitleEvent { previousTitle currentTitle }
    ... on ClosedEvent { actor { login } stateReason }
    ... on ReopenedEvent { actor { login } }
    ... on CommentDeletedEvent { deletedCommentAuthor { login } }
    ... on ProjectV2ItemStatusChangedEvent {
      id databaseId actor { login } previousStatus status wasAutomated project { number } }
  } } } } }"""

EDITS = """query { repository(owner: "example-org", name: "tickets") { issue(number: 1) { lastEditedAt editor { login }
  userContentEdits(first: 10) { totalCount nodes { editor { login } diff } }
  comments(first: 5) { nodes { editor { login } lastEditedAt includesCreatedEdit } } } } }"""


@pytest.fixture
def amara(sandbox: Sandbox) -> Person:
    return sandbox.person("amara-support")


@pytest.fixture
def olu(sandbox: Sandbox) -> Person:
    return sandbox.person("olu-owner")


@pytest.fixture
def ticket(amara: Person) -> None:
    amara.open("tickets", "A ticket", "- [ ] In scope?\r\n- [ ] Work has started", labels=("ticket",))


@pytest.mark.usefixtures("ticket")
def test_the_timeline_says_who_did_what(amara: Person, board: Board, rest: Rest) -> None:
    amara.comment("tickets", 1, "Hello")
    amara.delete_comment(amara.comment("tickets", 1, "Nonsense").id)
    amara.unlabel("tickets", 1, "ticket")
    amara.edit("tickets", 1, title="Another ticket")
    amara.close("tickets", 1, "not_planned")
    amara.reopen("tickets", 1)
    amara.add_card("tickets", 1)
    amara.move("tickets", 1, "Planned")
    amara.move("tickets", 1, "Planned")  # where it is already
    amara.delete_card("tickets", 1)

    whole = board.query(TIMELINE, types=None)["repository"]["issue"]["timelineItems"]
    assert [each["__typename"] for each in whole["nodes"]] == [
        "LabeledEvent",
        "IssueComment",
        "CommentDeletedEvent",
        "UnlabeledEvent",
        "RenamedTitleEvent",
        "ClosedEvent",
        "ReopenedEvent",
        "AddedToProjectV2Event",
        "ProjectV2ItemStatusChangedEvent",
        "RemovedFromProjectV2Event",
    ]
    assert whole["nodes"][4]["previousTitle"] == "A ticket"
    types = ["PROJECT_V2_ITEM_STATUS_CHANGED_EVENT", "CLOSED_EVENT"]
    some = board.query(TIMELINE, types=types)["repository"]["issue"]["timelineItems"]
    assert (some["totalCount"], some["filteredCount"], some["pageCount"]) == (10, 2, 2)
    closed, moved = some["nodes"]
    assert closed["actor"]["login"] == "amara-support"
    assert closed["stateReason"] == "NOT_PLANNED"
    moved.pop("id")
    event = moved.pop("databaseId")
    assert moved == {
        "__typename": "ProjectV2ItemStatusChangedEvent",
        "actor": {"login": "amara-support"},
        "previousStatus": "",
        "status": "Planned",
        "wasAutomated": False,
        "project": {"number": 1},
    }
    names = [each["event"] for each in rest("GET", f"{TICKETS}/issues/1/timeline").json()]
    assert names.count("commented") == 1
    assert len(names) == 10
    assert rest("GET", f"{TICKETS}/issues/events/{event}").json()["event"] == "project_v2_item_status_changed"
    assert rest("GET", f"{TICKETS}/issues/events").json()[0]["event"] == "removed_from_project_v2"
    assert rest("GET", f"{TICKETS}/issues/events/1").status == 404


@pytest.mark.usefixtures("ticket")
def test_edits_keep_their_editor_and_what_was_there(amara: Person, olu: Person, board: Board) -> None:
    assert board.query(EDITS)["repository"]["issue"]["editor"] is None
    comment = amara.comment("tickets", 1, "/help")
    amara.tick("tickets", 1, "In scope?")
    olu.edit("tickets", 1, body="Mine now")
    olu.edit("tickets", 1, body="Mine now")  # no edit
    olu.edit_comment(comment.id, "/preview")
    issue = board.query(EDITS)["repository"]["issue"]
    assert issue["editor"] == {"login": "olu-owner"}
    assert issue["lastEditedAt"]
    assert [(each["editor"]["login"], each["diff"]) for each in issue["userContentEdits"]["nodes"]] == [
        ("olu-owner", "Mine now"),
        ("amara-support", "- [x] In scope?\r\n- [ ] Work has started"),
        ("amara-support", "- [ ] In scope?\r\n- [ ] Work has started"),
    ]
    (rendered,) = issue["comments"]["nodes"]
    assert (rendered["editor"]["login"], rendered["includesCreatedEdit"]) == ("olu-owner", True)
    with pytest.raises(ValueError, match="no box"):
        amara.tick("tickets", 1, "In scope?")


@pytest.mark.usefixtures("ticket")
def test_reactions_come_once_and_go(amara: Person, rest: Rest) -> None:
    comment = amara.comment("tickets", 1, "/help").id
    path = f"{TICKETS}/issues/comments/{comment}/reactions"
    first, again = (rest("POST", path, {"content": "eyes"}) for _ in range(2))
    assert (first.status, again.status) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    amara.react(comment, "+1")
    mine = first.json()["id"]
    (theirs,) = (each["id"] for each in rest("GET", f"{path}?content=%2B1").json())
    assert rest("DELETE", f"{path}/{theirs}").status == 403
    assert rest("DELETE", f"{path}/{mine}").status == 204
    assert rest("DELETE", f"{path}/{mine}").status == 404
    assert [each["id"] for each in rest("GET", path).json()] == [theirs]
    on_issue = rest("POST", f"{TICKETS}/issues/1/reactions", {"content": "rocket"}).json()["id"]
    assert rest("DELETE", f"{TICKETS}/issues/1/reactions/{on_issue}").status == 204


@pytest.mark.usefixtures("ticket")
def test_a_deleted_issue_is_gone_and_its_number_is_not_reused(
    amara: Person, olu: Person, board: Board, rest: Rest
) -> None:
    amara.add_card("tickets", 1)
    amara.comment("tickets", 1, "Hello")
    with pytest.raises(ForbiddenError):
        amara.delete("tickets", 1)
    olu.delete("tickets", 1)
    for path in ("", "/comments", "/timeline", "/events", "/labels"):
        answer = rest("GET", f"{TICKETS}/issues/1{path}")
        assert (answer.status, answer.json()["message"]) == (410, "This issue was deleted")
    assert rest.as_(OUTSIDER_TOKEN)("GET", f"{TICKETS}/issues/1").status == 404
    assert rest("GET", f"{TICKETS}/issues/comments").json() == []
    query = "query($id: ID!) { node(id: $id) { ... on ProjectV2 { items(first: 5) { totalCount } } } }"
    assert board.query(query, id=board.id)["node"]["items"]["totalCount"] == 0
    assert amara.open("tickets", "The next").number == 2


@pytest.mark.usefixtures("ticket")
def test_a_transferred_issue_is_found_where_it_went(
    amara: Person, olu: Person, sandbox: Sandbox, board: Board, rest: Rest
) -> None:
    comment = amara.comment("tickets", 1, "Hello").id
    amara.react(comment, "heart")
    amara.add_card("tickets", 1)
    amara.move("tickets", 1, "Planned")
    with pytest.raises(InvalidError):
        amara.transfer("tickets", 1, "website")  # what is private stays private
    sandbox.github.repositories[4002] = sandbox.github.repositories[4002].replaced(private=True)
    moved = amara.transfer("tickets", 1, "website")
    assert (moved.number, moved.label_ids) == (1, ())

    answer = rest("GET", f"{TICKETS}/issues/1/comments?per_page=5")
    there = f"{sandbox.url}/api/v3/repositories/4002/issues/1/comments?per_page=5"
    assert (answer.status, answer.headers["location"], answer.json()["url"]) == (301, there, there)
    assert rest("PATCH", f"{TICKETS}/issues/1", {"title": "x"}).status == 307
    (found,) = rest("GET", answer.headers["location"].partition("/api/v3")[2]).json()
    assert (found["id"], found["reactions"]["heart"]) == (comment, 1)
    assert "transferred" in [each["event"] for each in rest("GET", f"{WEBSITE}/issues/1/events").json()]
    (card,) = sandbox.github.items_with(moved)
    assert board.column(sandbox.github.item_node_id(card)) == "Planned"
    assert amara.open("tickets", "The next").number == 2
    assert amara.transfer("website", 1, "tickets").number == 3
    # two steps on, and no circle
    assert rest("GET", f"{TICKETS}/issues/1").headers["location"].endswith("/repositories/4001/issues/3")
    olu.delete("tickets", 3)
    assert rest("GET", f"{TICKETS}/issues/1").status == 410


@pytest.mark.usefixtures("ticket")
def test_a_renamed_repository_redirects(olu: Person, sandbox: Sandbox, board: Board, rest: Rest) -> None:
    olu.rename_repository("tickets", "support")
    answer = rest("GET", f"{TICKETS}/issues/1")
    assert answer.headers["location"] == f"{sandbox.url}/api/v3/repositories/4001/issues/1"
    assert rest("GET", "/repositories/4001/issues/1").json()["repository_url"].endswith(f"/{ORG}/support")
    assert rest.as_(OUTSIDER_TOKEN)("GET", f"{TICKETS}/issues/1").status == 404
    assert rest("GET", "/repositories/7/issues/1").status == 404
    # GraphQL follows by itself
    assert board.query(EDITS)["repository"]["issue"]["editor"] is None
    with pytest.raises(InvalidError):
        olu.rename_repository("support", "website")
    olu.rename_repository("support", "tickets")
    assert rest("GET", f"{TICKETS}/issues/1").status == 200


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda who: who.edit("tickets", 1, title="x"), NotFoundError),  # the repository is private
        (lambda who: who.comment("website", 9, "x"), NotFoundError),
        (lambda who: who.edit_comment(9, "x"), NotFoundError),
        (lambda who: who.move("tickets", 1, "Planned"), NotFoundError),
        (lambda who: who.rename_repository("website", "x"), ForbiddenError),
    ],
)
@pytest.mark.usefixtures("ticket")
def test_an_outsider_may_not(
    sandbox: Sandbox, act: Callable[[Person], Any], error: type[GitHubError]
) -> None:
    with pytest.raises(error):
        act(sandbox.person("jo-outside"))


def test_an_unknown_login(sandbox: Sandbox) -> None:
    with pytest.raises(LookupError, match="nobody-here"):
        sandbox.person("nobody-here")


@pytest.mark.usefixtures("ticket")
def test_an_archived_card_comes_back(amara: Person, board: Board) -> None:
    amara.add_card("tickets", 1)
    amara.archive_card("tickets", 1)
    with pytest.raises(GitHubError, match="archived"):
        amara.move("tickets", 1, "Planned")
    amara.archive_card("tickets", 1, archived=False)
    amara.move("tickets", 1, "Planned")
