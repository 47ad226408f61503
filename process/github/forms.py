"""What an issue that is to become a lead says about it: in its title, and in what GitHub makes of an issue form."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from process.decisions.opening import contact_complaint
from process.github.titles import split_heading, split_names, unbracketed
from process.types import one_line

FIELDS: dict[str, str] = {
    "org": "Organisation",
    "person": "Contact person",
    "title": "What it is about",
    "email": "E-mail",
    "zone": "Time zone",
}
"""A lead's fact -> its label in the issue form, and its heading in the description."""
OPTIONAL = frozenset({"email", "zone"})
_NAMES = frozenset({"org", "person"})
LONGEST = 200
"""Characters of one line of a lead (`process.types.Line`)."""

_ALIASES = {"Organization": "org"}
_PLACEHOLDERS = ("Lead org", "Lead person", "Lead title", "Person", "Title", "No response")
"""What the template, our own words and GitHub's form put where nobody said anything."""
_NOTHING = frozenset({"n/a", "none", "tbd", "unknown"})

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HEADING = re.compile(r" {0,3}#{1,6}\s")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_UNBRACKETED = re.compile(r"([^\[\]]*?\s/\s[^\[\]]*?)\s+[-–—]\s+(.*)")


class Gap(NamedTuple):
    """What a lead lacks, or was given and can't be: the fact, and why in a sentence; without one it is missing."""

    field: str
    why: str = ""

    @property
    def label(self) -> str:
        return FIELDS[self.field]


class Intake(NamedTuple):
    """What was read: sound facts, and what must be asked for."""

    facts: dict[str, str]
    gaps: tuple[Gap, ...]


def read_issue(title: str, body: str) -> Intake:
    """The lead's facts, as far as an issue says them. Total.

    For each fact the first sound word counts: of a title as `[organisation / person] - title`, then of the description,
    then of a title that is written otherwise. What the template and the form say by themselves is nothing said.
    """
    form = _of_form(body)
    sources = (_of_heading(title), form, _of_plain(title, names=not form.keys() & _NAMES))
    facts: dict[str, str] = {}
    gaps: list[Gap] = []
    for field in FIELDS:
        given = [value for source in sources if (value := _said(field, source.get(field, "")))]
        wrong = [complaint for value in given if (complaint := _complaint(field, value))]
        if sound := [value for value in given if not _complaint(field, value)]:
            facts[field] = sound[0]
        elif wrong:
            gaps.append(Gap(field, wrong[0]))
        elif field not in OPTIONAL:
            gaps.append(Gap(field, _unclear(title) if field in _NAMES else ""))
    return Intake(facts, tuple(gaps))


def _of_heading(title: str) -> Mapping[str, str]:
    """Of a title with its brackets and a slash in them."""
    heading = split_heading(title)
    splits = split_names(heading.names) if heading else []
    if heading is None or not splits:
        return {}
    names = dict(zip(("org", "person"), splits[0], strict=True)) if len(splits) == 1 else {}
    return names | {"title": heading.title}


def _of_plain(title: str, *, names: bool) -> Mapping[str, str]:
    """Of any other title: all of it is what it is about, or, where it may give `names`, `organisation / person - title`."""
    if heading := split_heading(title):
        return {"title": heading.title}
    found = _UNBRACKETED.fullmatch(title) if names else None
    splits = split_names(found[1]) if found else []
    if found is None or len(splits) != 1:
        return {"title": title}
    return {"org": splits[0][0], "person": splits[0][1], "title": found[2]}


def _of_form(body: str) -> Mapping[str, str]:
    """Of the description: what stands under the headings of an issue form, the first time that something does."""
    said: dict[str, str] = {}
    for label, text in _sections(body):
        field = _BY_LABEL.get(_plain(label))
        if field and _said(field, text):
            said.setdefault(field, text)
    return said


def _sections(body: str) -> Iterator[tuple[str, str]]:
    """Headings with the text under each; what stands in code or in a comment is neither."""
    label, lines, fence = "", list[str](), ""
    for line in _COMMENT.sub("", body).splitlines():
        mark = _FENCE.match(line)
        if mark and fence in ("", mark[1]):
            fence = "" if fence else mark[1]
        if not fence and _HEADING.match(line):
            yield label, "\n".join(lines)
            label, lines = line, []
        else:
            lines.append(line)
    yield label, "\n".join(lines)


def _said(field: str, text: str) -> str:
    """The value as a lead has it; empty where it says nothing."""
    value = unbracketed(one_line(text))
    if _plain(value) in _UNSAID or value.casefold() in _NOTHING:
        return ""
    if field == "email":
        return value.removeprefix("<").removesuffix(">").removeprefix("mailto:")
    if field == "zone":  # as people write it: `America / New York`
        return re.sub(r"\s*/\s*", "/", value).replace(" ", "_")
    return value


def _complaint(field: str, value: str) -> str:
    """Why a lead can't have this, in a sentence."""
    if len(value) > LONGEST:
        return f"It is longer than {LONGEST} characters"
    wrong = contact_complaint(value if field == "zone" else None, value if field == "email" else None)
    return f"{str(wrong).removesuffix('.')}, or leave it out" if wrong else ""


def _unclear(title: str) -> str:
    """Whether the title has it, and only nobody can tell which it is."""
    heading = split_heading(title)
    if heading is None or len(split_names(heading.names)) < 2:
        return ""
    return "The title has more than one slash: only the one between organisation and person gets spaces around it"


def _plain(text: str) -> str:
    """For comparison: case, spaces and punctuation do not count."""
    return "".join(c for c in text.casefold() if c.isalnum())


_BY_LABEL = {_plain(label): field for field, label in FIELDS.items()} | {
    _plain(label): field for label, field in _ALIASES.items()
}
_UNSAID = {"", *map(_plain, _PLACEHOLDERS), *_BY_LABEL}
