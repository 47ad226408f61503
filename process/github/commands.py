"""Commands in a comment: lines of a paragraph that begin with `/name`, and what they say.

Lines are told apart as Markdown does it: in code, quotes, HTML and headings nobody speaks to us.
"""

import difflib
import hashlib
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from process.core.refusal import Refused, refuse
from process.decisions.base import Decision
from process.decisions.parsing import parse_as
from process.decisions.registry import DECISIONS

SERVICES = ("help", "options", "preview", "retry")
"""What may be asked besides decisions."""
MOST = 20
"""Commands in one comment."""
NOT_GIVEN = frozenset({"by", "source", "key", "policy", "changed"})
"""Fields that the comment itself answers: who wrote it, and that it is this one."""

_NAME = re.compile(r"/([A-Za-z][A-Za-z0-9_-]*[.,:;!?]?)(?=\s|$)")
"""With a full stop or the like behind it, it is none of ours, but nearly so: that is said, not passed over."""
_LOOKS_LIKE_ONE = re.compile(r"^[\s>*+\-.)0-9]*/[A-Za-z]", re.MULTILINE)
_MARK = "\ue000"
"""Stands for the slash of a line that may be a command. A private character: nobody's text has it when we look."""
_CURLY = str.maketrans("“”„«»", '"' * 5)
_INVISIBLE = str.maketrans("", "", "\u200b\u2060\ufeff")
"""Spaces without width, which come along where a line is copied from elsewhere."""

_markdown = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True)
class ParsedCommand:
    """One command as it was written: what it is called, and the rest of its line."""

    name: str
    rest: str

    @property
    def known(self) -> bool:
        return self.name in DECISIONS or self.name in SERVICES

    @property
    def digest(self) -> str:
        """The same for the same words."""
        return hashlib.sha256(json.dumps([self.name, self.rest]).encode()).hexdigest()[:12]


def commands(text: str) -> list[ParsedCommand]:
    """All commands in a comment, in order. A line whose name is not even close to one of ours is ordinary text."""
    text = text.translate(_INVISIBLE)
    if not _LOOKS_LIKE_ONE.search(text):
        return []
    env: dict[str, Any] = {}
    tokens = _markdown.parse(text.replace(_MARK, "\ufffd"), env)
    lines = (line for paragraph in _paragraphs(tokens) for line in _command_lines(paragraph, env))
    found = (_parse_line(line) for line in lines)
    return [command for command in found if command and (command.known or nearest(command.name))]


def _paragraphs(tokens: list[Token]) -> Iterator[str]:
    """Texts of the paragraphs that are no quotes."""
    quotes = 0
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "blockquote_open":
            quotes += 1
        elif token.type == "blockquote_close":
            quotes -= 1
        elif token.type == "inline" and before and before.type == "paragraph_open" and not quotes:
            yield token.content


def _command_lines(paragraph: str, env: dict[str, Any]) -> Iterator[str]:
    """Its lines that begin with a slash, but for those inside code or a comment that goes over several lines."""
    lines = [line.strip() for line in paragraph.split("\n")]
    if not any(map(_NAME.match, lines)):
        return
    marked = "\n".join(
        f"{_MARK}{n}{_MARK}{line[1:]}" if _NAME.match(line) else line for n, line in enumerate(lines)
    )  # with the rest of the line: what closes the code or comment may stand there
    at_start = True
    for child in _markdown.parseInline(marked, env)[0].children or ():
        if at_start and child.type == "text" and child.content.startswith(_MARK):
            yield lines[int(child.content.split(_MARK)[1])]
        at_start = child.type in ("softbreak", "hardbreak")


def _parse_line(line: str) -> ParsedCommand | None:
    name = _NAME.match(line)
    return ParsedCommand(name[1].lower().replace("-", "_"), line[name.end() :].strip()) if name else None


def decision_name(text: str) -> str:
    """Return the kind that a person means: `/price-quoted` is `price_quoted`."""
    return text.strip().lower().lstrip("/").replace("-", "_")


def nearest(name: str) -> str | None:
    """What may have been meant: the name that is spelled nearly so, or that ends so (`/quoted`)."""
    names = [*DECISIONS, *SERVICES]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.75)
    ends = [known for known in names if known.endswith(f"_{name}")]
    return near[0] if near else ends[0] if len(ends) == 1 else None


def read(kind: type[Decision], rest: str, given: Mapping[str, str]) -> Decision | Refused:
    """The decision that the rest of a line asks for; `given` is what the comment itself says. Never raises."""
    body = _fields(rest)
    if isinstance(body, Refused):
        return body
    for name in body:
        if name in NOT_GIVEN:
            return refuse(f"{name} is not for a comment to say", "Leave it out")
        if name not in kind.model_fields:
            near = difflib.get_close_matches(name, takes(kind), n=1)
            meant = f"Did you mean {near[0]}? " if near else ""
            return refuse(f"It has no {name!r}", f"{meant}It takes {', '.join(takes(kind))}")
    return parse_as(kind, body | dict(given))


def takes(kind: type[Decision]) -> list[str]:
    """What may be given with it in a comment."""
    return [name for name in kind.model_fields if name not in NOT_GIVEN]


def _fields(rest: str) -> dict[str, Any] | Refused:
    """`key=value …`; a key that comes again makes a list."""
    rest = "".join(" " if c.isspace() else c for c in rest)  # also those that do not break, which nobody sees
    try:
        summary = shlex.split(rest if '"' in rest else rest.translate(_CURLY))
    except ValueError:
        return refuse(
            "A quotation mark is not closed",
            'Put a text with spaces or an apostrophe between double quotes, as in note="they don\'t know yet"',
        )
    fields: dict[str, Any] = {}
    for word in summary:
        name, equals, value = word.partition("=")
        name = name.lstrip("-").lower().replace("-", "_")
        if not equals or not name:
            return refuse(
                f"{word!r} is no name=value",
                'Put a text with spaces between double quotes, as in note="all of it"',
            )
        if name in fields:
            held = fields[name]
            fields[name] = [*held, value] if isinstance(held, list) else [held, value]
        else:
            fields[name] = value
    return fields


def sample(kind: type[Decision], known: Mapping[str, Any] = {}) -> str:
    """A sound command line, for help, with what is `known` already."""
    return command(kind.kind, kind.example | {**known})


def command(kind: str, fields: Mapping[str, Any]) -> str:
    """Return the line of a comment that takes this decision with these fields."""
    return " ".join([written(kind), *(f"{name}={_quoted(value)}" for name, value in fields.items())])


def written(name: str) -> str:
    """How a command is called in a comment."""
    return f"/{name.replace('_', '-')}"


def _quoted(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if re.fullmatch(r"[\w./:@+-]+", text) else '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
