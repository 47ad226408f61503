"""Finds what GitHub finds in a text: mentions, references and closing keywords, by its published patterns.

Mentions are those of html-pipeline (lib/html_pipeline/node_filter/mention_filter.rb) and references those of GitHub's
documentation, "Autolinked references and URLs". Ruby's `\\w` and `\\W` are ASCII. Like GitHub, this looks at the text of
the rendered page, outside code and links.
"""

import re
from collections.abc import Iterable

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_FOUND = (
    re.compile(
        r"(?:^|\W)@([a-z0-9][a-z0-9-]*(?:/[a-z0-9._-]+)?)(?=\.+[ \t\W]|\.+$|[^0-9a-zA-Z_.]|$)",
        re.ASCII | re.IGNORECASE,
    ),
    re.compile(r"(?:^|\W)(?:[\w.-]+/)?[\w.-]*#\d+", re.ASCII),
    re.compile(r"(?:^|\W)gh-\d+", re.ASCII | re.IGNORECASE),
    re.compile(r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+[\w./-]*#\d+", re.ASCII | re.IGNORECASE),
)
_URL = re.compile(
    r"https?://[^\s/]+/[\w.-]+/[\w.-]+/(?:issues|pull|discussions|commit)/\w+[^\s<]*",
    re.ASCII | re.IGNORECASE,
)


def found_by_github(markdown: str) -> list[str]:
    """Return the mentions and references in a Markdown text."""
    found: list[str] = []
    for text in _texts(_MARKDOWN.parse(markdown)):
        found += [match[0] for pattern in (*_FOUND, _URL) for match in pattern.finditer(text)]
    return found + [url for url in _links(_MARKDOWN.parse(markdown)) if _URL.match(url)]


def _texts(tokens: Iterable[Token]) -> Iterable[str]:
    """Yield the texts between code, links and elements; without the latter, neighbours are one text."""
    for token in tokens:
        if token.type == "inline":
            parts, links = [""], 0
            for child in token.children or ():
                links += {"link_open": 1, "link_close": -1}.get(child.type, 0)
                if child.type in ("text", "text_special") and not links:
                    parts[-1] += child.content
                elif child.type in ("code_inline", "link_close", "html_inline", "softbreak", "hardbreak"):
                    parts.append("")
            yield from parts


def _links(tokens: Iterable[Token]) -> Iterable[str]:
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open":
                yield str(child.attrGet("href"))
