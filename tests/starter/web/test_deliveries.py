"""Deliveries become change notices; tested with GitHub's published payloads."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from activities.github import issue_block
from activities.github.issue_block import LastWritten
from activities.github.repositories import Repositories
from config.groups import GitHub
from starter.web.deliveries import EVENTS, read_delivery
from tests.support.deliveries import COMMENTED, PUBLISHED, with_command
from workflows.issue_sync import ChangeNotice

HELLO = Repositories(GitHub(org="Codertocat", leads_repo="hello-world"))
MOVED = next(each for each in PUBLISHED["projects_v2_item"] if each["action"] == "edited")
CASES = [(event, number) for event, payloads in PUBLISHED.items() for number in range(len(payloads))]


@pytest.mark.parametrize(("event", "number"), CASES)
def test_every_published_payload_is_read(event: str, number: int) -> None:
    payload = PUBLISHED[event][number]
    found = read_delivery(event, "d1", payload, HELLO)
    if found.notice:
        assert found.notice.repo == "hello-world"
        assert found.notice.number == payload["issue"]["number"]
    else:
        assert found.ignored_because


def test_an_issues_event_becomes_a_notice_of_its_issue() -> None:
    opened = next(each for each in PUBLISHED["issues"] if each["action"] == "opened")
    assert read_delivery("issues", "d1", opened, HELLO).notice == ChangeNotice(
        repo="hello-world", number=opened["issue"]["number"], delivery="d1"
    )


@pytest.mark.parametrize(
    "payload", [each for each in PUBLISHED["issue_comment"] if each["action"] != "deleted"]
)
def test_only_a_comment_with_a_command_becomes_a_notice(payload: dict[str, Any]) -> None:
    assert read_delivery("issue_comment", "d1", payload, HELLO).ignored_because == "no command"
    notice = read_delivery("issue_comment", "d1", with_command(payload), HELLO).notice
    assert notice is not None
    assert notice.comment == payload["comment"]["id"]


def test_a_deleted_comment_becomes_no_notice() -> None:
    deleted = next(each for each in PUBLISHED["issue_comment"] if each["action"] == "deleted")
    assert read_delivery("issue_comment", "d1", with_command(deleted), HELLO).notice is None


def test_programs_pull_requests_and_other_repositories_are_ignored() -> None:
    payload = with_command(COMMENTED)
    bot = COMMENTED["sender"] | {"type": "Bot"}
    for unheard, why in (
        (payload | {"sender": bot}, "done by a program"),
        (with_command(COMMENTED, user=bot), "written by a program"),
        (with_command(COMMENTED, body="/lost\n<!-- lead-to-hub:answer 1 x -->"), "written by a program"),
        (payload | {"issue": payload["issue"] | {"pull_request": {"url": "x"}}}, "a pull request"),
    ):
        assert read_delivery("issue_comment", "d1", unheard, HELLO).ignored_because == why
    for other in map(Repositories, (GitHub(org="Codertocat"), GitHub(leads_repo="Hello-World"))):
        assert read_delivery("issue_comment", "d1", payload, other).ignored_because == "another repository"


def issues_event(action: str, sender: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Return an event about an issue as our last writing left it, or with these fields changed."""
    values = LastWritten(state="open", title=issue_block.checksum("A hub"), labels=("lead",))
    body = issue_block.write("", "lead-abcdefgh", "A lead.", values)
    issue = {"number": 7, "title": "A hub", "body": body, "state": "open", "labels": [{"name": "lead"}]}
    return COMMENTED | {"action": action, "sender": sender, "issue": issue | changed}


def test_our_own_writing_becomes_no_notice() -> None:
    """The account is a person's, with a token. The person may use it, too: then something else has changed."""
    ours, theirs = {"login": "Service-Account", "type": "User"}, {"login": "ada", "type": "User"}
    repositories = Repositories(HELLO.github)

    def ignored_because(payload: dict[str, Any]) -> str:
        return read_delivery("issues", "d1", payload, repositories).ignored_because

    assert ignored_because(issues_event("edited", ours)) == ""  # GitHub has not yet said who we are
    repositories._account = "service-account"
    for action in ("edited", "closed", "reopened", "labeled", "unlabeled"):
        assert ignored_because(issues_event(action, ours)) == "our own writing"
    for seen in (
        issues_event("edited", theirs),
        issues_event("opened", ours),  # a copy of an issue
        issues_event("edited", ours, title="Another title"),
        issues_event("closed", ours, state="closed"),
        issues_event("labeled", ours, labels=[{"name": "lead"}, {"name": "customer"}]),
        issues_event("edited", ours, body="Not ours"),
        issues_event("edited", ours, body=None),
    ):
        assert ignored_because(seen) == ""


