"""Rendering of Markdown, and task lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.github.markdown import render, toggle_task


@pytest.mark.parametrize("text", ["<!-- key -->", "a <!-- key --> b", "<!--\nkey\n-->\n\ntext", "<!-- key"])
def test_comments_are_hidden(text: str) -> None:
    assert "key" not in render(text)


def test_a_comment_in_code_is_shown() -> None:
    assert "&lt;!-- key --&gt;" in render("`<!-- key -->`")


@pytest.mark.parametrize(
    "text", ["<script>x</script>", "a <img src=x onerror=y> b", "<details open>", "<a href=x>"]
)
def test_html_is_shown_as_text(text: str) -> None:
    html = render(text)
    assert not any(tag in html for tag in ("<script", "<img", "<details", "<a "))


@given(st.text())
def test_no_script_gets_through(text: str) -> None:
    assert "<script" not in render(f"{text}<script>{text}")


def test_harmless_tags_stay() -> None:
    assert "<details>\n<summary>More</summary>" in render(
        "<details>\n<summary>More</summary>\n\ntext\n\n</details>"
    )
    assert "a<br>b" in render("a<br>b")


def test_task_lists() -> None:
    html = render("- [ ] open\n- [x] done\n- none\n\nno [ ] box")
    assert html.count('type="checkbox"') == 2
    assert html.count(" checked") == 1
    assert "no [ ] box" in html


def test_boxes_that_can_be_ticked() -> None:
    text = "Hello\n\n* [ ] one\n  1. [X] two\r\n"
    html = render(text, form="act")
    assert 'form="act" name="tick" value="2"' in html
    assert 'form="act" name="tick" value="3"' in html
    assert toggle_task(text, 2) == "Hello\n\n* [x] one\n  1. [X] two\r\n"
    assert toggle_task(text, 3) == "Hello\n\n* [ ] one\n  1. [ ] two\r\n"


@pytest.mark.parametrize("line", [0, 1, 4, 99])
def test_a_line_without_a_task(line: int) -> None:
    with pytest.raises(ValueError, match="no box"):
        toggle_task("Hello\n\n* [ ] one\n", line)


def test_an_alert_has_a_title_in_place_of_its_mark() -> None:
    html = render("> [!WARNING]\n> - **one**\n")
    assert '<blockquote class="alert warning">' in html
    assert "<strong>Warning</strong>" in html
    assert "[!WARNING]" not in html
    assert "[!WARNING]" in render("> [!WARNING] in a sentence")
    assert "[!OTHER]" in render("> [!OTHER]\n> text")
