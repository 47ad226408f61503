"""Markdown as GitHub shows it: comments hidden, tasks as checkboxes, alerts with a title, few harmless HTML tags."""

import re
from collections.abc import Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

_ALERT = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_PLAIN_TAG = re.compile(r"&lt;(/?(?:details|summary|br|sub|sup|kbd)(?: ?/)?)&gt;")
_TASK = re.compile(r"\[([ xX])\](?=\s)")
_TASK_LINE = re.compile(r"(\s*(?:>\s*)*(?:[-*+]|\d+[.)])\s+)\[([ xX])\](?=\s)")


def render(text: str, *, form: str | None = None) -> Markup:
    """Render the text as HTML. With `form`, checkboxes are buttons of that form, named `tick` with the line as value."""
    return Markup(_markdown(form).render(text))  # noqa: S704 - HTML in the text is escaped


def task_line(text: str, label: str) -> int:
    """Return the line (from 0) of the task with this label. Raises ValueError."""
    for number, line in enumerate(text.splitlines()):
        box = _TASK_LINE.match(line)
        if box and line[box.end() :].strip() == label:
            return number
    raise ValueError(f"no box {label!r}")


def toggle_task(text: str, line: int) -> str:
    """Return the text with the task in this line (from 0) checked or unchecked.

    Raises:
        ValueError: The line has no task.
    """
    lines = text.splitlines(keepends=True)
    box = _TASK_LINE.match(lines[line]) if line < len(lines) else None
    if box is None:
        raise ValueError(f"no box in line {line}")
    tick = "x" if box[2] == " " else " "
    lines[line] = f"{box[1]}[{tick}]{lines[line][box.end() :]}"
    return "".join(lines)


def _markdown(form: str | None) -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": True}, renderer_cls=_Renderer)
    markdown.enable(["table", "strikethrough"])
    markdown.core.ruler.push("tasks", lambda state: _find_tasks(state, form))
    markdown.core.ruler.push("alerts", _find_alerts)
    return markdown


def _find_tasks(state: StateCore, form: str | None) -> None:
    """Turn `[ ]` at the start of a list item into a task token."""
    for item, paragraph, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if item.type != "list_item_open" or paragraph.type != "paragraph_open" or not inline.children:
            continue
        first = inline.children[0]
        task = _TASK.match(first.content)
        if first.type != "text" or task is None:
            continue
        first.content = first.content[task.end() :]
        line = inline.map[0] if inline.map else 0
        inline.children.insert(
            0, Token("task", "", 0, meta={"done": task[1] != " ", "line": line, "form": form})
        )
        item.attrJoin("class", "task")


def _find_alerts(state: StateCore) -> None:
    """Turn `[!WARNING]` on the first line of a quotation into its title."""
    for quote, paragraph, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if quote.type != "blockquote_open" or paragraph.type != "paragraph_open" or not inline.children:
            continue
        first, *more = inline.children
        alert = _ALERT.fullmatch(first.content.rstrip())
        if first.type != "text" or alert is None or (more and more[0].type != "softbreak"):
            continue
        inline.children = [Token("alert", "", 0, meta={"kind": alert[1]}), *more]
        quote.attrJoin("class", f"alert {alert[1].lower()}")


class _Renderer(RendererHTML):
    """The HTML renderer. markdown-it finds its rules as methods named after token types."""

    def task(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        """Render a checkbox, or a button of the task's form."""
        task = tokens[index].meta
        if task["form"] is None:
            return f'<input type="checkbox" disabled{" checked" if task["done"] else ""}>'
        label, sign = ("done", "☑") if task["done"] else ("to do", "☐")
        return (
            f'<button class="tick" form="{escape(task["form"])}" name="tick" value="{task["line"]}" '
            f'aria-label="{label}: change">{sign}</button>'
        )

    def alert(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        """Render the title of an alert on a line of its own."""
        return f"<strong>{tokens[index].meta['kind'].capitalize()}</strong><br>"

    def html_block(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        """Render HTML as text, except for comments, which are dropped, and the permitted tags."""
        return _without_html(tokens[index].content)

    def html_inline(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        """Render HTML inside a paragraph by the rules of `html_block`."""
        return _without_html(tokens[index].content)


def _without_html(content: str) -> str:
    return _PLAIN_TAG.sub(r"<\1>", escape(_COMMENT.sub("", content), quote=False))
