"""A line that a person gives: what it may hold, at each door."""

import pytest

from process.core.refusal import Refused
from process.decisions.opening import LeadOpened
from process.decisions.reading import parse_as
from process.github.forms import read_issue
from process.types import one_line
from workflows.start import read_start

REFUSED = [
    "a\u202eb",
    "a\u2066b",
    "a\u200fb",
    "\u200b",
    "\u200b\u200d",
    "\u3164",
    "\ufe0f",
    "\u2800",
    "a\u2028b",
    "a\x85b",
    "a\nb",
    "a\x00b",
    "\xad",
]
TAKEN = [
    "Ada",
    "می\u200cخواهم",
    "क्\u200dष",
    "👩\u200d👩\u200d👧",
    "❤\ufe0f",
    "C++",
    "???",
    "東京",
    "\U0001f3f4\U000e0067\U000e0062\U000e007f",
]


@pytest.mark.parametrize("field", ["org", "person", "title", "by"])
@pytest.mark.parametrize("text", REFUSED, ids=ascii)
def test_an_odd_line_is_refused(text: str, field: str) -> None:
    body = LeadOpened.example | {field: text}
    assert isinstance(parse_as(LeadOpened, body), Refused)
    assert isinstance(read_start((body,), continued=False), Refused)


@pytest.mark.parametrize("text", TAKEN, ids=ascii)
def test_words_of_every_script_and_emoji_are_taken(text: str) -> None:
    taken = parse_as(LeadOpened, LeadOpened.example | {"org": text})
    assert isinstance(taken, LeadOpened)
    assert taken.org == one_line(text) == text


@pytest.mark.parametrize("text", REFUSED, ids=ascii)
def test_an_issue_gives_a_plain_line_or_none(text: str) -> None:
    fields = read_issue(f"[{text} / Ada] - A hub", "").fields
    assert "org" not in fields or isinstance(parse_as(LeadOpened, LeadOpened.example | fields), LeadOpened)
