"""Our block inside an issue's body. All around it belongs to people and is left byte for byte as it is.

The block begins with a marker by which its issue is found again, and with what we remember of our last writing:
whether we closed the issue, its title, our labels, a digest of each line, and which boxes were ticked. So a line that a
person wrote inside the block can be told from ours: it is moved below, where it is safe. And a box that a person ticked
can be told from one of ours: that is a proposal, and it stays until it is heard.
"""

import base64
import difflib
import hashlib
import re
from collections.abc import Collection
from typing import Literal, NamedTuple
from urllib.parse import quote, unquote

from pydantic import BaseModel, ValidationError

from activities.github.text import unix

BY_HAND = "### Written by hand in the block above"
_OURS = "<!-- lead-to-hub:"
_END = f"{_OURS}end -->"
_BEGIN = re.compile(rf"{_OURS}begin (\S+) -->")
_WROTE = re.compile(rf"^{_OURS}wrote (\{{.*\}}) -->\r?$", re.MULTILINE)
_BOX = re.compile(r"^(\s*[-*+] )\[([ xX])\]")
_DIGEST = 6
_LENGTH = 8
"""Of a digest, as text."""
_TICKED = "x"


class LastWritten(BaseModel):
    """What we set when we last wrote. Where it differs from the issue, a person has changed it since."""

    state: Literal["open", "closed"]
    title: str
    labels: tuple[str, ...] = ()
    lines: str = ""
    boxes: dict[str, str] = {}
    """Name of each box -> the digest of its line, and `x` if it was to be ticked."""


class Block(NamedTuple):
    """A body, split at our block."""

    before: str
    block: str
    after: str
    memory: LastWritten | None

    @property
    def lines(self) -> list[str]:
        """What the block shows, without our markers."""
        return [line for line in unix(self.block).split("\n") if not line.startswith(_OURS)]

    @property
    def boxes(self) -> dict[str, bool]:
        """Whether each box in it is ticked, by its line's digest."""
        boxes = ((line, _BOX.match(line)) for line in self.lines)
        return {digest(_bare(line)): box[2] != " " for line, box in boxes if box}

    @property
    def ticks(self) -> dict[str, "Checkbox"]:
        """Each box that we remember and that is still there, by its name."""
        there, remembered = self.boxes, self.memory.boxes if self.memory else {}
        return {
            name: Checkbox(there[mark[:_LENGTH]], mark[_LENGTH:] == _TICKED)
            for name, mark in remembered.items()
            if mark[:_LENGTH] in there
        }


class Checkbox(NamedTuple):
    """Whether a box is ticked, and whether it was to be when we last wrote."""

    there: bool
    ours: bool

    @property
    def moved(self) -> bool:
        return self.there != self.ours


class Boxes(NamedTuple):
    """The boxes of a text, in order, and which of them stay as a person left them."""

    names: tuple[str, ...]
    people: frozenset[str] = frozenset()
    """These belong to people, whatever they tick."""
    kept: Collection[str] = ()
    """These stay as a person changed them, until that is heard."""


NO_BOXES = Boxes(())


def begin(key: str) -> str:
    """The marker at the head of the block. It is the same for ever: the issue is found by it."""
    return f"{_OURS}begin {quote(key, safe='/')} -->"


def keys(body: str) -> list[str]:
    """Keys of all blocks that the body begins; anybody may have copied them there."""
    return [unquote(key) for key in _BEGIN.findall(body)]


def find(body: str, key: str) -> Block | None:
    """The block of this key. Without its end, the rest of the body counts as its inside."""
    start = body.find(begin(key))
    if start < 0:
        return None
    end = body.find(_END, start)
    end = len(body) if end < 0 else end + len(_END)
    block = body[start:end]
    return Block(body[:start], block, body[end:], _memory(block))


def write(body: str, key: str, text: str, memory: LastWritten, boxes: Boxes = NO_BOXES) -> str:
    """The body with the block saying `text`; the same body if that is what it says already.

    Without a block (a person may have deleted it), it comes to the end. What was written by hand inside the block
    comes below it. `boxes` says which ticks stay as people left them.
    """
    found = find(body, key)
    lines = text.split("\n")
    marks = _tick(lines, boxes, found)
    memory = memory.model_copy(update={"lines": _digests(lines), "boxes": marks})
    block = "\n".join([begin(key), f"{_OURS}wrote {memory.model_dump_json()} -->", *lines, _END])
    if found is None:
        return f"{body}\n\n{block}" if body.strip() else block
    if unix(found.block) == block:  # GitHub's editor writes CRLF
        return body
    return found.before + block + _below(_by_hand(found, lines), found.after)


def digest(text: str) -> str:
    """A short name for a text, to tell whether it is still the same."""
    return base64.b64encode(hashlib.blake2s(text.encode(), digest_size=_DIGEST).digest()).decode()


def _memory(block: str) -> LastWritten | None:
    wrote = _WROTE.search(block)
    try:
        return LastWritten.model_validate_json(wrote[1]) if wrote else None
    except ValidationError:
        return None


def _digests(lines: list[str]) -> str:
    return "".join(digest(_bare(line)) for line in lines)


def _bare(line: str) -> str:
    """A line as it counts for comparison: a tick and spaces at its end are no change."""
    return _BOX.sub(r"\1[ ]", line.rstrip())


def _by_hand(found: Block, ours: list[str]) -> str:
    """What a person wrote inside the block: the lines there that are not those which we last wrote."""
    remembered = found.memory.lines if found.memory else _digests(ours)
    wrote = [remembered[i : i + _LENGTH] for i in range(0, len(remembered), _LENGTH)]
    there = found.lines
    matcher = difflib.SequenceMatcher(None, wrote, [digest(_bare(line)) for line in there], autojunk=False)
    runs = (
        "\n".join(there[start:end]).strip("\n")
        for change, _, _, start, end in matcher.get_opcodes()
        if change in ("insert", "replace")
    )
    return "\n\n".join(run for run in runs if run.strip())


def _below(text: str, after: str) -> str:
    """What comes behind the block: `text` under its heading, before all that was there."""
    if not text:
        return after
    heading = f"\n\n{BY_HAND}\n\n"
    if unix(after).startswith(heading):
        rest = after[after.index(BY_HAND) + len(BY_HAND) :]
        return f"{heading}{text}{rest}"
    return f"{heading}{text}\n{after}" if after else f"{heading}{text}\n"


def _tick(lines: list[str], boxes: Boxes, found: Block | None) -> dict[str, str]:
    """Ticks the boxes among `lines` as people left them, where that is to stay; returns what to remember of them."""
    ticks, there = (found.ticks, found.boxes) if found else ({}, {})
    ours = ((number, box) for number, line in enumerate(lines) if (box := _BOX.match(line)))
    marks = {}
    for name, (number, box) in zip(boxes.names, ours, strict=False):
        line, wanted = digest(_bare(lines[number])), box[2] != " "
        left = wanted
        if name in boxes.people:
            left = ticks[name].there if name in ticks else there.get(line, wanted)
        elif name in boxes.kept and name in ticks and ticks[name].moved:
            left = ticks[name].there
        lines[number] = _BOX.sub(rf"\1[{_TICKED if left else ' '}]", lines[number])
        marks[name] = line + (_TICKED if wanted else "")
    return marks
