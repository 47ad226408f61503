"""Our block in a body that people edit, too: nothing of theirs is lost, and nothing of ours is doubled."""

import json
from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.github import issue_block
from activities.github.issue_block import BY_HAND, Boxes, Checkbox, LastWritten, begin, find, write

KEY = "lead-7"
MEMORY = LastWritten(state="open", title="t", labels=("lead",))
TEXT = """| a | b |
| --- | --- |
| Stage | lead |

### Checklist

- [ ] Questionnaire sent
- [ ] Price quoted

### Done"""
NEWER = TEXT.replace("| Stage | lead |", "| Stage | quoted |").replace("[ ] Price", "[x] Price")


NAMES = ("sent", "quoted")
"""Names of the boxes in the text."""


def placed(body: str, text: str = TEXT, *, kept: Collection[str] = (), free: Collection[str] = ()) -> str:
    return write(body, KEY, text, MEMORY, Boxes(NAMES, frozenset(free), kept))


def shown(body: str) -> str:
    found = find(body, KEY)
    assert found is not None
    return "\n".join(found.lines)


def test_a_new_issue_is_our_block_alone() -> None:
    body = placed("")
    assert body.startswith(begin(KEY))
    assert shown(body) == TEXT
    found = find(body, KEY)
    assert found is not None
    assert (found.before, found.after) == ("", "")
    assert found.last_written is not None
    assert (found.last_written.state, found.last_written.labels) == ("open", ("lead",))


def test_the_same_again_is_the_same_body() -> None:
    body = "Hello\n" + placed("") + "\nBye"
    assert placed(body) is body


def test_line_ends_of_githubs_editor_are_no_change() -> None:
    body = ("Hello\n\n" + placed("") + "\n\nBye").replace("\n", "\r\n")
    assert placed(body) is body


def test_the_block_of_another_lead_is_not_ours() -> None:
    body = placed("")
    assert find(body, "lead-71") is None
    assert find(body, "lead-") is None
    assert find(body, f"{KEY}/hub") is None


outside = st.text(st.characters(codec="utf-8"), max_size=60).filter(
    lambda text: "<!-- lead-to-hub:" not in text
)


@given(before=outside, after=outside)
def test_text_around_the_block_stays_byte_for_byte(before: str, after: str) -> None:
    body = placed(before + placed("") + after, NEWER)
    found = find(body, KEY)
    assert found is not None
    assert (found.before, found.after) == (before, after)
    assert shown(body) == NEWER


written = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=20
).filter(lambda line: line.strip() and not line.startswith("<!--"))


@given(st.lists(st.tuples(st.integers(0, len(TEXT.splitlines())), written), max_size=5), st.booleans())
def test_text_inside_the_block_is_moved_below_and_never_lost(
    insertions: list[tuple[int, str]], crlf: bool
) -> None:
    body = "Before\n" + placed("") + "\nAfter"
    lines = body.split("\n")
    first = next(number for number, line in enumerate(lines) if line == TEXT.splitlines()[0])
    for where, line in sorted(insertions, reverse=True):
        lines.insert(first + where, line)
    body = ("\r\n" if crlf else "\n").join(lines)
    mended = placed(body, NEWER)
    assert shown(mended) == NEWER
    found = find(mended, KEY)
    assert found is not None
    below = found.after.splitlines()
    for _, line in insertions:
        assert line in below
    assert below[-1] == "After"
    assert placed(mended, NEWER) is mended


def test_an_edited_line_is_restored_and_its_words_kept() -> None:
    body = placed("").replace("| Stage | lead |", "| Stage | lead, but Ada called |")
    mended = placed(body)
    assert shown(mended) == TEXT
    assert mended.endswith(f"\n\n{BY_HAND}\n\n| Stage | lead, but Ada called |\n")


def test_a_deleted_line_is_restored_without_a_trace() -> None:
    body = placed("")
    assert placed(body.replace("### Done\n", "")) == body


def test_a_table_of_ones_own_keeps_the_lines_that_look_like_ours() -> None:
    table = "| c | d |\n| --- | --- |\n| 1 | 2 |"
    mended = placed(placed("").replace("\n### Checklist", f"\n{table}\n\n### Checklist"))
    assert table in mended.partition(BY_HAND)[2]


def test_a_tick_is_reverted_and_is_no_text() -> None:
    body = placed("")
    assert placed(body.replace("[ ] Questionnaire", "[x] Questionnaire")) == body


def test_a_free_box_keeps_its_tick() -> None:
    ticked = placed("", free={"sent"}).replace("[ ] Questionnaire", "[x] Questionnaire")
    body = placed(ticked, NEWER, free={"sent"})
    assert "- [x] Questionnaire sent" in body
    assert BY_HAND not in body
    unticked = placed(body.replace("[x] Questionnaire", "[ ] Questionnaire"), NEWER, free={"sent"})
    assert "- [ ] Questionnaire sent" in unticked


def checkboxes(body: str) -> dict[str, Checkbox]:
    found = find(body, KEY)
    assert found is not None
    return found.checkboxes


