"""Answers to the questionnaire, as far as a lead keeps them. Whoever has its link may write any number of any length."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic_core import to_json

from process.personal import Personal

Answers = Annotated[tuple[tuple[str, str], ...], Personal.WORDS]
"""Pairs of question and answer."""

MAX_QUESTION = 500
MAX_ANSWER = 4_000
MAX_ANSWERS = 32_000
"""Bytes, as JSON, of a question, of an answer, and of all in one response."""
MAX_RESPONSES = 64_000
"""Bytes of the answers of all responses of a lead."""

CUT = "… (the rest stays in the form)"
NOT_KEPT = "Not kept here"
"""Stands in place of the question for answers that a lead does not keep."""
FORGOTTEN: Answers = ((NOT_KEPT, "These answers stay in the form"),)


def kept_answers(given: Any) -> Any:
    """Return the answers within their bounds, with a note of what is left out. What are no pairs stays as it is."""
    try:
        pairs = [(_short(question, MAX_QUESTION), _short(answer, MAX_ANSWER)) for question, answer in given]
    except (TypeError, ValueError):
        return given
    kept, free = list[tuple[str, str]](), MAX_ANSWERS - _bytes(_left_out(len(pairs)))
    for pair in pairs:
        free -= _bytes(pair)
        if free < 0:
            return (*kept, _left_out(len(pairs) - len(kept)))
        kept.append(pair)
    return tuple(kept)


def size_of(answers: Answers) -> int:
    """Return the bytes of the answers as JSON."""
    return sum(map(_bytes, answers))


def newest_within(responses: Iterable[Answers], room: int) -> list[Answers]:
    """Return the answers of each response, newest first, those beyond the room without their texts."""
    kept = []
    for answers in responses:
        room -= size_of(answers)
        kept.append(answers if room >= 0 or not answers else FORGOTTEN)
    return kept


def _left_out(count: int) -> tuple[str, str]:
    return NOT_KEPT, f"{count} more answers stay in the form: a lead keeps {MAX_ANSWERS // 1000} kB"


def _short(given: Any, limit: int) -> str:
    """Return the text within this many bytes as JSON. Raises TypeError if it is none."""
    if not isinstance(given, str):
        raise TypeError("a question and an answer are texts")
    text = given[: limit + 1].encode(errors="replace").decode()  # a lone surrogate is no JSON
    if not _fits(text, limit):
        room = limit - len(to_json(CUT))
        while not _fits(text, room):
            text = text[: len(text) * 3 // 4]
        return f"{text.rstrip()}{CUT}"
    return text


def _fits(text: str, limit: int) -> bool:
    return len(to_json(text)) - 2 <= limit


def _bytes(pair: tuple[str, str]) -> int:
    return len(to_json(pair))
