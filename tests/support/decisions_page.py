"""Write docs/decisions.md from the decisions' classes: `python -m tests.support.decisions_page`."""

import inspect
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from textwrap import fill

from process.core.refusal import title
from process.decisions.base import SET_BY_LEAD, Decision
from process.decisions.correcting import Corrected
from process.decisions.discounts import OnDiscount
from process.decisions.opening import LeadOpened
from process.decisions.registry import DECISIONS

PAGE = Path(__file__).parents[2] / "docs/decisions.md"

INTRODUCTION = """\
# Decisions

This page is generated from the classes in `process/decisions`; change it there and write it anew
with `python -m tests.support.decisions_page`.

Each decision has one name on every face: `price_quoted` is a Temporal signal and update,
`leads price-quoted LEAD` on the command line, and `/price-quoted` in a comment on GitHub. It takes
the fields in its table; those in bold must be given. Every decision also takes `by` (who decided),
`note` (text for the timeline) and `key` (the same key is the same decision, sent again).

[authorization.md](authorization.md) shows who may decide what.
"""

_COMMON = {*Decision.model_fields, *SET_BY_LEAD, "policy", "changes", "price_books", "issue", "originals"}


def page() -> str:
    """Return the text of docs/decisions.md."""
    return "\n".join([INTRODUCTION, *_lines()])


def _lines() -> Iterator[str]:
    decisions: list[type[Decision]] = [LeadOpened, *DECISIONS.values()]
    for module, found in groupby(decisions, lambda decision: decision.__module__):
        heading = _wrapped(inspect.getdoc(sys.modules[module]) or "")
        yield f"## {module.rpartition('.')[2].capitalize()}\n\n{heading}\n"
        for decision in found:
            yield _section(decision)


def _section(decision: type[Decision]) -> str:
    does = _wrapped(f"`{decision.kind}`. {inspect.getdoc(decision)}")
    lines = [f"### {title(decision.kind)}", "", does, "", _wrapped(_who_and_when(decision))]
    fields = {name: field for name, field in decision.model_fields.items() if name not in _COMMON}
    if fields:
        lines += ["", "| field | meaning |", "| --- | --- |"]
    for name, field in fields.items():
        shown = f"**`{name}`**" if field.is_required() else f"`{name}`"
        lines.append(f"| {shown} | {(field.description or '').replace('|', '/')} |")
    return "\n".join([*lines, ""])


def _wrapped(text: str) -> str:
    return "\n\n".join(fill(paragraph, 100, break_long_words=False) for paragraph in text.split("\n\n"))


def _who_and_when(decision: type[Decision]) -> str:
    if decision is LeadOpened:
        return "Anybody, to start a lead."
    deciders = " or ".join(sorted(decision.deciders))
    if issubclass(decision, OnDiscount):
        deciders = "the role that the policy names"
    if decision is Corrected:
        deciders = "who may take the decision that it corrects"
    for field, roles in decision.field_deciders.items():
        deciders += f", with `{field}` by {' or '.join(sorted(roles))}"
    stages = ", ".join(stage for stage in type(next(iter(decision.stages))) if stage in decision.stages)
    return f"Decided by {deciders}; at the stages {stages}."


if __name__ == "__main__":
    PAGE.write_text(page())
