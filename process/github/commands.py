"""Commands in comments: lines of a paragraph that begin with `/name`, followed by `field=value …`.

The comment is parsed as Markdown: a line in code, a quote, a heading or an HTML element is no command. An element holds
all that stands between its tags, over blank lines, and without an end tag the rest of the comment.

Anybody may write a comment. So `may_hold_command`, which takes time in proportion to its length, is asked first, and the
parser sees no longer text than it reads within a tenth of a second.
"""

import difflib
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt

from process.core.refusal import Refused, refuse
from process.decisions.base import SET_BY_FACE, SET_BY_LEAD, Decision
from process.decisions.reading import parse_as
from process.decisions.registry import DECISIONS
from process.github.markup import OpenElements
from process.hashing import short_hash
from process.plain_errors import shown

QUERIES = ("help", "options", "preview", "retry")
"""Commands that are no decisions."""
MAX_COMMANDS = 20
"""Commands in one comment. As many lines with unknown names are compared with the known ones."""
MAX_CHARACTERS, MAX_LINES = 16_384, 500
"""Limits of a comment with commands."""
MAX_NAME = 60
"""Characters of a name that may be a slip of a known one."""
SET_BY_COMMENT = frozenset({"by", "policy", "changed"}) | SET_BY_FACE | SET_BY_LEAD
"""Fields of a decision that come from the comment itself, so that its text may not set them."""

_NAME = re.compile(r"/([A-Za-z][A-Za-z0-9_-]*[.,:;!?]?)(?=\s|$)")
"""A command's name. With a full stop or the like at its end it is unknown, and so gets an answer with the right name."""
_MAY_HOLD_COMMAND = re.compile(
    r"(?:^|\r)(?:[^\S\r\n]|[*+\-.)0-9])*/[A-Za-z][A-Za-z0-9_-]*[.,:;!?]?(?=\s|\Z)", re.MULTILINE
)
"""A line with a command, possibly in a list. It ends with the line, so that none is read twice."""
_PLACEHOLDER = "\ue000"
"""Replaces the slash of a line that may be a command. A private character, replaced in the comment beforehand."""
_CURLY = str.maketrans("“”„«»", '"' * 5)
_INVISIBLE = str.maketrans("", "", "\u200b\u2060\ufeff")
"""Spaces without width, which come along where a line is copied from elsewhere."""

_HTML = re.compile(r"<[A-Za-z/!?]")
_PAIRS = (("<!--", "-->"), ("<?", "?>"), ("<![CDATA[", "]]>"), ("<!", ">"))
"""Beginnings and ends of HTML that has no closing tag."""

_markdown = MarkdownIt("commonmark").disable(["link", "image", "emphasis"])
"""Finds code and HTML within a block. Without the other rules it takes time in proportion to the block's length."""
_blocks = MarkdownIt("commonmark").enable("table").disable("inline")
"""Finds blocks alone, so that only those with a command or HTML are parsed further."""


@dataclass(frozen=True)
class ParsedCommand:
    """A command as it was written: its name in snake case, and the rest of its line."""

    name: str
    arguments: str

    @property
    def known(self) -> bool:
        """True if there is a decision or a query of this name."""
        return self.name in DECISIONS or self.name in QUERIES

    @property
    def checksum(self) -> str:
        """A checksum that is equal for equal commands."""
        return short_hash(json.dumps([self.name, self.arguments]), 12)


def may_hold_command(text: str) -> bool:
    """Return False if the text certainly has no command. True also for a line in code or with an unknown name."""
    return _MAY_HOLD_COMMAND.search(text.translate(_INVISIBLE)) is not None


def is_too_long(text: str) -> bool:
    """Return True if the text is not parsed for commands because of its length."""
    return len(text) > MAX_CHARACTERS or len(text.splitlines()) > MAX_LINES


def parse_commands(text: str) -> list[ParsedCommand]:
    """Return the commands of a comment in order, but not many more than it may have; none for a text that is too long.

    A line whose name is close to none of ours is ordinary text.
    """
    text = text.translate(_INVISIBLE)
    if is_too_long(text) or not may_hold_command(text):
        return []
    found: list[ParsedCommand] = []
    unknown = 0
    for command in map(_parse_line, _command_lines(text.replace(_PLACEHOLDER, "\ufffd"))):
        if not command.known:
            unknown += 1
            if unknown > MAX_COMMANDS or closest_name(command.name) is None:
                continue
        found.append(command)
        if len(found) > MAX_COMMANDS:
            break
    return found


def unparsed_command(text: str) -> ParsedCommand | None:
    """Return the first line with a known command's name in a text that is too long, wherever it stands in it."""
    lines = map(str.strip, text.translate(_INVISIBLE).splitlines())
    found = (_parse_line(line) for line in lines if _NAME.match(line))
    return next((command for command in found if command.known), None)


