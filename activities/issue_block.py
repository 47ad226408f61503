"""Our block inside an issue's body. All around it belongs to people and is left byte for byte as it is.

The block begins with a marker by which its issue is found again, and with what we remember of our last writing:
whether we closed the issue, its title, our labels, and a digest of each line. So a line that a person wrote inside
the block can be told from ours: it is moved below, where it is safe.
"""

import base64
import difflib
import hashlib
import re
from typing import Literal, NamedTuple
from urllib.parse import quote, unquote

from pydantic import BaseModel, ValidationError

BY_HAND = "### Written by hand in the block above"
_OURS = "<!-- lead-to-hub:"
_END = f"{_OURS}end -->"
_BEGIN = re.compile(rf"{_OURS}begin (\S+) -->")
_WROTE = re.compile(rf"^{_OURS}wrote (\{{.*\}}) -->\r?$", re.MULTILINE)
_BOX = re.compile(r"^(\s*[-*+] )\[[ xX]\]")
_DIGEST = 6


class Memory(BaseModel):
    """What we set when we last wrote. Where it differs from the issue, a person has changed it since."""

    state: Literal["open", "closed"]
    title: str
    labels: tuple[str, ...] = ()
    lines: str = ""


class Found(NamedTuple):
    """A body, split at our block."""

    before: str
    block: str
    after: str
    memory: Memory | None

    @property
    def lines(self) -> list[str]:
        """What the block shows, without our markers."""
        return [line for line in _unix(self.block).split("\n") if not line.startswith(_OURS)]


def begin(key: str) -> str:
    """The marker at the head of the block. It is the same for ever: the issue is found by it."""
    return f"{_OURS}begin {quote(key, safe='/')} -->"


def keys(body: str) -> list[str]:
    """Keys of all blocks that the body begins; anybody may have copied them there."""
    return [unquote(key) for key in _BEGIN.findall(body)]


def find(body: str, key: str) -> Found | None:
    """The block of this key. Without its end, the rest of the body counts as its inside."""
    start = body.find(begin(key))
    if start < 0:
        return None
    end = body.find(_END, start)
    end = len(body) if end < 0 else end + len(_END)
    block = body[start:end]
    return Found(body[:start], block, body[end:], _memory(block))


def write(body: str, key: str, text: str, memory: Memory, *, boxes: frozenset[str] = frozenset()) -> str:
    """The body with the block saying `text`; the same body if that is what it says already.

    Without a block (a person may have deleted it), it comes to the end. What was written by hand inside the block
    comes below it. A ticked box is not writing: it is set back, but for those of `boxes`, which belong to people.
    """
    found = find(body, key)
    if found:
        text = _with_ticks(text, found.lines, boxes)
    lines = text.split("\n")
    memory = memory.model_copy(update={"lines": _digests(lines)})
    block = "\n".join([begin(key), f"{_OURS}wrote {memory.model_dump_json()} -->", *lines, _END])
    if found is None:
        return f"{body}\n\n{block}" if body.strip() else block
    if _unix(found.block) == block:  # GitHub's editor writes CRLF
        return body
    return found.before + block + _below(_by_hand(found, lines), found.after)


def digest(text: str) -> str:
    """A short name for a text, to tell whether it is still the same."""
    return base64.b64encode(hashlib.blake2s(text.encode(), digest_size=_DIGEST).digest()).decode()


def _memory(block: str) -> Memory | None:
    wrote = _WROTE.search(block)
    try:
        return Memory.model_validate_json(wrote[1]) if wrote else None
    except ValidationError:
        return None


def _digests(lines: list[str]) -> str:
    return "".join(digest(_bare(line)) for line in lines)


def _bare(line: str) -> str:
    """A line as it counts for comparison: a tick and spaces at its end are no change."""
    return _BOX.sub(r"\1[ ]", line.rstrip())


def _by_hand(found: Found, ours: list[str]) -> str:
    """What a person wrote inside the block: the lines there that are not those which we last wrote."""
    length = len(digest(""))
    remembered = found.memory.lines if found.memory else _digests(ours)
    wrote = [remembered[i : i + length] for i in range(0, len(remembered), length)]
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
    if _unix(after).startswith(heading):
        rest = after[after.index(BY_HAND) + len(BY_HAND) :]
        return f"{heading}{text}{rest}"
    return f"{heading}{text}\n{after}" if after else f"{heading}{text}\n"


def _with_ticks(text: str, there: list[str], boxes: frozenset[str]) -> str:
    """`text` with these boxes ticked as they are in the block."""
    for label in boxes:
        if any(re.fullmatch(rf"- \[[xX]\] {re.escape(label)}\s*", line) for line in there):
            text = text.replace(f"- [ ] {label}", f"- [x] {label}")
    return text


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n")
