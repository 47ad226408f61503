"""Arranges the preview of a decision as titled sections of lines, the same for every face."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from client.answers import DecisionPreview
from process.corrections.corrected_decision import CorrectionImpact


class PreviewSection(NamedTuple):
    """A title and the lines below it."""

    title: str
    lines: tuple[str, ...]


def sections(preview: DecisionPreview, ask: str) -> tuple[PreviewSection, ...]:
    """Return the sections that have lines. `ask`: text that requests a compensation, with its name as `{}`."""
    found = (*_correction(preview.correction_impact, ask), *_consequences(preview))
    return tuple(section for section in found if section.lines)


def _correction(correction_impact: CorrectionImpact | None, ask: str) -> Iterator[PreviewSection]:
    if correction_impact is None:
        return
    corrected, traces = correction_impact.corrected_decision, correction_impact.traces
    yield PreviewSection(
        "No longer counts, and stays in sight as corrected",
        (f"{corrected.seq}: {corrected.summary}, by {corrected.by}",),
    )
    if correction_impact.restored:
        yield PreviewSection(
            "Counts again", (f"{correction_impact.restored[0]}: {correction_impact.restored[1]}",)
        )
    yield PreviewSection(
        "Follows by itself", tuple(each.summary for each in traces if each.fate == "by itself")
    )
    yield PreviewSection(
        "Is put right, as you ask for it", tuple(each.summary for each in traces if each.fate == "asked")
    )
    asked = (f"{ask.format(each.compensate)}: {each.summary}" for each in traces if each.fate == "if asked")
    yield PreviewSection("Is put right only if you ask for it", tuple(asked))
    yield PreviewSection(
        "Stays, for people to settle", tuple(each.summary for each in traces if each.fate == "stays")
    )


def _consequences(preview: DecisionPreview) -> Iterator[PreviewSection]:
    yield PreviewSection("Would be done", tuple(_unique(preview.effects)))
    yield PreviewSection("Dates", tuple(preview.dates))
    yield PreviewSection("Would need attention", tuple(preview.attention))


def _unique(lines: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(lines)