def _command_lines(text: str) -> Iterator[str]:
    """Yield the lines that begin with a slash in paragraphs outside quotes and outside HTML elements."""
    env: dict[str, Any] = {}
    quotes, elements, before = 0, OpenElements(), ""
    for token in _blocks.parse(text, env):
        if token.type == "blockquote_open":
            quotes += 1
        elif token.type == "blockquote_close":
            quotes -= 1
        if token.nesting and not token.type.startswith("paragraph"):
            elements.begin() if token.nesting > 0 else elements.end()
        elif token.type == "html_block":
            elements.read(token.content)
        elif token.type == "inline":
            in_paragraph = before == "paragraph_open" and not quotes
            yield from _lines_of(token.content, env, elements, in_paragraph=in_paragraph)
        before = token.type


def _lines_of(
    content: str, env: dict[str, Any], elements: OpenElements, *, in_paragraph: bool
) -> Iterator[str]:
    """Yield the command lines of one block, and follow its HTML. Code in it is no HTML."""
    lines = [line.strip() for line in content.split("\n")]
    commands = in_paragraph and any(map(_NAME.match, lines))
    if not commands and not _HTML.search(content):
        return
    marked = "\n".join(
        f"{_PLACEHOLDER}{n}{_PLACEHOLDER}{line[1:]}" if commands and _NAME.match(line) else line
        for n, line in enumerate(lines)
    )  # keeps the rest of the line, which may close the code or the comment
    at_start = True
    for child in _markdown.parseInline(_readable(marked), env)[0].children or ():
        if child.type == "html_inline":
            elements.read(child.content)
        elif at_start and not elements and child.type == "text" and child.content.startswith(_PLACEHOLDER):
            yield lines[int(child.content.split(_PLACEHOLDER)[1])]
        at_start = child.type in ("softbreak", "hardbreak")


def _readable(text: str) -> str:
    """Return the text without beginnings of HTML that never end, each of which the parser would seek to the end."""
    for begin, end in _PAIRS:
        last = text.rfind(end)
        text = text[: last + 1] + text[last + 1 :].replace(begin, begin.replace("<", "\u2039"))
    return text


def _parse_line(line: str) -> ParsedCommand:
    name = _NAME.match(line)
    assert name  # noqa: S101 - only such lines are given
    return ParsedCommand(name[1].lower().replace("-", "_"), line[name.end() :].strip())


def closest_name(name: str) -> str | None:
    """Return the known name with nearly this spelling, or the only one with this ending (`/quoted`), or None."""
    if len(name) > MAX_NAME:
        return None
    names = [*DECISIONS, *QUERIES]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.75)
    ends = [known for known in names if known.endswith(f"_{name}")]
    return near[0] if near else ends[0] if len(ends) == 1 else None


def decision_name(text: str) -> str:
    """Return the kind that a person means: `/price-quoted` is `price_quoted`."""
    return text.strip().lower().lstrip("/").replace("-", "_")


def parse_decision(kind: type[Decision], arguments: str, given: Mapping[str, Any]) -> Decision | Refused:
    """Return the decision with these arguments, or the refusal. `given` are the fields from the comment. Never raises."""
    body = _fields(arguments)
    if isinstance(body, Refused):
        return body
    for name in body:
        if name in SET_BY_COMMENT:
            return refuse(f"{name} cannot be set in a comment", "Leave it out")
        if name not in kind.model_fields:
            near = difflib.get_close_matches(name, accepted_fields(kind), n=1)
            meant = f"Did you mean {near[0]}? " if near else ""
            return refuse(
                f"There is no field {shown(name)}", f"{meant}It takes {', '.join(accepted_fields(kind))}"
            )
    return parse_as(kind, body | dict(given))


def accepted_fields(kind: type[Decision]) -> list[str]:
    """Return the fields of the decision that a comment may set."""
    return [name for name in kind.model_fields if name not in SET_BY_COMMENT]


def _fields(arguments: str) -> dict[str, Any] | Refused:
    """Return the fields of `name=value …`. A repeated name gives a list."""
    arguments = "".join(" " if c.isspace() else c for c in arguments)  # also non-breaking spaces
    try:
        parts = shlex.split(arguments if '"' in arguments else arguments.translate(_CURLY))
    except ValueError:
        return refuse(
            "A quotation mark is not closed",
            'Put a text with spaces or an apostrophe between double quotes, as in note="they don\'t know yet"',
        )
    fields: dict[str, Any] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        name = name.lstrip("-").lower().replace("-", "_")
        if not equals or not name:
            return refuse(
                f"{shown(part)} is no name=value",
                'Put a text with spaces between double quotes, as in note="all of it"',
            )
        if name in fields:
            earlier = fields[name]
            fields[name] = [*earlier, value] if isinstance(earlier, list) else [earlier, value]
        else:
            fields[name] = value
    return fields


def sample_line(kind: type[Decision], known: Mapping[str, Any] = {}) -> str:
    """Return a valid command line for help texts, with the `known` fields."""
    return command_line(kind.kind, kind.example | {**known})


def command_line(kind: str, fields: Mapping[str, Any]) -> str:
    """Return the line of a comment that takes this decision with these fields."""
    given = (
        f"{name}={_quoted(each)}"
        for name, value in fields.items()
        for each in (value if isinstance(value, list | tuple) else [value])
    )
    return " ".join([slash_name(kind), *given])


def slash_name(name: str) -> str:
    """Return the name of a command as it is written in a comment."""
    return f"/{name.replace('_', '-')}"


def _quoted(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if re.fullmatch(r"[\w./:@+-]+", text) else '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
