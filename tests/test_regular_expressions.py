"""No text from outside keeps a regular expression busy: every one in the source is tried with nasty texts."""

import ast
import importlib
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from process.github.titles import MAX_HEADING
from process.money.items import MAX_ITEM_LENGTH
from process.money.reading import MAX_WRITTEN
from tests.support.nasty import CPU_SECONDS, LIMIT, repeated, slow, texts
from tests.support.rooms import ROOMS

ROOT = Path(__file__).parents[1]
FUNCTIONS = frozenset({"match", "search", "fullmatch", "sub", "subn", "split", "findall", "finditer"})

LIMITED = {
    "process.github.forms:_UNBRACKETED": (MAX_HEADING, "a longer title is not parsed"),
    "process.github.titles:_HEADING": (MAX_HEADING, "a longer title is not parsed"),
    "process.money.items:_WRITTEN": (MAX_ITEM_LENGTH, "a longer item is refused"),
    "process.money.reading:_PLAIN": (MAX_WRITTEN, "a longer text is no number"),
}
"""Expressions that see short texts only -> maximum length, and the reason."""
NOT_FROM_OUTSIDE = {
    "activities.github.own_comments:_DECISION_LINE.format(seq=seq)": "the number of an event, in our own answer",
    "activities.invoice.pdf:words": "an organisation's name as literal text, in an address of a few lines",
}
"""Expressions that never see a text from outside -> the reason."""


@dataclass(frozen=True)
class Use:
    """A use of a regular expression: by a function of `re`, or by a method of a compiled one."""

    id: str
    method: str
    pattern: re.Pattern[str] | None
    """None where it is put together when it is used."""

    def __str__(self) -> str:
        return f"{self.id}.{self.method}"

    def run(self, text: str) -> object:
        assert self.pattern
        match self.method:
            case "sub" | "subn":
                return self.pattern.sub("", text)
            case "finditer":
                return list(self.pattern.finditer(text))
        call: Callable[[str], object] = getattr(self.pattern, self.method)
        return call(text)


def uses(path: Path) -> Iterator[Use]:
    """Yield all uses of regular expressions in a module."""
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    tree = ast.parse(path.read_text())
    if "re" not in {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }:
        return
    compiled = {
        name: pattern
        for name, pattern in vars(importlib.import_module(module)).items()
        if isinstance(pattern, re.Pattern) and isinstance(pattern.pattern, str)
    }
    named: set[str] = set()
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        owner, function = node.func.value, node.func.attr
        if isinstance(owner, ast.Name) and owner.id in compiled and function in FUNCTIONS:
            named.add(owner.id)
            yield Use(f"{module}:{owner.id}", function, compiled[owner.id])
        elif isinstance(owner, ast.Name) and owner.id == "re" and function in FUNCTIONS:
            given = node.args[0]
            if isinstance(given, ast.Constant) and isinstance(given.value, str):
                yield Use(f"{module}:{given.value}", function, re.compile(given.value))
            else:
                yield Use(f"{module}:{ast.unparse(given)}", function, None)
    for name in compiled.keys() - named:
        yield Use(f"{module}:{name}", "search", compiled[name])


USES = sorted(
    {
        str(use): use for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")) for use in uses(path)
    }.values(),
    key=str,
)


def own_texts(pattern: str, length: int) -> Iterator[str]:
    """Yield texts of the expression's own characters: each pair of them by turns, and one after the other."""
    characters = dict.fromkeys(["a", " ", "\n", "1", *re.sub(r"\\[a-zA-Z]|[\\^$()\[\]{}?|]", "", pattern)])
    for one, other in itertools.permutations(list(characters)[:14], 2):
        yield repeated(one + other, length=length)
        yield repeated(other, one, "\x01", length=length)


@pytest.mark.parametrize("use", USES, ids=str)
def test_a_regular_expression_takes_time_in_proportion(use: Use) -> None:
    if use.id in NOT_FROM_OUTSIDE:
        return
    assert use.pattern, (
        f"{use} is put together when it is used: say in NOT_FROM_OUTSIDE why nobody else writes it"
    )
    length, _ = LIMITED.get(use.id, (LIMIT, ""))
    assert slow(use.run, texts(length=length)) == []
    short, enough = (LIMIT // 8, CPU_SECONDS / 8) if length == LIMIT else (length, CPU_SECONDS)
    assert slow(use.run, own_texts(use.pattern.pattern, short), enough=enough) == []


@pytest.mark.parametrize("pattern", [r"(?m)^[\s>*+\-.)0-9]*/[A-Za-z]", r"[^\s,;@]+@([\w.-]+)", r"\s*:"])
def test_one_that_reads_a_text_again_and_again_is_found(pattern: str) -> None:
    assert slow(re.compile(pattern).search, own_texts(pattern, LIMIT // 8), enough=CPU_SECONDS / 8)


def test_every_exception_is_still_one() -> None:
    assert (LIMITED.keys() | NOT_FROM_OUTSIDE.keys()) - {use.id for use in USES} == set()
