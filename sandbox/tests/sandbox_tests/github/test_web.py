"""The pages of issues and boards, and their actions."""

import re
from urllib.parse import urlencode

import pytest
from github.Issue import Issue
from github.Repository import Repository

from sandbox.server import Sandbox
from sandbox_tests.support.github import Board
from sandbox_tests.support.http import Answer, call

ISSUE = "/example-org/tickets/issues/1"
BOARD = "/orgs/example-org/projects/1"
MEMBER = "amara-support"


def _send(sandbox: Sandbox, path: str, **fields: str) -> Answer:
    head = {"Content-Type": "application/x-www-form-urlencoded"}
    return call(sandbox, "POST", path, urlencode({"as": MEMBER} | fields), head)


def test_an_issue(sandbox: Sandbox, tickets: Repository, board: Board) -> None:
    issue = tickets.create_issue(
        "<b>Acme</b>", body="**Bold** <!-- hidden key -->\n\n- [x] done", labels=["type:idea"]
    )
    issue.create_comment("A *comment*").create_reaction("confused")
    board.move(board.add(issue), "Planned")
    page = call(sandbox, "GET", ISSUE).text
    for rendered in (
        "&lt;b&gt;Acme&lt;/b&gt;",
        "<strong>Bold</strong>",
        "type:idea",
        "<em>comment</em>",
        "<strong>Planned</strong>",
        "example-app[bot]",
        "added the label",
        "put this on the board Tickets",
        "moved the card to Planned",
        "😕 example-app[bot]",
    ):
        assert rendered in page
    body = page[: page.index("<textarea")]
    assert "hidden key" not in body


def test_the_list(sandbox: Sandbox, tickets: Repository, issue: Issue) -> None:
    tickets.create_issue("Lost").edit(state="closed", state_reason="not_planned")
    titles = {"open": [issue.title], "closed": ["Lost"], "all": ["Lost", issue.title]}
    for wanted, expected in titles.items():
        page = call(sandbox, "GET", f"/example-org/tickets/issues?state={wanted}").text
        assert re.findall(r'class="title"[^>]*>([^<]*)<', page) == expected
    assert "None." in call(sandbox, "GET", "/example-org/website/issues").text


def test_edit_by_hand(sandbox: Sandbox, tickets: Repository, issue: Issue) -> None:
    answer = _send(sandbox, ISSUE, do="edit", title="By hand", body="One\r\nTwo", comment="")
    assert (answer.status, answer.headers["location"]) == (303, f"{sandbox.url}{ISSUE}?as={MEMBER}")
    edited = tickets.get_issue(1)
    # a browser sends CR LF, and GitHub keeps it
    assert (edited.title, edited.body) == ("By hand", "One\r\nTwo")
    assert list(edited.get_events())[-1].actor.login == MEMBER
    assert f'value="{MEMBER}" selected' in call(sandbox, "GET", f"{ISSUE}?as={MEMBER}").text


def test_tick_a_box(sandbox: Sandbox, tickets: Repository) -> None:
    issue = tickets.create_issue("A ticket", body="- [ ] one\n- [ ] two")
    boxes = re.findall(r'name="tick" value="(\d+)"', call(sandbox, "GET", ISSUE).text)
    assert boxes == ["0", "1"]
    _send(sandbox, ISSUE, tick="1", title="ignored", body="ignored")
    issue.update()
    assert issue.body == "- [ ] one\n- [x] two"


def test_the_enter_key_saves(sandbox: Sandbox, tickets: Repository) -> None:
    tickets.create_issue("A ticket", body="- [ ] one")
    # the first button of a form is the one that the Enter key presses
    buttons = re.findall(r"<button [^>]*>", call(sandbox, "GET", ISSUE).text)
    assert 'value="edit"' in buttons[0]


def test_comment_close_and_reopen(sandbox: Sandbox, tickets: Repository, issue: Issue) -> None:
    _send(sandbox, ISSUE, do="comment", comment="Looks good")
    (comment,) = issue.get_comments()
    assert (comment.body, comment.user.login) == ("Looks good", MEMBER)
    _send(sandbox, ISSUE, do="close")
    assert tickets.get_issue(1).state == "closed"
    assert "Reopen issue" in call(sandbox, "GET", ISSUE).text
    _send(sandbox, ISSUE, do="reopen")
    assert tickets.get_issue(1).state == "open"


def test_move_a_card(sandbox: Sandbox, issue: Issue, board: Board) -> None:
    item = board.add(issue)
    assert "No status" in call(sandbox, "GET", BOARD).text
    board.move(item, "Inbox")
    page = call(sandbox, "GET", BOARD).text
    assert "No status" not in page
    move = re.search(r'name="move" value="([^"]+)">Started<', page)
    assert move is not None
    assert _send(sandbox, BOARD, move=move[1]).status == 303
    assert board.column(item) == "Started"


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        (ISSUE, {"do": "comment", "comment": " "}, 422),
        (ISSUE, {"do": "dance"}, 422),
        (ISSUE, {"tick": "7"}, 422),
        (ISSUE, {"do": "close", "as": "nobody"}, 422),
        (ISSUE, {"do": "close", "as": "jo-outside"}, 404),
        ("/example-org/tickets/issues/9", {"do": "close"}, 404),
        (BOARD, {"move": "1:2"}, 404),
        ("/orgs/other/projects/1", {"move": "1:2"}, 404),
    ],
)
def test_refused(
    sandbox: Sandbox, tickets: Repository, issue: Issue, path: str, fields: dict[str, str], status: int
) -> None:
    assert _send(sandbox, path, **fields).status == status
    assert tickets.get_issue(1).raw_data == issue.raw_data


@pytest.mark.parametrize(
    "path", ["/example-org/missing/issues", "/example-org/tickets/issues/9", "/orgs/example-org/projects/9"]
)
def test_missing_pages(sandbox: Sandbox, path: str) -> None:
    assert call(sandbox, "GET", path).status == 404
