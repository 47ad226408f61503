"""People's text inside our Markdown says what they wrote, and does nothing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from markdown_it import MarkdownIt
from markdown_it.token import Token

from activities.mail import text as mail_text
from templates import rendering as texts
from templates.rendering import markdown, render
from tests.support.github_text import found_by_github

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
BLANK = "\u200b"


def cell(text: str) -> list[Token]:
    """The inline tokens of a table's cell with this text; the table around it must be whole."""
    blocks = MARKDOWN.parse(f"| a | b |\n| --- | --- |\n| x {text} | end |\n")
    assert [token.type for token in blocks if token.type in ("td_open", "th_open")] == ["th_open"] * 2 + [
        "td_open"
    ] * 2
    assert {token.tag for token in blocks if token.nesting == 1} <= {
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    inline = [token for token in blocks if token.type == "inline"]
    assert inline[3].content == "end"
    return inline[2].children or []


def read(tokens: list[Token]) -> str:
    """Return the text as a person sees it."""
    return "".join("\n" if token.content == "<br>" else token.content for token in tokens)


HOSTILE = r"""
` * _ [ ] ( ) < > | \ ~~ # $ &amp; <!-- -->
@ada @2i2c-org/sales 日 é @ #12 GH-1 gh-2 GH- 7 <b> ![x](y) [a](https://example.org) http:// word 1. - [x]
org/repo#3 closes https://example.org/a_b|c <!--lead-to-hub:end--> |---|
"""
hostile = st.lists(
    st.sampled_from([*HOSTILE.split(), " ", "\n", "<!-- lead-to-hub:end -->"]), max_size=12
).map("".join)


@given(st.one_of(hostile, st.text(max_size=40)))
def test_it_is_read_as_it_was_written(text: str) -> None:
    tokens = cell(markdown(text))
    kinds = {token.type for token in tokens} - {"link_open", "link_close"}
    assert kinds <= {"text", "text_special", "html_inline"}
    assert {token.content for token in tokens if token.type == "html_inline"} <= {"<br>"}
    assert all(token.attrGet("href").startswith("http") for token in tokens if token.type == "link_open")  # type: ignore[union-attr]
    seen = " ".join(read(tokens).replace(BLANK, "").split())
    wrote = re.sub(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", " ", "x " + text)
    assert seen == " ".join(wrote.replace(BLANK, "").split())


@given(hostile)
def test_it_mentions_refers_to_and_comments_out_nothing(text: str) -> None:
    written = markdown(text)
    assert found_by_github(written) == []
    assert not re.search(r"<!--|-->", re.sub(r"<https?://[^>]*>", "", written))
    assert "\n" not in written


@given(hostile, hostile)
def test_nor_does_it_with_what_follows(text: str, other: str) -> None:
    assert found_by_github(f"{markdown(text)}{markdown(other)}1") == []


@pytest.mark.parametrize(
    "text", ["日本@octocat", "é@octocat", "éGH-1", "@", "GH-", "#", "@octocat/x", "x #1"]
)
def test_letters_beyond_ascii_are_no_part_of_a_word_for_github(text: str) -> None:
    assert found_by_github(text + "octocat 1" * (len(text) == 1)) or text in ("GH-", "@octocat/x", "#")
    assert found_by_github(f"{markdown(text)}octocat") == found_by_github(f"{markdown(text)}12") == []


@pytest.mark.parametrize(
    "kind", ["issues/12", "pull/3", "discussions/4", "commit/0a1b2c3", "Issues/12#issuecomment-1"]
)
def test_the_url_of_somebody_elses_issue_is_no_reference(kind: str) -> None:
    url = f"https://github.com/octo-org/octo-repo/{kind}"
    assert found_by_github(url) == [url]
    assert markdown(f"See {url}.") == f"See `{url}`."
    assert found_by_github(markdown(url)) == []


@pytest.mark.parametrize(
    "url",
    [
        "HTTPS://github.com/octo-org/octo-repo/issues/12",
        "Http://github.com/octo-org/octo-repo/pull/3",
        "https://ada@github.com/octo-org/octo-repo/issues/12",
        "HTTPS://ada:x@github.com/octo-org/octo-repo/commit/0a1b2c3",
    ],
)
def test_nor_is_one_that_is_spelled_another_way(url: str) -> None:
    """GitHub makes links of any beginning of a URL, in any case of letters."""
    assert found_by_github(url) == [url]
    for text in (url, f"See {url}.", f"({url})", f"x{url}"):
        assert found_by_github(markdown(text)) == []


def test_a_mail_address_can_still_be_copied() -> None:
    assert markdown("ada@example.org") == "ada@example.org"


def test_a_link_stays_a_link_and_ends_before_its_sentence_does() -> None:
    assert markdown("See https://example.org/a_b?c=*d*.") == "See <https://example.org/a_b?c=*d>\\*."


def test_a_long_text_is_cut_visibly() -> None:
    assert markdown("word " * 100, 12) == "word word wo… (shortened)"


def test_a_value_that_a_template_misses_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("github/hub_issue.md", clip=10)


@pytest.mark.parametrize("name", texts._environment.list_templates())
def test_every_template_can_be_used(name: str) -> None:
    """A worker compiles one only when it is first needed."""
    texts._environment.get_template(name)


@given(hostile, hostile)
def test_a_reply_does_nothing_but_quote(reason: str, value: str) -> None:
    """The sample stands in a block of code, which no value in it ends."""
    sample = f'/lost note="{value}"'
    written = render("commands/refused.md", command="/lost", reason=reason, samples=[sample, sample])
    assert found_by_github(written) == []
    blocks = MARKDOWN.parse(written)
    assert [token.type for token in blocks if token.nesting != -1] == [
        *("paragraph_open", "inline") * 2,
        "fence",
    ]
    assert blocks[-1].content.count("/lost note=") == 2


@given(hostile)
def test_a_mail_shows_no_markup_of_a_persons(text: str) -> None:
    shown = mail_text._MARKDOWN.render(f"- {mail_text._escape(' '.join(text.split()))} end\n")
    assert set(re.findall(r"<[^>]*>", shown)) <= {"<ul>", "<li>", "</li>", "</ul>"}
    assert shown.count("end</li>") == 1
