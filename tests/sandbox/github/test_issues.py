"""Issues, labels, comments and reactions through the real client."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from github import Github, GithubException, UnknownObjectException
from github.Issue import Issue
from github.Repository import Repository

from sandbox.server import Sandbox
from tests.sandbox.github.conftest import HUBS, LEADS, OUTSIDER_TOKEN, Rest


def _names(issue: Issue) -> list[str]:
    return [label.name for label in issue.labels]


def test_create_list_edit_close(rest: Rest, leads: Repository) -> None:
    first = leads.create_issue(
        "[Acme / Ada] - A hub", body="Hello\n\n<!-- key -->", labels=["lead", "service:hub"]
    )
    second = leads.create_issue("Second")
    assert (first.number, second.number) == (1, 2)
    assert _names(first) == ["lead", "service:hub"]
    assert (first.user.login, first.user.type) == ("lead-to-hub[bot]", "Bot")
    assert first.body == "Hello\n\n<!-- key -->"
    newest_first = leads.get_issues(state="all", sort="created", direction="desc")
    assert [issue.number for issue in newest_first] == [2, 1]

    first.edit(title="Renamed", body="", labels=["lead"])
    again = leads.get_issue(1)
    assert (again.title, again.body, _names(again)) == ("Renamed", "", ["lead"])

    assert rest("PATCH", f"{LEADS}/issues/1", {"body": None}).json()["body"] is None

    second.edit(state="closed", state_reason="duplicate")
    assert [issue.number for issue in leads.get_issues()] == [1]
    closed = leads.get_issue(2)
    assert (closed.state, closed.state_reason) == ("closed", "duplicate")
    assert closed.closed_by is not None
    assert closed.closed_by.login == "lead-to-hub[bot]"
    second.edit(state="open")
    assert (leads.get_issue(2).state, leads.get_issue(2).state_reason) == ("open", "reopened")


def test_what_happened_to_an_issue(issue: Issue) -> None:
    issue.edit(title="New title")
    issue.create_comment("A comment")
    issue.edit(state="closed")
    assert [event.event for event in issue.get_events()] == ["labeled", "renamed", "closed"]
    assert [event.event for event in issue.get_timeline()] == ["labeled", "renamed", "commented", "closed"]
    assert issue.get_events()[1].rename == {"from": "[Acme / Ada] - A hub", "to": "New title"}


def test_numbers_are_the_repositorys_own(github: Github, issue: Issue) -> None:
    assert github.get_repo("2i2c-org/pilot-hubs").create_issue("A hub", labels=["Hub"]).number == 1


def test_list_by_label_creator_and_time(github: Github, leads: Repository, issue: Issue) -> None:
    leads.create_issue("Other", labels=["lead", "grant"])
    assert [found.title for found in leads.get_issues(labels=["lead", "grant"])] == ["Other"]
    assert leads.get_issues(creator=issue.user).totalCount == 2
    assert leads.get_issues(creator=github.get_user("amara-sales")).totalCount == 0
    now = datetime.now(UTC)
    assert leads.get_issues(since=now - timedelta(minutes=1)).totalCount == 2
    assert leads.get_issues(since=now + timedelta(minutes=1)).totalCount == 0


def test_sorted_by_update(sandbox: Sandbox, leads: Repository, issue: Issue) -> None:
    leads.create_issue("Newer")
    older = next(stored for stored in sandbox.github.issues.values() if stored.number == 1)
    sandbox.github.issues[older.id] = older.replaced(updated_at=older.updated_at + timedelta(minutes=1))
    assert [found.number for found in leads.get_issues(sort="updated")] == [1, 2]
    assert [found.number for found in leads.get_issues(sort="updated", direction="asc")] == [2, 1]


def test_labels_of_an_issue(leads: Repository, issue: Issue) -> None:
    issue.add_to_labels("customer", "lead", "made on the way")
    assert [label.name for label in issue.get_labels()] == ["lead", "customer", "made on the way"]
    assert leads.get_label("made on the way").color == "ededed"
    issue.remove_from_labels("LEAD")
    with pytest.raises(GithubException, match="Label does not exist: 404"):
        issue.remove_from_labels("lead")
    issue.set_labels("grant")
    assert [label.name for label in issue.get_labels()] == ["grant"]
    issue.set_labels()
    assert issue.get_labels().totalCount == 0
    issue.add_to_labels("lead")
    issue.delete_labels()
    assert issue.get_labels().totalCount == 0


def test_labels_of_a_repository(leads: Repository, issue: Issue) -> None:
    assert [label.name for label in leads.get_labels()] == ["lead", "service:hub", "customer", "grant"]
    made = leads.create_label("hold", "C0FFEE", "Waiting")
    assert (made.name, made.color, made.description) == ("hold", "c0ffee", "Waiting")
    with pytest.raises(GithubException) as refused:
        leads.create_label("Lead", "ffffff")
    assert refused.value.status == 422
    assert refused.value.data["errors"][0]["code"] == "already_exists"
    leads.get_label("lead").edit("prospect", "ffffff")
    issue.update()
    assert _names(issue) == ["prospect"]
    leads.get_label("service:hub").delete()
    with pytest.raises(UnknownObjectException):
        leads.get_label("service:hub")


def test_comments(leads: Repository, issue: Issue) -> None:
    first = issue.create_comment("One <!-- key -->")
    second = issue.create_comment("Two")
    assert [comment.body for comment in issue.get_comments()] == ["One <!-- key -->", "Two"]
    first.edit("One, changed")
    assert issue.get_comment(first.id).body == "One, changed"
    second.delete()
    with pytest.raises(UnknownObjectException):
        issue.get_comment(second.id)
    assert leads.get_issue(issue.number).comments == 1
    assert [comment.id for comment in leads.get_issues_comments()] == [first.id]
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert leads.get_issues_comments(since=later).totalCount == 0
    assert issue.get_comments(since=later).totalCount == 0


def test_reactions(rest: Rest, issue: Issue) -> None:
    comment = issue.create_comment("/help")
    reaction = comment.create_reaction("+1")
    assert comment.create_reaction("+1").id == reaction.id
    issue.create_reaction("eyes")
    assert [(r.content, r.user.login) for r in issue.get_reactions()] == [("eyes", "lead-to-hub[bot]")]
    assert comment.get_reactions().totalCount == 1
    shown = rest("GET", f"{LEADS}/issues/{issue.number}").json()["reactions"]
    assert (shown["total_count"], shown["eyes"], shown["+1"]) == (1, 1, 0)
    again = rest("POST", f"{LEADS}/issues/{issue.number}/reactions", {"content": "eyes"})
    assert again.status == 200


def test_templates_are_files(leads: Repository) -> None:
    template = leads.get_contents(".github/ISSUE_TEMPLATE/new-lead.md")
    assert not isinstance(template, list)
    assert b"labels: lead" in template.decoded_content
    folder = leads.get_contents(".github/ISSUE_TEMPLATE")
    assert isinstance(folder, list)
    assert {entry.name for entry in folder} == {"new-lead.md", "new-hub-service.md"}
    root = leads.get_contents("")
    assert isinstance(root, list)
    assert {(entry.name, entry.type) for entry in root} == {(".github", "dir"), ("README.md", "file")}
    with pytest.raises(UnknownObjectException):
        leads.get_contents("missing.md")
    with pytest.raises(GithubException, match="No commit found for the ref other: 404"):
        leads.get_contents("README.md", ref="other")


def test_organization_and_repository(github: Github, member: Github) -> None:
    assert github.get_organization("2i2c-org").name == "2i2c"
    repository = member.get_repo("2i2c-org/leads")
    assert repository.private
    assert (repository.permissions.push, repository.permissions.admin) == (True, False)
    assert github.get_user("jo-outside").name == "Jo Lindqvist"
    assert member.get_user().login == "amara-sales"


def test_an_outsider_may_talk_but_not_label(rest: Rest) -> None:
    outsider = rest.as_(OUTSIDER_TOKEN)
    created = outsider(
        "POST", f"{HUBS}/issues", {"title": "Please", "labels": ["Hub"], "assignees": ["amara-sales"]}
    )
    assert created.status == 201
    assert (created.json()["labels"], created.json()["assignees"]) == ([], [])
    own = f"{HUBS}/issues/1"
    changed = outsider("PATCH", own, {"title": "Please!", "labels": ["Hub"]}).json()
    assert (changed["title"], changed["labels"], changed["author_association"]) == ("Please!", [], "NONE")
    assert outsider("POST", f"{own}/labels", ["Hub"]).status == 403
    rest("POST", f"{HUBS}/issues", {"title": "Not theirs", "assignees": ["amara-sales", "nobody"]})
    assert outsider("PATCH", f"{HUBS}/issues/2", {"title": "Mine"}).status == 403
    assert [user["login"] for user in rest("GET", f"{HUBS}/issues/2").json()["assignees"]] == ["amara-sales"]


@pytest.mark.parametrize(
    ("filter_", "numbers"),
    [("assignee=*", [1]), ("assignee=none", [2]), ("assignee=amara-sales", [1]), ("assignee=jo-outside", [])],
)
def test_list_by_assignee(rest: Rest, filter_: str, numbers: list[int]) -> None:
    rest("POST", f"{HUBS}/issues", {"title": "One", "assignee": "amara-sales"})
    rest("POST", f"{HUBS}/issues", {"title": "Two"})
    found: list[Any] = rest("GET", f"{HUBS}/issues?{filter_}").json()
    assert [issue["number"] for issue in found] == numbers
