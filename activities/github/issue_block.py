"""The service's block inside an issue's body. The text around it belongs to people and stays byte for byte.

The block begins with a marker by which the issue is found again, and with a record of the last writing: state, title,
labels, a checksum of each line, and the ticked boxes. The record tells a person's line inside the block from ours (it is
moved below the block), and a person's tick from ours (it is a proposal, and stays until it is handled).
"""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Collection
from functools import lru_cache
from itertools import islice
from typing import Literal, NamedTuple
from urllib.parse import quote, unquote

from pydantic import ValidationError

from activities.github.text import unix
from process.types import Base

BY_HAND = "### Written by hand in the block above"
OURS = "<!-- lead-to-hub:"
"""Beginning of each of our markers."""
_END = f"{OURS}end -->"
_BEGIN = re.compile(rf"{OURS}begin (\S+) -->")
_WROTE = re.compile(rf"^({OURS}wrote (\{{.*\}}))(?: [a-z2-7]+)? -->\r?$", re.MULTILINE)
"""The record, with its token (`seals`) or without."""
_LINES = re.compile(rf"^{OURS}lines ([A-Za-z0-9+/]*) -->\r?$", re.MULTILINE)
_BOX = re.compile(r"^(\s*[-*+] )\[([ xX])\]")
MAX_KEYS = 5
"""Blocks in one body that are looked at. More than one means a copy."""
_CHECKSUM_BYTES = 6
_LENGTH = 8
"""Length of a checksum as text."""
_TICKED = "x"


class LastWritten(Base):
    """The values of the last writing. Where the issue differs from them, a person has changed it since."""

    state: Literal["open", "closed"]
    title: str
    labels: tuple[str, ...] = ()
    lines: str = ""
    copies: bool = False
    """True if an earlier attempt may have opened another issue, which no listing showed yet."""
    reverted: tuple[str, ...] = ()
    """Names of the boxes whose changes by a person this writing has reverted."""
    boxes: dict[str, str] = {}
    """Name of each box -> the checksum of its line, followed by `x` if it was written ticked."""


class Block(NamedTuple):
    """The service's block in a body, with the text before and after it."""

    before: str
    block: str
    after: str
    last_written: LastWritten | None
    known_lines: str = ""
    """Checksums of the lines that were ours, if the rest of the last writing cannot be believed (`seals`)."""

    @property
    def lines(self) -> list[str]:
        """Lines of the block without our markers."""
        return [line for line in unix(self.block).split("\n") if not line.startswith(OURS)]

    @property
    def boxes(self) -> dict[str, bool]:
        """Checksum of each box's line -> True if the box is ticked."""
        boxes = ((line, _BOX.match(line)) for line in self.lines if "[" in line)
        return {checksum(_bare(line)): box[2] != " " for line, box in boxes if box}

    @property
    def checkboxes(self) -> dict[str, "Checkbox"]:
        """Boxes of the last writing that are still there, by name."""
        present, written = self.boxes, self.last_written.boxes if self.last_written else {}
        return {
            name: Checkbox(present[entry[:_LENGTH]], entry[_LENGTH:] == _TICKED)
            for name, entry in written.items()
            if entry[:_LENGTH] in present
        }

    @property
    def is_as_written(self) -> bool:
        """True if nobody changed a line or a box of the block since the last writing, as far as that is on record."""
        last = self.last_written
        if last is None or _checksums(self.lines) != last.lines:
            return False
        return len(self.checkboxes) == len(last.boxes) and not any(
            box.changed for box in self.checkboxes.values()
        )


class Checkbox(NamedTuple):
    """A box: ticked now, and ticked at the last writing."""

    ticked: bool
    written: bool

    @property
    def changed(self) -> bool:
        """True if a person changed the box since the last writing."""
        return self.ticked != self.written


class Boxes(NamedTuple):
    """The boxes of a text, in order."""

    names: tuple[str, ...]
    free: frozenset[str] = frozenset()
    """Boxes that people tick as they like."""
    kept: Collection[str] = ()
    """Boxes that keep a person's change until it is handled."""


NO_BOXES = Boxes(())


def begin(key: str) -> str:
    """Return the marker at the head of the block. It never changes, because the issue is found by it."""
    return f"{OURS}begin {quote(key, safe='/')} -->"


def keys(body: str) -> list[str]:
    """Return the keys of the blocks in the body, of the first few. Anybody may have copied or written them there."""
    return [unquote(found[1]) for found in islice(_BEGIN.finditer(body), MAX_KEYS)]


def find(body: str, key: str) -> Block | None:
    """Return the block of this key, or None. Without an end marker, the block reaches to the end of the body."""
    start = body.find(begin(key))
    if start < 0:
        return None
    end = body.find(_END, start)
    end = len(body) if end < 0 else end + len(_END)
    block = body[start:end]
    lines = _LINES.search(block)
    return Block(body[:start], block, body[end:], _last_written(block), lines[1] if lines else "")


