"""Parses the title of a lead's issue: `[organisation / person] - title` (process.md)."""

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # a list, which only splits headings, needs no lead
    from process.lead.lead import Lead

MAX_HEADING = 1_000
"""Characters of a title that is parsed. A lead's own parts make fewer, and GitHub takes fewer still."""
_HEADING = re.compile(r"\s*\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\s*[-–—:]*\s*(.*?)\s*")


class Heading(NamedTuple):
    """The two parts of an issue's title."""

    names: str
    """Text between the brackets."""
    title: str


def same_title(one: str, other: str) -> bool:
    """Return True if two titles are equal apart from brackets, slashes, dashes and spaces."""
    return _bare(one) == _bare(other)


def split_heading(text: str) -> Heading | None:
    """Return names and title of `[names] - title`, each possibly empty, or None if there are no brackets."""
    found = _HEADING.fullmatch(text) if len(text) <= MAX_HEADING else None
    return Heading(found[1].strip(), unbracketed(found[2])) if found else None


def split_names(names: str) -> list[tuple[str, str]]:
    """Return every way to split `organisation / person`. Parts may be empty.

    A slash may belong to a name. If exactly one slash has spaces around it, it is the separator.
    """
    spaced = re.split(r"(?<!\S)/(?!\S)", names)
    return [(spaced[0].strip(), spaced[1].strip())] if len(spaced) == 2 else _at_any_slash(names)


def unbracketed(text: str) -> str:
    """Return the text without one pair of brackets around all of it, as in the template's `[Lead title]`."""
    inside = re.fullmatch(r"\s*\[([^\[\]]*)\]\s*", text)
    return inside[1].strip() if inside else text.strip()


def read_heading(text: str, lead: "Lead") -> tuple[str, str, str] | None:
    """Return organisation, person and title, or None if the text does not name them (process.md, The lead's issue).

    If there are several ways to split the names, one part must be as the lead has it.
    """
    found = split_heading(text)
    if found is None or not found.title:
        return None
    sound = [split for split in _at_any_slash(found.names) if all(split)]
    same = [split for split in sound if split == (lead.org, lead.person)]
    alike = [split for split in sound if split[0] == lead.org or split[1] == lead.person]
    chosen = same or alike or [split for split in split_names(found.names) if all(split)]
    return (*chosen[0], found.title) if len(chosen) == 1 else None


def _at_any_slash(names: str) -> list[tuple[str, str]]:
    parts = names.split("/")
    return [("/".join(parts[:n]).strip(), "/".join(parts[n:]).strip()) for n in range(1, len(parts))]


def _bare(title: str) -> str:
    return " ".join(re.sub(r"[\[\]/–—-]", " ", title).split())
