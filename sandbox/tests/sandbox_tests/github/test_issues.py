"""Issues, labels, comments and reactions, through PyGithub."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from github import Github, GithubException, UnknownObjectException
from github.Issue import Issue
from github.Repository import Repository

from sandbox.server import Sandbox
from sandbox_tests.support.github import OUTSIDER_TOKEN, TICKETS, WEBSITE, Rest


def _names(issue: Issue) -> list[str]:
    return [label.name for label in issue.labels]


def test_create_list_edit_close(rest: Rest, tickets: Repository) -> None:
    first = tickets.create_issue(
        "[Acme / Ada] - A page", body="Hello\n\n<!-- key -->", labels=["ticket", "type:idea"]
    )
    second = tickets.create_issue("Second")
    assert (first.number, second.number) == (1, 2)
    assert _names(first) == ["ticket", "type:idea"]
    assert (first.user.login, first.user.type) == ("example-app[bot]", "Bot")
    assert first.body == "Hello\n\n<!-- key -->"
    newest_first = tickets.get_issues(state="all", sort="created", direction="desc")
    assert [issue.number for issue in newest_first] == [2, 1]

    first.edit(title="Renamed", body="", labels=["ticket"])
    again = tickets.get_issue(1)
    assert (again.title, again.body, _names(again)) == ("Renamed", "", ["ticket"])

    assert rest("PATCH", f"{TICKETS}/issues/1", {"body": None}).json()["body"] is None

    second.edit(state="closed", state_reason="duplicate")
    assert [issue.number for issue in tickets.get_issues()] == [1]
    closed = tickets.get_issue(2)
    assert (closed.state, closed.state_reason) == ("closed", "duplicate")
    assert closed.closed_by is not None
    assert closed.closed_by.login == "example-app[bot]"
    second.edit(state="open")
    assert (tickets.get_issue(2).state, tickets.get_issue(2).state_reason) == ("open", "reopened")


def test_events_and_timeline_of_an_issue(issue: Issue) -> None:
    issue.edit(title="New title")
    issue.create_comment("A comment")
    issue.edit(state="closed")
    assert [event.event for event in issue.get_events()] == ["labeled", "renamed", "closed"]
    assert [event.event for event in issue.get_timeline()] == ["labeled", "renamed", "commented", "closed"]
    assert issue.get_events()[1].rename == {"from": "[Acme / Ada] - A page", "to": "New title"}


def test_numbers_are_the_repositorys_own(github: Github, issue: Issue) -> None:
    assert github.get_repo("example-org/website").create_issue("A page", labels=["page"]).number == 1


def test_list_by_label_creator_and_time(github: Github, tickets: Repository, issue: Issue) -> None:
    tickets.create_issue("Other", labels=["ticket", "urgent"])
    assert [found.title for found in tickets.get_issues(labels=["ticket", "urgent"])] == ["Other"]
    assert tickets.get_issues(creator=issue.user).totalCount == 2
    assert tickets.get_issues(creator=github.get_user("amara-support")).totalCount == 0
    now = datetime.now(UTC)
    assert tickets.get_issues(since=now - timedelta(minutes=1)).totalCount == 2
    assert tickets.get_issues(since=now + timedelta(minutes=1)).totalCount == 0


def test_sorted_by_update(sandbox: Sandbox, tickets: Repository, issue: Issue) -> None:
    tickets.create_issue("Newer")
    older = next(stored for stored in sandbox.github.issues.values() if stored.number == 1)
    sandbox.github.issues[older.id] = older.replaced(updated_at=older.updated_at + timedelta(minutes=1))
    assert [found.number for found in tickets.get_issues(sort="updated")] == [1, 2]
    assert [found.number for found in tickets.get_issues(sort="updated", direction="asc")] == [2, 1]


def test_labels_of_an_issue(tickets: Repository, issue: Issue) -> None:
    issue.add_to_labels("accepted", "ticket", "made on the way")
    assert [label.name for label in issue.get_labels()] == ["ticket", "accepted", "made on the way"]
    assert tickets.get_label("made on the way").color == "ededed"
    issue.remove_from_labels("TICKET")
    with pytest.raises(GithubException, match="Label does not exist: 404"):
        issue.remove_from_labels("ticket")
    issue.set_labels("urgent")
    assert [label.name for label in issue.get_labels()] == ["urgent"]
    issue.set_labels()
    assert issue.get_labels().totalCount == 0
    issue.add_to_labels("ticket")
    issue.delete_labels()
    assert issue.get_labels().totalCount == 0


def test_labels_of_a_repository(tickets: Repository, issue: Issue) -> None:
    assert [label.name for label in tickets.get_labels()] == ["ticket", "type:idea", "accepted", "urgent"]
    made = tickets.create_label("hold", "C0FFEE", "Waiting")
    assert (made.name, made.color, made.description) == ("hold", "c0ffee", "Waiting")
    with pytest.raises(GithubException) as refused:
        tickets.create_label("TICKET", "ffffff")
    assert refused.value.status == 422
    assert refused.value.data["errors"][0]["code"] == "already_exists"
    tickets.get_label("ticket").edit("prospect", "ffffff")
    issue.update()
    assert _names(issue) == ["prospect"]
    tickets.get_label("type:idea").delete()
    with pytest.raises(UnknownObjectException):
        tickets.get_label("type:idea")


def test_comments(tickets: Repository, issue: Issue) -> None:
    first = issue.create_comment("One <!-- key -->")
    second = issue.create_comment("Two")
    assert [comment.body for comment in issue.get_comments()] == ["One <!-- key -->", "Two"]
    first.edit("One, changed")
    assert issue.get_comment(first.id).body == "One, changed"
    second.delete()
    with pytest.raises(UnknownObjectException):
        issue.get_comment(second.id)
    assert tickets.get_issue(issue.number).comments == 1
    assert [comment.id for comment in tickets.get_issues_comments()] == [first.id]
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert tickets.get_issues_comments(since=later).totalCount == 0
    assert issue.get_comments(since=later).totalCount == 0


def test_reactions(rest: Rest, issue: Issue) -> None:
    comment = issue.create_comment("/help")
    reaction = comment.create_reaction("+1")
    assert comment.create_reaction("+1").id == reaction.id
    issue.create_reaction("eyes")
    assert [(r.content, r.user.login) for r in issue.get_reactions()] == [("eyes", "example-app[bot]")]
    assert comment.get_reactions().totalCount == 1
    rendered = rest("GET", f"{TICKETS}/issues/{issue.number}").json()["reactions"]
    assert (rendered["total_count"], rendered["eyes"], rendered["+1"]) == (1, 1, 0)
    again = rest("POST", f"{TICKETS}/issues/{issue.number}/reactions", {"content": "eyes"})
    assert again.status == 200


def test_templates_are_files(tickets: Repository) -> None:
    template = tickets.get_contents(".github/ISSUE_TEMPLATE/new-ticket.md")
    assert not isinstance(template, list)
    assert b"labels: ticket" in template.decoded_content
    folder = tickets.get_contents(".github/ISSUE_TEMPLATE")
    assert isinstance(folder, list)
    assert {entry.name for entry in folder} == {"new-ticket.md", "new-idea.md"}
    root = tickets.get_contents("")
    assert isinstance(root, list)
    assert {(entry.name, entry.type) for entry in root} == {(".github", "dir"), ("README.md", "file")}
    with pytest.raises(UnknownObjectException):
        tickets.get_contents("missing.md")
    with pytest.raises(GithubException, match="No commit found for the ref other: 404"):
        tickets.get_contents("README.md", ref="other")


def test_organization_and_repository(github: Github, member: Github) -> None:
    assert github.get_organization("example-org").name == "Example Organization"
    repository = member.get_repo("example-org/tickets")
    assert repository.private
    assert (repository.permissions.push, repository.permissions.admin) == (True, False)
    assert github.get_user("jo-outside").name == "Jo Lindqvist"
    assert member.get_user().login == "amara-support"


def test_an_outsider_may_comment_but_not_label(rest: Rest) -> None:
    outsider = rest.as_(OUTSIDER_TOKEN)
    created = outsider(
        "POST", f"{WEBSITE}/issues", {"title": "Please", "labels": ["page"], "assignees": ["amara-support"]}
    )
    assert created.status == 201
    assert (created.json()["labels"], created.json()["assignees"]) == ([], [])
    own = f"{WEBSITE}/issues/1"
    changed = outsider("PATCH", own, {"title": "Please!", "labels": ["page"]}).json()
    assert (changed["title"], changed["labels"], changed["author_association"]) == ("Please!", [], "NONE")
    assert outsider("POST", f"{own}/labels", ["page"]).status == 403
    rest("POST", f"{WEBSITE}/issues", {"title": "Not theirs", "assignees": ["amara-support", "nobody"]})
    assert outsider("PATCH", f"{WEBSITE}/issues/2", {"title": "Mine"}).status == 403
    assert [user["login"] for user in rest("GET", f"{WEBSITE}/issues/2").json()["assignees"]] == [
        "amara-support"
    ]


@pytest.mark.parametrize(
    ("filter_", "numbers"),
    [
        ("assignee=*", [1]),
        ("assignee=none", [2]),
        ("assignee=amara-support", [1]),
        ("assignee=jo-outside", []),
    ],
)
def test_list_by_assignee(rest: Rest, filter_: str, numbers: list[int]) -> None:
    rest("POST", f"{WEBSITE}/issues", {"title": "One", "assignee": "amara-support"})
    rest("POST", f"{WEBSITE}/issues", {"title": "Two"})
    found: list[Any] = rest("GET", f"{WEBSITE}/issues?{filter_}").json()
    assert [issue["number"] for issue in found] == numbers
