"""Summaries of workflows, activities and timers for the Temporal UI, which is made for short ones."""

from collections.abc import Sequence

from pydantic_core import to_json

MAX_BYTES = 340
"""Length of a summary as JSON. A Temporal server takes 400 bytes by default, with the name of the encoding."""

BETWEEN = " · "


def shortened(text: str) -> str:
    """Return the text on one line, with an ellipsis at its end if it had to be cut."""
    text = " ".join(text.split())
    if _fits(text):
        return text
    cut = text[: MAX_BYTES - 1]
    while not _fits(f"{cut}…"):
        cut = cut[:-1]
    return f"{cut}…"


def joined(summaries: Sequence[str]) -> str:
    """Return the summaries as one. If not all have room, it says how many more there are."""
    for shown in range(len(summaries), 0, -1):
        more = [f"and {len(summaries) - shown} more"] if shown < len(summaries) else []
        if _fits(text := BETWEEN.join([*summaries[:shown], *more])):
            return text
    return shortened(BETWEEN.join(summaries))


def _fits(text: str) -> bool:
    return len(to_json(text)) <= MAX_BYTES
