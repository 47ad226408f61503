"""The author of an edit is found in GitHub's history, or is unknown."""

from typing import Any

import pytest

from activities.github.authors import UNKNOWN, Author, IssueHistory

BEFORE, TICKED = "[ ]", "[x]"


def history(*edits: tuple[str, str | None], more: bool = False) -> IssueHistory:
    """Return the history of an issue with these edits, newest first: login and text (None: unknown)."""
    nodes = [
        {
            "id": f"E{len(edits) - n}",
            "editedAt": f"2026-06-0{len(edits) - n}T00:00:00Z",
            "diff": text,
            "editor": {
                "login": login.removesuffix("[bot]"),
                "__typename": "Bot" if "[bot]" in login else "User",
            },
        }
        for n, (login, text) in enumerate(edits)
    ]
    issue: dict[str, Any] = {
        "title": "T",
        "body": TICKED,
        "state": "OPEN",
        "stateReason": None,
        "labels": {"nodes": []},
        "timelineItems": {"nodes": []},
        "userContentEdits": {"nodes": nodes, "pageInfo": {"hasNextPage": more}},
    }
    return IssueHistory.model_validate({"viewer": {"login": "us"}, "repository": {"issue": issue}})


def edited(*edits: tuple[str, str | None], more: bool = False) -> Author:
    return history(*edits, more=more).edited(lambda text: {TICKED: True, BEFORE: False}.get(text))


def test_the_author_made_the_first_edit_that_shows_it() -> None:
    author = edited(("ada", TICKED), ("grace", TICKED), ("ada", BEFORE))
    assert (author.login, author.id, author.automated) == ("grace", "E2", False)


@pytest.mark.parametrize("we", ["us", "US", "us[bot]", "another[bot]"])
def test_our_own_writing_in_between_does_not_hide_a_person_and_is_no_move_itself(we: str) -> None:
    assert edited((we, TICKED), ("grace", TICKED), (we, BEFORE)).login == "grace"
    assert edited((we, TICKED), ("grace", BEFORE)).automated


def test_a_restored_text_still_has_its_author() -> None:
    edits = ("us", TICKED), ("us", BEFORE), ("grace", TICKED), ("us", BEFORE), ("ada", BEFORE)
    assert edited(*edits).login == "grace"


@pytest.mark.parametrize(
    "edits",
    [
        (),
        (("ada", None), ("grace", None)),
        (("ada", "something else"), ("grace", BEFORE)),
        (("ada", BEFORE), ("grace", TICKED), ("ada", BEFORE)),
        (("ada", TICKED), ("grace", TICKED)),
    ],
)
def test_where_nothing_tells_nobody_is_named(edits: tuple[tuple[str, str | None], ...]) -> None:
    assert edited(*edits) == UNKNOWN


def test_the_only_person_who_edited_it_is_the_author() -> None:
    assert edited(("us", None), ("ada", None), ("us", None)).login == "ada"


def test_nobody_is_named_for_an_edit_that_somebody_may_have_made_before_those_that_were_read() -> None:
    assert edited(("ada", TICKED), ("us", TICKED), more=True) == UNKNOWN
    assert edited(("ada", TICKED), ("us", BEFORE), more=True).login == "ada"


def closed(*times: tuple[str, str], me: str = "us[bot]") -> Author:
    """Return the author of the last closing, of these closings (login and time), oldest first."""
    nodes = [
        {
            "__typename": "ClosedEvent",
            "id": f"C{n}",
            "createdAt": at,
            "actor": {
                "login": login.removesuffix("[bot]"),
                "__typename": "Bot" if "[bot]" in login else "User",
            },
        }
        for n, (login, at) in enumerate(times)
    ]
    found = history().model_dump(by_alias=True)
    return IssueHistory.model_validate(
        {
            "viewer": {"login": me},
            "repository": {
                "issue": {
                    **{name: found[name] for name in ("title", "body", "state")},
                    "stateReason": None,
                    "labels": {"nodes": []},
                    "timelineItems": {"nodes": nodes},
                    "userContentEdits": {"nodes": [], "pageInfo": {"hasNextPage": False}},
                }
            },
        }
    ).closed()


NIGHT = [f"2026-06-01T0{hour}:00:00Z" for hour in range(9)]


@pytest.mark.parametrize("me", ["us", "us[bot]"])
def test_our_own_change_is_not_another_programs(me: str) -> None:
    """GitHub calls an App `us[bot]` as the one who asks, and `us` as the one who did something."""
    author = closed(("us[bot]", NIGHT[0]), me=me)
    assert (author.automated, author.other_program) == (True, False)


def test_another_program_counts_until_it_repeats_its_change() -> None:
    bot = "github-project-automation[bot]"
    assert closed((bot, NIGHT[0])).other_program
    assert closed(*[(bot, at) for at in NIGHT[:3]]).other_program
    assert not closed(*[(bot, at) for at in NIGHT[:4]]).other_program
    assert closed(*[(bot, at) for at in NIGHT[:3]], (bot, "2026-06-03T00:00:00Z")).other_program  # days later
    assert closed(("another[bot]", NIGHT[0]), *[(bot, at) for at in NIGHT[1:4]]).other_program
    assert not closed((bot, NIGHT[0]), ("ada", NIGHT[1])).automated
