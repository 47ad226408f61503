"""Literals of visibility queries. No text from outside gets into a query but by a full match of an id's alphabet."""

import re

_ID = re.compile(r"[A-Za-z0-9_.#@/+-]{1,255}", re.ASCII)
"""The characters of ids: of leads, issues (`leads#12`) and responses in Google Forms."""


def literal(text: str) -> str | None:
    """Return the text as a literal, or None if it has a character that no id has: then nothing has this id."""
    return f"'{text}'" if _ID.fullmatch(text) else None


def own_literal(text: str) -> str:
    """Return a text of our own settings as a literal, whatever characters it has."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
