"""How the command line writes what other faces call `contract_signed` and `exception_by`."""

import re

from process.decisions.registry import DECISIONS

_NAMES = re.compile(r"\((\w+(?:(?:, |; | or )\w+)*)\)")
_FIELDS = {name for decision in DECISIONS.values() for name in decision.model_fields if "_" in name}


def as_command(kind: str) -> str:
    """A decision as its command is called."""
    return kind.replace("_", "-")


def spelled(text: str) -> str:
    """The text with what it names in brackets as it is typed here: “Quote a price first (leads price-quoted)”."""
    return _NAMES.sub(_typed, text)


def _typed(names: re.Match[str]) -> str:
    parts = re.split(r"(, |; | or )", names[1])
    if not all(word in DECISIONS or word in _FIELDS for word in parts[::2]):
        return names[0]
    parts[::2] = [f"{'leads ' if word in DECISIONS else '--'}{as_command(word)}" for word in parts[::2]]
    return f"({''.join(parts)})"
