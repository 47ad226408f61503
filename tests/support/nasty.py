"""Texts that are slow to parse, as anybody may send them, and the measure of how long that takes."""

import time
from collections.abc import Callable, Iterable, Iterator

HOSTILE = "<b>x</b> [x](https://evil.example.org) ![x](y) `x` **x** | # x ~~x~~ &amp; <https://evil.example.org> 1. x"
"""Text that would become markup if it was not escaped."""
LIMIT = 65_536
"""Characters of a comment or a description that GitHub takes."""
BEGINNING = 4096
FEW = 4
GROWTH = 6
"""Four times the length may take this many times as long."""
CPU_SECONDS = 0.25
"""Longest time that any text may take on a slow machine. One that grows faster than its length takes many times as long."""

PIECES = (
    "\n", "\r\n", "\r", " ", "\t", "\xa0", "\u200b", "\u2028", "\x00", "a", "A", "1", "0\n", "a\n", "a ",
    " a", "é", "\u0301", "\u0316\u0301", "\u202e", "日", "😀", "[", "]", "(", ")", "*", "_", "`", "~", "<",
    ">", "@", "a@", "@a", "a@a.", "#", "#1", "\\", "|", "-", "- ", "--", "+", "=", "&", "&amp;", "!", "![",
    "/", " /", "/ ", "//", ".", ",", ":", ";", "'", '"', "{", "}", "%", "$", "[a](", "](", "[[]", "![[]()",
    "[a]: b\n", "**a", "a **b", "*a_", "``a`", "`\n", "\\\n", "<a ", "<a b='", "<!--", "-->",
    "<!-- lead-to-hub:", "<!-- lead-to-hub:begin a", "<!-- lead-to-hub:begin a -->",
    "<!-- lead-to-hub:wrote {} -->\n", "<details>", "</details>", "<details>\n\n", "<b>\n", "<?",
    "<![CDATA[", "> ", "> > - ", "- a\n", "1. a\n", "- [ ] a\n", "# a\n", "### Organisation\n\n", "```\n",
    "~~~\n", "|a|b|\n", "|-|-|\n", "a\n-\n", "/help\n", "/abc\n", "/lost a=b\n", "a=b ", 'a="', "http://",
    "https://a@", "https://a.b/c?d ", "lead-", "lead-a--", "1.", "1,", "1_", "1e", "GH-1", "[Hub] - ",
    "[a / b] - ", "(GH-", "+1-", "x" * 63 + ".",
)  # fmt: skip
"""Pieces that are repeated, each by itself."""


def repeated(piece: str, before: str = "", after: str = "", *, length: int = LIMIT) -> str:
    """Return a text of this length: the piece, again and again."""
    room = max(0, length - len(before) - len(after))
    return before + (piece * (room // len(piece) + 1))[:room] + after


def texts(*before: str, length: int = LIMIT) -> Iterator[str]:
    """Yield a text of each piece, with a last character that fits nothing."""
    for piece in PIECES:
        for beginning in ("", *before):
            yield repeated(piece, beginning, "\x01", length=length)


def cpu_seconds(call: Callable[[], object], enough: float) -> float:
    """Return the least CPU time of this thread that the call took in up to six attempts, until one was short enough."""
    taken = []
    for _ in range(6):
        start = time.thread_time()
        call()
        taken.append(time.thread_time() - start)
        if taken[-1] <= enough:
            break
    return min(taken)


def slow(parse: Callable[[str], object], given: Iterable[str], *, enough: float = CPU_SECONDS) -> list[str]:
    """Return the beginnings of the first few texts that take longer than `enough`, with the time that each took.

    The beginning of a text is tried first: of a text that takes hours, it takes seconds. All of it is tried if the time
    grows faster than the length, or if the beginning is among the slowest.
    """
    found: list[str] = []
    tried: list[tuple[float, bool, str]] = []

    def seconds(part: str, allowed: float) -> float:
        taken = cpu_seconds(lambda: parse(part), allowed)
        if taken > allowed:
            found.append(f"{part[:40]!r}… ({len(part)} characters): {taken:.3f} s")
        return taken

    for text in given:
        if len(found) == FEW:
            return found
        little, more = _cut(text, BEGINNING // 4), _cut(text, BEGINNING)
        share = len(more) / len(text)
        before, after = seconds(little, enough), seconds(more, max(enough * share, min(enough, 0.02)))
        grows = after > GROWTH * before and after > enough * share**2
        tried.append((after, grows, text))
    slowest = sorted(tried, reverse=True)[:FEW]
    for each in [each for each in tried if each[1] or each in slowest]:
        if len(found) == FEW:
            break
        seconds(each[2], enough)
    return found


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + text[-1]