def test_the_notice_of_a_moved_card_names_the_card_and_its_mover() -> None:
    moved = MOVED | {"projects_v2_item": MOVED["projects_v2_item"] | {"content_type": "Issue"}}
    org = Repositories(GitHub(org=MOVED["organization"]["login"]))
    assert read_delivery("projects_v2_item", "d1", moved, org).notice == ChangeNotice(
        card=MOVED["projects_v2_item"]["node_id"], delivery="d1"
    )
    assert read_delivery("projects_v2_item", "d1", moved, HELLO).ignored_because == "another organization"
    assert (
        read_delivery("projects_v2_item", "d1", PUBLISHED["projects_v2_item"][0], org).ignored_because
        == "a card without an issue"
    )


@pytest.mark.parametrize("event", sorted(EVENTS))
@pytest.mark.parametrize("payload", [None, [], "x", {"issue": 1}, {"sender": []}])
def test_an_invalid_payload_is_rejected(event: str, payload: Any) -> None:
    with pytest.raises(ValidationError):
        read_delivery(event, "d1", payload, HELLO)


WRONG: tuple[Any, ...] = (None, [], {}, "", "x" * 5000, "\ud800", "a\x00b", 0, -1, 10**30, 1.5, True, [[[]]])


def broken(payload: Any, depth: int = 2) -> Iterator[Any]:
    """Yield the payload with each value, down to `depth`, replaced by an invalid one."""
    for name, part in payload.items():
        without = {other: value for other, value in payload.items() if other != name}
        yield without
        for wrong in WRONG:
            yield payload | {name: wrong}
        if isinstance(part, dict) and depth > 1:
            for inner in broken(part, depth - 1):
                yield payload | {name: inner}


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_a_broken_payload_is_rejected_or_ignored(event: str) -> None:
    """No other error is raised, and a notice that is still made has limited values."""
    payload = PUBLISHED[event][0]
    if event == "issue_comment":
        payload = with_command(payload)
    if event == "projects_v2_item":
        card = MOVED["projects_v2_item"] | {"content_type": "Issue"}
        payload = MOVED | {"projects_v2_item": card}
    owner = (payload.get("organization") or payload["repository"]["owner"])["login"]
    notices = 0
    for wrong in broken(payload):
        try:
            found = read_delivery(
                event, "d1", wrong, Repositories(GitHub(org=owner, leads_repo="Hello-World"))
            )
        except ValidationError:
            continue
        notices += found.notice is not None
        assert found.notice is None or len(found.notice.workflow_id) <= 255
    assert notices


def renamed(payload: dict[str, Any], name: str, **others: Any) -> dict[str, Any]:
    return payload | {"repository": payload["repository"] | {"name": name} | others}


def test_a_renamed_repository_is_recognised_by_its_id() -> None:
    ours, opened = Repositories(HELLO.github), with_command(COMMENTED)
    under_another_name = renamed(opened, "prospects")
    assert (
        read_delivery("issue_comment", "d1", under_another_name, ours).ignored_because == "another repository"
    )
    assert read_delivery("issue_comment", "d2", opened, ours).notice
    notice = read_delivery("issue_comment", "d3", under_another_name, ours).notice
    assert notice is not None
    assert notice.repo == "hello-world"
    stranger = renamed(opened, "prospects", id=4711)
    assert read_delivery("issue_comment", "d4", stranger, ours).ignored_because == "another repository"


def test_a_new_repository_with_the_old_name_replaces_the_renamed_one() -> None:
    ours, opened = Repositories(HELLO.github), with_command(COMMENTED)
    assert read_delivery("issue_comment", "d1", opened, ours).notice
    assert read_delivery("issue_comment", "d2", renamed(opened, "Hello-World", id=4711), ours).notice
    assert read_delivery("issue_comment", "d3", renamed(opened, "prospects"), ours).notice is None
