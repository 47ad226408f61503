"""Follows HTML elements through a comment: Markdown between their tags belongs to them, too (GitHub's rendering)."""

import re
from collections import Counter

_TAG = re.compile(
    r"<!--|<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9-]*)(?:\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z)|[^>\"'])*(?:>|\Z)",
    re.DOTALL,
)
"""The beginning of a comment, or a tag. It matches from any `<` that a letter follows, so that no text is read twice."""
_NAMES = """
    a abbr address article aside audio b big blockquote body button canvas caption center cite code dd del details
    dfn dialog dir div dl dt em fieldset figcaption figure font footer form frameset g h1 h2 h3 h4 h5 h6 header
    html i iframe ins kbd label legend main map mark menu nav noframes noscript object ol optgroup option picture
    pre q s samp script section select small span strike strong style sub summary sup svg table tbody td template
    textarea tfoot th thead title tr tt u ul var video xmp
"""
_CONTAINERS = frozenset(_NAMES.split())
"""Elements of HTML that have an end tag. A `<p>` or `<li>` is ended by what follows it; other names are no elements."""


class OpenElements:
    """The HTML elements and the comment that are open at a place in the text."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._count: Counter[str] = Counter()
        self._blocks: list[int] = []
        self._in_comment = False

    def __bool__(self) -> bool:
        return bool(self._open) or self._in_comment

    def read(self, html: str) -> None:
        """Follow the tags in a piece of HTML. It takes time in proportion to its length."""
        at = 0
        while at < len(html):
            if self._in_comment:
                end = html.find("-->", at)
                if end < 0:
                    return
                self._in_comment, at = False, end + 3
                continue
            found = _TAG.search(html, at)
            if found is None:
                return
            at = found.end()
            if found["name"] is None:
                self._in_comment = not html.startswith((">", "->"), at)  # <!--> is a whole comment
            else:
                self._take(found["name"].lower(), ends=bool(found["end"]), alone=found[0].endswith("/>"))

    def begin(self) -> None:
        """Begin a block of Markdown, such as a quote."""
        self._blocks.append(len(self._open))

    def end(self) -> None:
        """End the block, and with it the elements that were opened inside."""
        for name in self._open[self._blocks.pop() :]:
            self._count[name] -= 1
            self._open.pop()

    def _take(self, name: str, *, ends: bool, alone: bool) -> None:
        if name not in _CONTAINERS or (alone and name in ("g", "svg")):
            return
        if not ends:
            self._open.append(name)
            self._count[name] += 1
        elif self._count[name]:
            while (last := self._open.pop()) != name:
                self._count[last] -= 1
            self._count[name] -= 1
