"""Reads the fields of a new lead from an issue: from its title, and from the text of an issue form."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from process.addresses import without_name
from process.decisions.opening import contact_complaint
from process.github.titles import MAX_HEADING, split_heading, split_names, unbracketed
from process.types import one_line

FIELDS: dict[str, str] = {
    "org": "Organisation",
    "person": "Contact person",
    "title": "What it is about",
    "email": "E-mail",
    "zone": "Time zone",
}
"""Field of a lead -> its label in the issue form, which is its heading in the description."""
OPTIONAL = frozenset({"email", "zone"})
_NAMES = frozenset({"org", "person"})
MAX_LINE = 200
"""Characters of one line of a lead (`process.types.Line`)."""

_ALIASES = {"Organization": "org"}
_PLACEHOLDERS = ("Lead org", "Lead person", "Lead title", "Person", "Title", "No response")
"""Texts of the template, of our own wording and of GitHub's form that stand for no answer."""
_NOTHING = frozenset({"n/a", "none", "tbd", "unknown"})

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HEADING = re.compile(r" {0,3}#{1,6}\s")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_UNBRACKETED = re.compile(r"([^\[\]]*?\s/\s[^\[\]]*?)\s+[-–—]\s+(.*)")


class FieldGap(NamedTuple):
    """A field that is missing or invalid."""

    field: str
    reason: str = ""
    """The fault of an invalid value, as a sentence; empty for a missing value."""

    @property
    def label(self) -> str:
        """The field's label in the issue form."""
        return FIELDS[self.field]


class IssueFields(NamedTuple):
    """The valid fields of an issue, and the gaps to ask for."""

    fields: dict[str, str]
    gaps: tuple[FieldGap, ...]


def read_issue(title: str, body: str) -> IssueFields:
    """Return the lead's fields, as far as an issue gives them. Never raises.

    For each field the first valid value counts: from a title as `[organisation / person] - title`, then from the
    description, then from any other title. Texts of the template and of the form itself do not count.
    """
    form = _from_form(body)
    sources = (_from_heading(title), form, _from_plain_title(title, names=not form.keys() & _NAMES))
    fields: dict[str, str] = {}
    gaps: list[FieldGap] = []
    for field in FIELDS:
        values = [value for source in sources if (value := _value(field, source.get(field, "")))]
        wrong = [complaint for value in values if (complaint := _complaint(field, value))]
        if valid := [value for value in values if not _complaint(field, value)]:
            fields[field] = valid[0]
        elif wrong:
            gaps.append(FieldGap(field, wrong[0]))
        elif field not in OPTIONAL:
            gaps.append(FieldGap(field, _unclear(title) if field in _NAMES else ""))
    return IssueFields(fields, tuple(gaps))


def _from_heading(title: str) -> Mapping[str, str]:
    """Return the fields of a title with brackets and a slash in them."""
    heading = split_heading(title)
    splits = split_names(heading.names) if heading else []
    if heading is None or not splits:
        return {}
    names = dict(zip(("org", "person"), splits[0], strict=True)) if len(splits) == 1 else {}
    return names | {"title": heading.title}


def _from_plain_title(title: str, *, names: bool) -> Mapping[str, str]:
    """Return the fields of any other title: all of it, or with `names` also `organisation / person - title`."""
    if heading := split_heading(title):
        return {"title": heading.title}
    found = _UNBRACKETED.fullmatch(title) if names and len(title) <= MAX_HEADING else None
    splits = split_names(found[1]) if found else []
    if found is None or len(splits) != 1:
        return {"title": title}
    return {"org": splits[0][0], "person": splits[0][1], "title": found[2]}


def _from_form(body: str) -> Mapping[str, str]:
    """Return the fields of the description: the first text under each heading of an issue form."""
    given: dict[str, str] = {}
    for label, text in _sections(body):
        field = _BY_LABEL.get(_plain(label))
        if field and _value(field, text):
            given.setdefault(field, text)
    return given


def _sections(body: str) -> Iterator[tuple[str, str]]:
    """Yield each heading with the text under it. Headings in code or in HTML comments do not count."""
    label, lines, fence = "", list[str](), ""
    for line in _COMMENT.sub("", body).splitlines():
        delimiter = _FENCE.match(line)
        if delimiter and fence in ("", delimiter[1]):
            fence = "" if fence else delimiter[1]
        if not fence and _HEADING.match(line):
            yield label, "\n".join(lines)
            label, lines = line, []
        else:
            lines.append(line)
    yield label, "\n".join(lines)


def _value(field: str, text: str) -> str:
    """Return the value as a lead stores it, or an empty string for no answer."""
    value = unbracketed(one_line(text))
    if _plain(value) in _NO_ANSWER or value.casefold() in _NOTHING:
        return ""
    if field == "email":
        return without_name(value)
    if field == "zone":  # as people write it: `America / New York`
        return "/".join(map(str.strip, value.split("/"))).replace(" ", "_")
    return value


def _complaint(field: str, value: str) -> str:
    """Return why the value is invalid, or an empty string."""
    if len(value) > MAX_LINE:
        return f"It is longer than {MAX_LINE} characters"
    wrong = contact_complaint(value if field == "zone" else None, value if field == "email" else None)
    return f"{str(wrong).removesuffix('.')}, or leave it out" if wrong else ""


def _unclear(title: str) -> str:
    """Return the reason if the title has the names, but more than one way to split them."""
    heading = split_heading(title)
    if heading is None or len(split_names(heading.names)) < 2:
        return ""
    return "The title has more than one slash: only the one between organisation and person gets spaces around it"


def _plain(text: str) -> str:
    """Return the text for comparison with ours, without case, spaces and punctuation.

    In other scripts marks are part of a word, so they stay.
    """
    return "".join(c for c in text.casefold() if unicodedata.category(c)[0] in "LMN")


_BY_LABEL = {_plain(label): field for field, label in FIELDS.items()} | {
    _plain(label): field for label, field in _ALIASES.items()
}
_NO_ANSWER = {"", *map(_plain, _PLACEHOLDERS), *_BY_LABEL}
