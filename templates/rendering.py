"""Renders the Jinja2 templates under `templates/`. An undefined name is an error."""

import json
import re
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined, select_autoescape

_TEMPLATES = Path(__file__).resolve().parent.parent / "templates"

_URL = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://(?=\w)(?![^\s/]*@)[^\s<>\"'`\\|]*[^\s<>\"'`\\|.,;:!?)\]}*_~]")
_BREAK = "<br>"
_BLANK = "\u200b"
"""Zero-width space, which keeps GitHub from reading a mention or a reference."""

# GitHub's patterns are of ASCII: behind é begins a word for it. The end of a text counts, since ours may follow it.
_MENTION = re.compile(r"(?<![A-Za-z0-9_])@(?=\w|\Z)")
_REFERENCE = re.compile(r"#(?=\d|\Z)|(?<![A-Za-z0-9_])[Gg][Hh]-(?=\d|\Z)")
_OBJECT_URL = re.compile(r"/(?:issues|pull|discussions|commit)/", re.IGNORECASE)
"""URLs that GitHub would take for a reference, and note at the other issue. They are shown as code."""
_AUTOLINK = re.compile(r"(?:https?|ftp)(?=://)|www(?=\.)", re.IGNORECASE)
"""Beginnings from which GitHub makes links, also of what is no URL for us, such as one with a user's name."""
_UNPRINTABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_MARKDOWN = str.maketrans(
    {character: f"\\{character}" for character in "\\`*_[]#~$"}
    | {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&vert;"}
)


def markdown(value: object, limit: int | None = None) -> str:
    """Return a person's text as inline Markdown, escaped: without markup, mention, reference, table cell or comment.

    URLs stay links, unless they are references, and line breaks become `<br>`. A text longer than `limit` characters is
    cut visibly.
    """
    text = "\n".join(str(value).strip().splitlines())
    if limit is not None and len(text) > limit:
        text = f"{text[:limit].rstrip()}… (shortened)"
    parts: list[str] = []
    end = 0
    for link in _URL.finditer(text):
        url = f"`{link[0]}`" if _OBJECT_URL.search(link[0]) else f"<{link[0]}>"
        parts += [_plain(text[end : link.start()]), url]
        end = link.end()
    return "".join([*parts, _plain(text[end:])]).replace("\n", _BREAK)


def _plain(text: str) -> str:
    text = _UNPRINTABLE.sub(" ", text)
    if _OBJECT_URL.search(text):
        text = _AUTOLINK.sub(lambda found: found[0] + _BLANK, text)
    text = _REFERENCE.sub(lambda found: found[0] + _BLANK, _MENTION.sub(f"@{_BLANK}", text))
    return text.translate(_MARKDOWN)


# All are read at import, because the files on the disk may later belong to newer code. Each is compiled at first use,
# because most commands need none.
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
_environment.filters["code"] = lambda value: " ".join(_UNPRINTABLE.sub(" ", str(value)).split())
_environment.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False)


def render(name: str, **values: Any) -> str:
    """Return the text of the template with these values. Only `.html` templates escape them automatically.

    In Markdown, add `| md` to each text that people wrote, `| code` to a line of code, in YAML `| json`. Raises
    UndefinedError for a missing value.
    """
    return _environment.get_template(name).render(values)
