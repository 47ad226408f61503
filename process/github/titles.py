"""The title of a lead's issue, as people write it: `[organisation / person] - title` (process.md)."""

import re
from typing import NamedTuple

from process.lead.lead import Lead

_HEADING = re.compile(r"\s*\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\s*[-–—:]*\s*(.*?)\s*")


class Heading(NamedTuple):
    """A title of an issue, taken apart."""

    names: str
    """What stands between the brackets."""
    title: str


def same_title(one: str, other: str) -> bool:
    """Whether two titles say the same: a person need not set brackets, slashes and dashes as we do."""
    return _bare(one) == _bare(other)


def split_heading(text: str) -> Heading | None:
    """Names and title of `[names] - title`, each as it is written, possibly empty; None where nothing is in brackets."""
    found = _HEADING.fullmatch(text)
    return Heading(found[1].strip(), unbracketed(found[2])) if found else None


def split_names(names: str) -> list[tuple[str, str]]:
    """Organisation and person: each way to read `organisation / person`, parts possibly empty.

    A slash may belong to a name. One alone that has spaces around it is the one between the names.
    """
    spaced = re.split(r"(?:^|\s+)/(?:\s+|$)", names)
    return [(spaced[0].strip(), spaced[1].strip())] if len(spaced) == 2 else _at_any_slash(names)


def unbracketed(text: str) -> str:
    """Without the one pair of brackets around all of it, as the template's `[Lead title]` has them."""
    inside = re.fullmatch(r"\s*\[([^\[\]]*)\]\s*", text)
    return inside[1].strip() if inside else text.strip()


def read_heading(text: str, lead: Lead) -> tuple[str, str, str] | None:
    """Organisation, person and title, where this title of an issue says them (process.md, The lead's issue).

    Where a slash may belong to a name, the name must be one that the lead has.
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
