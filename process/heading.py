"""The title of a lead's issue, as people write it: `[organisation / person] - title` (process.md)."""

import re

from process.lead import Lead


def same_title(one: str, other: str) -> bool:
    """Whether two titles say the same: a person need not set brackets, slashes and dashes as we do."""
    return _bare(one) == _bare(other)


def read_heading(text: str, lead: Lead) -> tuple[str, str, str] | None:
    """Organisation, person and title, where this title of an issue says them (process.md, The lead's issue).

    A slash may belong to a name: then the name must be one that the lead has.
    """
    found = re.fullmatch(r"\s*\[([^\]]*)\]\s*-\s*(.*\S)\s*", text)
    if found is None:
        return None
    names = found[1].split("/")
    splits = [("/".join(names[:n]).strip(), "/".join(names[n:]).strip()) for n in range(1, len(names))]
    sound = [split for split in splits if all(split)]
    same = [split for split in sound if split == (lead.org, lead.person)]
    alike = [split for split in sound if split[0] == lead.org or split[1] == lead.person]
    chosen = same or alike or sound
    return (*chosen[0], found[2]) if len(chosen) == 1 else None


def _bare(title: str) -> str:
    return " ".join(re.sub(r"[\[\]/–—-]", " ", title).split())
