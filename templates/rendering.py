"""The texts that people read: Jinja2 templates under `templates/`. A name that a template misses is an error."""

import json
import re
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined, select_autoescape

_TEMPLATES = Path(__file__).resolve().parent.parent / "templates"

_URL = re.compile(r"https?://(?=\w)(?![^\s/]*@)[^\s<>\"'`\\|]*[^\s<>\"'`\\|.,;:!?)\]}*_~]")
_BREAK = "<br>"
_BLANK = "\u200b"
"""Zero-width space: what GitHub would read as a mention or a reference is not one with it inside."""

_MENTION = re.compile(r"(?<!\w)@(?=\w)")
_REFERENCE = re.compile(r"#(?=\d)|\b[Gg][Hh]-(?=\d)")
_UNPRINTABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_MARKDOWN = str.maketrans(
    {character: f"\\{character}" for character in "\\`*_[]#~$"}
    | {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&vert;"}
)


def markdown(value: object, limit: int | None = None) -> str:
    """Someone's text as inline Markdown that says just that: no markup, mention, reference, table cell or comment.

    Links stay links, new lines become `<br>`. What is longer than `limit` characters is cut, visibly.
    """
    text = "\n".join(str(value).strip().splitlines())
    if limit is not None and len(text) > limit:
        text = f"{text[:limit].rstrip()}… (shortened)"
    parts: list[str] = []
    end = 0
    for link in _URL.finditer(text):
        parts += [_plain(text[end : link.start()]), f"<{link[0]}>"]
        end = link.end()
    return "".join([*parts, _plain(text[end:])]).replace("\n", _BREAK)


def _plain(text: str) -> str:
    text = _UNPRINTABLE.sub(" ", text)
    text = _REFERENCE.sub(lambda found: found[0] + _BLANK, _MENTION.sub(f"@{_BLANK}", text))
    return text.translate(_MARKDOWN)


# All are read now, for what lies on the disk later may belong to newer code; each is compiled when it is first used,
# because a command that ends at once needs none.
_sources = {
    file.relative_to(_TEMPLATES).as_posix(): file.read_text(encoding="utf-8")
    for file in _TEMPLATES.rglob("*")
    if file.suffix in (".md", ".yml")
}


_environment = Environment(
    loader=DictLoader(_sources),
    undefined=StrictUndefined,
    autoescape=select_autoescape(["html"], default=False, default_for_string=False),
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=False,
    auto_reload=False,
)
_environment.filters["md"] = markdown
_environment.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False)


def render(name: str, **values: Any) -> str:
    """The template's text with these values; only in `.html` are they escaped by themselves.

    In Markdown, put `| md` behind everything that people wrote, in YAML `| json`. Raises UndefinedError for a value that is
    missing.
    """
    return _environment.get_template(name).render(values)
