"""Reading of issue titles as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from process.github.titles import read_heading, same_title
from process.lead.lead import Lead
from tests.support.lives import Life

LEAD = Life().lead


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (LEAD.heading, ("Example University", "Ada Example", "Hub for a course")),
        ("[Org/Person]-Title", ("Org", "Person", "Title")),
        ("  [ Org  /  Person ]  -  A - B [C]  ", ("Org", "Person", "A - B [C]")),
        ("[Org / Person] – Title", ("Org", "Person", "Title")),
        ("[Org / Person]: [Title]", ("Org", "Person", "Title")),
        ("[Org [EU] / Person] - T", ("Org [EU]", "Person", "T")),
        ("[AC/DC / Person] - T", ("AC/DC", "Person", "T")),
        ("[Org / Ada Example / X] - T", None),
        ("[A / Example University / Ada Example] - T", ("A / Example University", "Ada Example", "T")),
        ("[Example University / A / B] - T", ("Example University", "A / B", "T")),
        ("[Org] - T", None),
        ("[Org / ] - T", None),
        ("[/] - T", None),
        ("[Org / Person] - ", None),
        ("Org / Person - T", None),
        ("", None),
    ],
)
def test_a_title_is_read(text: str, read: tuple[str, str, str] | None) -> None:
    assert read_heading(text, LEAD) == read


NAMES = (
    st.text(st.characters(codec="utf-8", exclude_characters="[]\r\n"), min_size=1).map(str.strip).filter(bool)
)


@given(NAMES, NAMES, NAMES)
def test_our_own_title_reads_back(org: str, person: str, title: str) -> None:
    lead: Lead = LEAD.replaced(org=org, person=person, title=title)
    read = read_heading(lead.heading, lead)
    assert read is None or read == (org, person, title) or "/" in org + person
    assert same_title(lead.heading, lead.heading)


@given(st.text())
def test_any_text_can_be_read_without_an_error(text: str) -> None:
    read = read_heading(text, LEAD)
    assert read is None or all(read)