def test_a_tick_that_was_not_handled_stays_and_still_counts_as_a_persons() -> None:
    body = placed("").replace("[ ] Questionnaire", "[x] Questionnaire").replace("\n", "\r\n")
    for text in (TEXT, NEWER, NEWER):
        body = placed(body, text, kept=NAMES)
        assert checkboxes(body)["sent"] == Checkbox(ticked=True, written=False)
    assert checkboxes(body)["quoted"] == Checkbox(ticked=True, written=True)
    assert checkboxes(placed(body, NEWER, kept={"quoted"}))["sent"] == Checkbox(ticked=False, written=False)


def test_a_tick_is_remembered_by_its_box_though_its_line_changes() -> None:
    body = placed("").replace("[ ] Questionnaire sent", "[x] Questionnaire sent")
    body = placed(body, TEXT.replace("Questionnaire sent", "Questionnaire sent on 2026-06-01"), kept=NAMES)
    assert "- [x] Questionnaire sent on 2026-06-01" in body
    assert checkboxes(body)["sent"].changed


def test_a_tick_that_became_true_is_no_move_any_more() -> None:
    body = placed("").replace("[ ] Price", "[x] Price")
    assert checkboxes(body)["quoted"].changed
    assert not checkboxes(placed(body, NEWER, kept=NAMES))["quoted"].changed


@given(
    st.lists(st.sampled_from(["sent", "quoted", "text", "crlf", "line"]), max_size=6),
    st.lists(st.tuples(st.sampled_from([TEXT, NEWER]), st.sets(st.sampled_from(NAMES))), min_size=1),
)
def test_whatever_people_tick_and_write_the_block_settles_at_once(
    acts: list[str], writings: list[tuple[str, set[str]]]
) -> None:
    body = "Before\n" + placed("") + "\nAfter"
    lines = {"sent": "Questionnaire sent", "quoted": "Price quoted"}
    for text, kept in writings:
        for act in acts:
            if act in lines:
                box = lines[act]
                there = f"[ ] {box}" in body
                old, new = (f"[ ] {box}", f"[X] {box}") if there else (f"[x] {box}", f"[ ] {box}")
                body = body.replace(old, new)
            elif act == "crlf":
                body = body.replace("\r\n", "\n").replace("\n", "\r\n")
            else:
                body = body.replace("Checklist", "Checklist and more", 1)
        body = placed(body, text, kept=kept)
        assert placed(body, text, kept=kept) == body
        assert body.startswith("Before")
        assert body.endswith("After")
        assert all(name in kept for name, tick in checkboxes(body).items() if tick.changed)


@given(st.text(st.characters(codec="utf-8")), st.text(max_size=30))
def test_a_damaged_record_of_the_last_writing_does_no_harm(memory: str, box: str) -> None:
    lines = placed("").split("\n")
    lines[1] = (
        f'<!-- lead-to-hub:wrote {{"state":"open","title":"t","boxes":{{"sent":{json.dumps(box)}}}}} -->{memory}'
    )
    assert shown(placed("\n".join(lines), kept=NAMES)) == TEXT


def test_a_deleted_block_comes_back_at_the_end() -> None:
    assert placed("Only this is left") == "Only this is left\n\n" + placed("")


def test_more_writing_comes_under_the_heading_that_is_there() -> None:
    body = placed(placed("").replace("### Done", "First\n### Done"))
    body = placed(body.replace("### Done", "Second\n### Done"))
    assert body.count(BY_HAND) == 1
    assert body.index("Second") < body.index("First")
    assert shown(body) == TEXT


@pytest.mark.parametrize(
    "damage", ["", "<!-- lead-to-hub:wrote {} -->", "<!-- lead-to-hub:wrote {nonsense -->"]
)
def test_without_its_memory_it_still_loses_nothing(damage: str) -> None:
    lines = placed("").split("\n")
    lines[1] = damage
    body = placed("\n".join(lines).replace("### Done", "By Ada\n### Done"))
    assert shown(body) == TEXT
    assert "By Ada" in body.partition(BY_HAND)[2]
    assert "lead-to-hub" not in body.partition(BY_HAND)[2]


def test_without_its_end_all_that_follows_is_kept_below() -> None:
    body = ("Before\n" + placed("") + "\nAfter").replace("<!-- lead-to-hub:end -->", "")
    mended = placed(body)
    assert shown(mended) == TEXT
    assert mended.startswith("Before\n")
    assert "After" in mended.partition(BY_HAND)[2]
    assert placed(mended) is mended


def test_a_copy_of_the_block_further_down_is_peoples_text() -> None:
    copy = placed("")
    body = placed(copy + "\n\nCopied:\n" + copy, NEWER)
    found = find(body, KEY)
    assert found is not None
    assert found.after == "\n\nCopied:\n" + copy


def test_of_many_blocks_the_first_few_are_looked_at() -> None:
    """Each may be looked up, and anybody can write a thousand."""
    body = "\n".join(begin(f"lead-{n}") for n in range(1000))
    assert issue_block.keys(body) == [f"lead-{n}" for n in range(issue_block.MAX_KEYS)]
