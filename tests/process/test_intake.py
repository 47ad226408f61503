"""The fields of a new lead, read from titles as people write them and from GitHub's issue forms."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from process.decisions.opening import LeadOpened
from process.decisions.reading import parse_as
from process.github.forms import FIELDS, MAX_LINE, FieldGap, read_issue
from process.types import one_line

TEMPLATE = "[Lead org / Lead person] - [Lead title]"
WHOLE = {"org": "Example University", "person": "Ada Example", "title": "A hub"}
UNCLEAR = (
    "The title has more than one slash: only the one between organisation and person gets spaces around it"
)


def form(**given: str) -> str:
    """Return the text that GitHub makes of an issue form."""
    parts = [f"### {label}\n\n{given.get(name, '_No response_')}\n" for name, label in FIELDS.items()]
    return "\n".join([*parts, "### Background and notes\n\n_No response_\n"])


def fields_of(title: str, body: str = "") -> tuple[dict[str, str], list[str]]:
    found = read_issue(title, body)
    return found.fields, [gap.field for gap in found.gaps]


@pytest.mark.parametrize(
    ("title", "org", "person", "what"),
    [
        ("[Example University / Ada Example] - A hub", "Example University", "Ada Example", "A hub"),
        ("[Org/Ada]-A hub", "Org", "Ada", "A hub"),
        ("  [ Org  /  Ada ]  —  A hub - for whales [2]  ", "Org", "Ada", "A hub - for whales [2]"),
        ("[Org / Ada] – [A hub]", "Org", "Ada", "A hub"),
        ("[Org / Ada]: A hub", "Org", "Ada", "A hub"),
        ("[Org / Ada] A hub", "Org", "Ada", "A hub"),
        ("[[Org] / [Ada]] - A hub", "Org", "Ada", "A hub"),
        ("[Org [EU] / Ada] - A hub", "Org [EU]", "Ada", "A hub"),
        ("[AC/DC / Ada] - A hub", "AC/DC", "Ada", "A hub"),
        ("[Org / Ada/Grace] - A/B test", "Org", "Ada/Grace", "A/B test"),
        ("Org / Ada - A hub - B", "Org", "Ada", "A hub - B"),
        ("[Universität Zürich / Łukasz Ñandú] - 教育ハブ", "Universität Zürich", "Łukasz Ñandú", "教育ハブ"),
        ("[دانشگاه / می\u200cخواهم] - A hub", "دانشگاه", "می\u200cخواهم", "A hub"),
        ("[Org\u200b / Ada\u202e] - A\x07 hub", "Org", "Ada", "A hub"),
    ],
)
def test_a_complete_title(title: str, org: str, person: str, what: str) -> None:
    assert fields_of(title) == ({"org": org, "person": person, "title": what}, [])


@pytest.mark.parametrize(
    ("title", "fields", "gaps"),
    [
        (TEMPLATE, {}, ["org", "person", "title"]),
        ("Lead org / Lead person - Lead title", {}, ["org", "person", "title"]),
        ("[organisation / contact person] - what it is about", {}, ["org", "person", "title"]),
        ("[Example / Lead person] - [Lead title]", {"org": "Example"}, ["person", "title"]),
        ("[[lead  ORG] / Ada] - A hub", {"person": "Ada", "title": "A hub"}, ["org"]),
        ("[Org / ] - A hub", {"org": "Org", "title": "A hub"}, ["person"]),
        ("[ / Ada] - A hub", {"person": "Ada", "title": "A hub"}, ["org"]),
        ("[/] -", {}, ["org", "person", "title"]),
        ("[Org / Ada]", {"org": "Org", "person": "Ada"}, ["title"]),
        ("[Org / Ada] - …", {"org": "Org", "person": "Ada"}, ["title"]),
        ("[TBD / unknown] - n/a", {}, ["org", "person", "title"]),
        ("[Lead]: A hub", {"title": "A hub"}, ["org", "person"]),
        ("Hub for AI/ML - spring", {"title": "Hub for AI/ML - spring"}, ["org", "person"]),
        ("Re: [Org / Ada] - A hub", {"title": "Re: [Org / Ada] - A hub"}, ["org", "person"]),
        ("", {}, ["org", "person", "title"]),
        ("🚀", {}, ["org", "person", "title"]),
        ("\u200d\u200c", {}, ["org", "person", "title"]),
    ],
)
def test_a_title_that_leaves_something_out(title: str, fields: dict[str, str], gaps: list[str]) -> None:
    assert fields_of(title) == (fields, gaps)


@pytest.mark.parametrize("names", ["A/B/C", "A / B / C"])
def test_an_ambiguous_slash_is_asked_about(names: str) -> None:
    found = read_issue(f"[{names}] - A hub", "")
    assert found.fields == {"title": "A hub"}
    assert found.gaps == (FieldGap("org", UNCLEAR), FieldGap("person", UNCLEAR))
    assert read_issue(f"[{names}] - A hub", form(org="A/B", person="C")).gaps == ()


def test_a_form_fills_the_titles_gaps() -> None:
    fields, gaps = fields_of(TEMPLATE, form(**WHOLE, email="ada@example.org", zone="Europe/Berlin"))
    assert fields == WHOLE | {"email": "ada@example.org", "zone": "Europe/Berlin"}
    assert gaps == []
    assert fields_of("Whales", form(org="Org", person="Ada")) == (
        {"org": "Org", "person": "Ada", "title": "Whales"},
        [],
    )


def test_a_complete_title_overrides_the_form_and_an_incomplete_one_does_not() -> None:
    title = f"[{'x' * (MAX_LINE + 1)} / Grace] - Two hubs"
    fields, gaps = fields_of(title, form(**WHOLE))
    assert fields == WHOLE | {"person": "Grace", "title": "Two hubs"}
    assert gaps == []


def test_words_that_only_look_like_names_do_not_mix_with_a_form() -> None:
    fields, gaps = fields_of("Courses / workshops - spring", form(org="Org"))
    assert fields == {"org": "Org", "title": "Courses / workshops - spring"}
    assert gaps == ["person"]


def test_an_empty_form_gives_no_fields() -> None:
    assert fields_of(TEMPLATE, form()) == ({}, ["org", "person", "title"])


@pytest.mark.parametrize(
    "body",
    [
        "### Organisation\r\n\r\nOrg\r\n\r\n### Contact person\r\n\r\nAda\r\n\r\n### What it is about\r\n\r\nA\r\nhub",
        "## ORGANIZATION:\nOrg\n#  contact   Person ##\nAda\n###### what it is about?\n\nA hub",
        "Hello.\n### Organisation\n\n<!-- its name -->\nOrg\n### Contact person\n[Ada]\n### What it is about\nA hub\n### x",
        "### Organisation\n\n_No response_\n\n### Contact person\nAda\n\n### What it is about\nA hub\n### Organisation\nOrg",
        "```\n### Organisation\nNo\n```\n### Organisation\nOrg\n### Contact person\nAda\n### What it is about\nA hub",
    ],
)
def test_a_description_in_any_shape(body: str) -> None:
    assert fields_of("", body) == ({"org": "Org", "person": "Ada", "title": "A hub"}, [])


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"email": "<ada@example.org>"}, {"email": "ada@example.org"}),
        ({"email": "mailto:ada@example.org"}, {"email": "ada@example.org"}),
        ({"email": "none"}, {}),
        ({"email": "–", "zone": "N/A"}, {}),
        ({"zone": "America / New York"}, {"zone": "America/New_York"}),
        ({"zone": " UTC "}, {"zone": "UTC"}),
    ],
)
def test_optional_fields_may_be_left_out_in_many_ways(given: dict[str, str], read: dict[str, str]) -> None:
    assert fields_of(TEMPLATE, form(**WHOLE, **given)) == (WHOLE | read, [])


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"email": "ada(at)example.org"}, "'ada(at)example.org' is no mail address. Write it as name@"),
        ({"email": "a@example.org, b@example.org"}, "is no mail address"),
        ({"zone": "UTC+2"}, "There is no time zone 'UTC+2'. Name one as Europe/Berlin or UTC, or leave"),
        ({"zone": "../../etc/passwd"}, "There is no time zone"),
        ({"zone": "Europe"}, "There is no time zone"),
        ({"email": f"{'a' * MAX_LINE}@example.org"}, "It is longer than 200 characters"),
        ({"title": "A hub\n" * 50}, "It is longer than 200 characters"),
    ],
)
def test_an_invalid_value_is_asked_for_with_the_reason(given: dict[str, str], why: str) -> None:
    found = read_issue(TEMPLATE, form(**WHOLE | given))
    (gap,) = found.gaps
    assert gap.field in given
    assert why in gap.reason
    assert gap.field not in found.fields


TEXTS = st.text(st.characters(codec=None)) | st.text("[]/-: #`~<!->\n\rAZ\x00\ud800@")


@given(TEXTS, TEXTS, st.dictionaries(st.sampled_from([*FIELDS]), TEXTS))
def test_any_text_gives_valid_fields_or_gaps(title: str, body: str, given: dict[str, str]) -> None:
    found = read_issue(title, body + form(**given))
    assert {"org", "person", "title"} <= found.fields.keys() | {gap.field for gap in found.gaps}
    opened = parse_as(LeadOpened, WHOLE | found.fields)
    assert isinstance(opened, LeadOpened), opened
    assert opened.complaint() is None
    assert opened.model_dump_json()


@pytest.mark.parametrize(
    "body", ["#" * 65_000, "# " * 32_000, "<!--" * 16_000, "### " + " " * 65_000, "`" * 65_000]
)
def test_a_malicious_text_is_read_quickly(body: str) -> None:
    began = time.process_time()
    read_issue(" / " * 85, body)
    read_issue("[ / " * 64, body)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (" A\r\nhub\tfor\x00whales ", "A hub for whales"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\u200c \u200d\u200b", ""),
        ("\u202eA", "A"),
    ],
)
def test_a_text_on_one_line_has_nothing_hidden_in_it(text: str, line: str) -> None:
    assert one_line(text) == line
