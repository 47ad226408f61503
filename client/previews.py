"""A preview, told in words: what would become true, and what becomes of a mistake outside."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from client.leads import Foreseen
from process.corrections.corrected_decision import Undoing


class Told(NamedTuple):
    """A heading, and the lines under it."""

    title: str
    lines: tuple[str, ...]


def sections(foreseen: Foreseen, ask: str) -> tuple[Told, ...]:
    """All that follows, but for what has no lines. `ask`: how a compensation is asked for, with its name as `{}`."""
    found = (*_undoing(foreseen.undoing, ask), *_outside(foreseen))
    return tuple(told for told in found if told.lines)


def _undoing(undoing: Undoing | None, ask: str) -> Iterator[Told]:
    if undoing is None:
        return
    wrong = undoing.mistake
    yield Told(
        "No longer counts, and stays in sight as corrected", (f"{wrong.seq}: {wrong.words}, by {wrong.by}",)
    )
    if undoing.again:
        yield Told("Counts again", (f"{undoing.again[0]}: {undoing.again[1]}",))
    left = undoing.left
    yield Told("Follows by itself", tuple(each.words for each in left if each.fate == "by itself"))
    yield Told("Is put right, as you ask for it", tuple(each.words for each in left if each.fate == "asked"))
    asked = (f"{ask.format(each.compensate)}: {each.words}" for each in left if each.fate == "if asked")
    yield Told("Is put right only if you ask for it", tuple(asked))
    yield Told("Stays, for people to settle", tuple(each.words for each in left if each.fate == "stays"))


def _outside(foreseen: Foreseen) -> Iterator[Told]:
    yield Told("Would be done", tuple(_unique(foreseen.effects)))
    yield Told("Dates", tuple(foreseen.dates))
    yield Told("Would need attention", tuple(foreseen.attention))


def _unique(lines: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(lines)
