"""Commands and the HTML around them."""

import pytest

from process.github.commands import parse_commands

C = "/lost reason=budget"


@pytest.mark.parametrize(
    "comment",
    [
        f"<details>\n\n{C}\n\n</details>",
        f"<details><summary>Plan</summary>\n\n{C}\n\n</details>",
        f"<pre>\n\n{C}\n\n</pre>",
        f"<!--\n\n{C}\n\n-->",
        f"<div><!--\n\n{C}\n\n--></div>",
        f"<table><tr><td>\n\n{C}\n\n</td></tr></table>",
        f"<div>\n<div>\n\n</div>\n\n{C}\n\n</div>",
        f"<div>\n\n{C}",
        f"<DETAILS open title='a>b'>\n\n{C}\n\n</DETAILS>",
        f"Text <details>\n\n{C}\n\n</details>",
        f"<!-- a -->\n<div>\n\n{C}",
        f"- > {C}",
        f"> - {C}",
        f"\t{C}",
        f"- <div>\n\n  {C}",
        f"<img src=x>\n{C}",
        f"# {C}",
        f"<div\nclass=x>\n\n{C}\n\n</div>",
    ],
)
def test_a_line_in_an_element_is_no_command(comment: str) -> None:
    assert parse_commands(comment) == []
    assert len(parse_commands(f"{C}\n\n{comment}")) == 1


@pytest.mark.parametrize(
    "before",
    [
        "<details>\n\ntext\n\n</details>",
        "`<div>`",
        "```\n<div>\n```",
        "    <div>",
        "a < b",
        "<b>x</b>",
        "<br>",
        "<p>",
        "</div>",
        "<!-- <div> -->",
        "<!-->",
        "<https://example.org>",
        "<name>",
        "> <div>",
        "- <div>",
        "# <div>",
    ],
)
def test_a_line_after_an_element_is_a_command(before: str) -> None:
    assert len(parse_commands(f"{before}\n\n{C}")) == 1
