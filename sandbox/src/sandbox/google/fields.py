"""Partial responses: the `fields` mask, as in `files(id,owners/emailAddress),nextPageToken` or `*`."""

import re
from collections.abc import Iterator
from typing import Any

Mask = dict[str, "Mask"]
"""Field -> mask of its parts; an empty mask selects everything."""

_TOKEN = re.compile(r"\s*([A-Za-z0-9_$*-]+|[(),/])\s*")


class MaskError(ValueError):
    """The mask cannot be parsed or names an unknown field. The message is the wrong part."""


def parse(text: str) -> Mask:
    """Parse a mask. Raises MaskError."""
    position, tokens = 0, list[str]()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if not found:
            raise MaskError(text)
        tokens.append(found[1])
        position = found.end()
    rest = iter([*tokens, ""])
    mask, last = _list(rest, text)
    if last != "":
        raise MaskError(text)
    return mask


def _list(tokens: Iterator[str], text: str) -> tuple[Mask, str]:
    """Parse `a,b(c),d/e` up to a closing parenthesis or the end; return the mask and the token that ended it."""
    mask: Mask = {}
    while True:
        here, piece = mask, next(tokens)
        while True:
            if not re.fullmatch(r"[\w$*-]+", piece):
                raise MaskError(text)
            here = here.setdefault(piece, {})
            piece = next(tokens)
            if piece != "/":
                break
            piece = next(tokens)
        if piece == "(":
            inside, stop = _list(tokens, text)
            if stop != ")":
                raise MaskError(text)
            here.update(inside)
            piece = next(tokens)
        if piece != ",":
            return mask, piece


def select(value: Any, mask: Mask) -> Any:
    """Return the part of a JSON value that the mask selects."""
    if not mask or "*" in mask:
        return value
    if isinstance(value, list):
        return [select(each, mask) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: select(value[name], inside) for name, inside in mask.items() if name in value}
