"""Our block in a body that people edit, too: nothing of theirs is lost, and nothing of ours is doubled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.issue_block import BY_HAND, Memory, begin, find, write

KEY = "lead-7"
MEMORY = Memory(state="open", title="t", labels=("lead",))
TEXT = """| a | b |
| --- | --- |
| Stage | lead |

### Checklist

- [ ] Questionnaire sent
- [ ] Price quoted

### Done"""
NEWER = TEXT.replace("| Stage | lead |", "| Stage | quoted |").replace("[ ] Price", "[x] Price")


def placed(body: str, text: str = TEXT, boxes: frozenset[str] = frozenset()) -> str:
    return write(body, KEY, text, MEMORY, boxes=boxes)


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
    assert found.memory is not None
    assert (found.memory.state, found.memory.labels) == ("open", ("lead",))


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
def test_what_stands_outside_stays_byte_for_byte(before: str, after: str) -> None:
    body = placed(before + placed("") + after, NEWER)
    found = find(body, KEY)
    assert found is not None
    assert (found.before, found.after) == (before, after)
    assert shown(body) == NEWER


written = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=20
).filter(lambda line: line.strip() and not line.startswith("<!--"))


@given(st.lists(st.tuples(st.integers(0, len(TEXT.splitlines())), written), max_size=5), st.booleans())
def test_what_is_written_inside_is_moved_below_and_never_lost(
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


def test_a_tick_is_set_back_and_is_not_writing() -> None:
    body = placed("")
    assert placed(body.replace("[ ] Questionnaire", "[x] Questionnaire")) == body


def test_a_box_of_the_people_keeps_its_tick() -> None:
    boxes = frozenset({"Questionnaire sent"})
    ticked = placed("", boxes=boxes).replace("[ ] Questionnaire", "[x] Questionnaire")
    body = placed(ticked, NEWER, boxes=boxes)
    assert "- [x] Questionnaire sent" in body
    assert BY_HAND not in body
    unticked = placed(body.replace("[x] Questionnaire", "[ ] Questionnaire"), NEWER, boxes=boxes)
    assert "- [ ] Questionnaire sent" in unticked


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