def write(body: str, key: str, text: str, values: LastWritten, boxes: Boxes = NO_BOXES) -> str:
    """Return the body with `text` in the block, or the same body if the block holds it already.

    A missing block (a person may have deleted it) is added at the end. Text that people wrote inside the block is moved
    below it. `values` are the values to remember as written.
    """
    found = find(body, key)
    lines = text.split("\n")
    entries = _tick(lines, boxes, found)
    values = values.model_copy(update={"lines": _checksums(lines), "boxes": entries})
    block = "\n".join(
        [begin(key), f"{OURS}wrote {values.model_dump_json(exclude_defaults=True)} -->", *lines, _END]
    )
    if found is None:
        return f"{body}\n\n{block}" if body.strip() else block
    if _WROTE.sub(r"\1 -->", unix(found.block)) == block:  # GitHub's editor writes CRLF
        return body
    return found.before + block + _below(_by_hand(found, lines), found.after)


def lacks(body: str, theirs: str, key: str) -> bool:
    """Return True if the body lacks a line that a person wrote in their text, or a box that they changed.

    A box whose change our last writing has reverted is not missing.
    """
    ours, known = find(body, key), find(theirs, key)
    if ours is None:
        return False
    texts = (known.before, _by_hand(known, known.lines), known.after) if known else (theirs,)
    written = {line.strip() for text in texts for line in unix(text).split("\n")}
    present = {line.strip() for line in unix(body).split("\n")}
    reverted = ours.last_written.reverted if ours.last_written else ()
    changed = {name: box.ticked for name, box in known.checkboxes.items() if box.changed} if known else {}
    boxes = {name: box.ticked for name, box in ours.checkboxes.items() if name not in reverted}
    return not written <= present or any(boxes.get(name, now) != now for name, now in changed.items())


def known_lines(memory: str) -> str:
    """Return the checksums of the lines in what claims to be a record of our last writing."""
    try:
        return LastWritten.model_validate_json(memory).lines
    except ValidationError:
        return ""


def lines_marker(lines: str) -> str:
    """Return the marker that holds checksums of lines alone."""
    return f"{OURS}lines {lines} -->"


@lru_cache(maxsize=4096)
def checksum(text: str) -> str:
    """Return a short checksum of a text."""
    return base64.b64encode(hashlib.blake2s(text.encode(), digest_size=_CHECKSUM_BYTES).digest()).decode()


def _last_written(block: str) -> LastWritten | None:
    wrote = _WROTE.search(block)
    try:
        return LastWritten.model_validate_json(wrote[2]) if wrote else None
    except ValidationError:
        return None


def _checksums(lines: list[str]) -> str:
    return "".join(checksum(_bare(line)) for line in lines)


def _bare(line: str) -> str:
    """Return a line without its tick and trailing spaces, which are no change."""
    bare = line.rstrip()
    return _BOX.sub(r"\1[ ]", bare) if "[" in bare else bare


def _by_hand(found: Block, ours: list[str]) -> str:
    """Return the lines in the block that a person added since the last writing."""
    checksums = found.last_written.lines if found.last_written else found.known_lines or _checksums(ours)
    written = Counter(checksums[i : i + _LENGTH] for i in range(0, len(checksums), _LENGTH))
    runs: list[list[str]] = [[]]
    for line in found.lines:
        known = checksum(_bare(line))
        if written[known]:
            written[known] -= 1
            runs.append([])
        else:
            runs[-1].append(line)
    texts = ("\n".join(run).strip("\n") for run in runs)
    return "\n\n".join(text for text in texts if text.strip())


def _below(text: str, after: str) -> str:
    """Return the text after the block, with `text` added first under its heading."""
    if not text:
        return after
    heading = f"\n\n{BY_HAND}\n\n"
    if unix(after).startswith(heading):
        rest = after[after.index(BY_HAND) + len(BY_HAND) :]
        return f"{heading}{text}{rest}"
    return f"{heading}{text}\n{after}" if after else f"{heading}{text}\n"


def _tick(lines: list[str], boxes: Boxes, found: Block | None) -> dict[str, str]:
    """Tick the boxes among `lines` in place, keeping people's ticks where they stay. Return the entries to remember."""
    known, present = (found.checkboxes, found.boxes) if found else ({}, {})
    ours = ((number, box) for number, line in enumerate(lines) if (box := _BOX.match(line)))
    entries = {}
    for name, (number, box) in zip(boxes.names, ours, strict=False):
        line, wanted = checksum(_bare(lines[number])), box[2] != " "
        ticked = wanted
        if name in boxes.free:
            ticked = known[name].ticked if name in known else present.get(line, wanted)
        elif name in boxes.kept and name in known and known[name].changed:
            ticked = known[name].ticked
        lines[number] = _BOX.sub(rf"\1[{_TICKED if ticked else ' '}]", lines[number])
        entries[name] = line + (_TICKED if wanted else "")
    return entries
