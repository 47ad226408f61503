"""Drive's search language, as far as the sandbox supports it: clauses joined with `and`.

Anything else is refused as Drive refuses invalid queries, never ignored: a look-up that silently matched everything
would return another file.
"""

import re
from collections.abc import Callable

from sandbox.google.state import DriveFile

Clause = Callable[[DriveFile], bool]

_STRING = r"'((?:[^'\\]|\\['\\])*)'"
_CLAUSES: list[tuple[re.Pattern[str], Callable[[re.Match[str]], Clause]]] = []


class QueryError(ValueError):
    """The query cannot be parsed."""


def _clause(pattern: str) -> Callable[[Callable[[re.Match[str]], Clause]], Callable[[re.Match[str]], Clause]]:
    def add(make: Callable[[re.Match[str]], Clause]) -> Callable[[re.Match[str]], Clause]:
        _CLAUSES.append((re.compile(pattern), make))
        return make

    return add


def _text(quoted: str) -> str:
    return re.sub(r"\\(['\\])", r"\1", quoted)


@_clause(rf"{_STRING}\s+in\s+parents")
def _in_parents(match: re.Match[str]) -> Clause:
    parent = _text(match[1])
    return lambda file: parent in file.parents


@_clause(rf"name\s*=\s*{_STRING}")
def _name(match: re.Match[str]) -> Clause:
    name = _text(match[1])
    return lambda file: file.name == name


@_clause(rf"mimeType\s*(!?=)\s*{_STRING}")
def _mime_type(match: re.Match[str]) -> Clause:
    equal, mime_type = match[1] == "=", _text(match[2])
    return lambda file: (file.mime_type == mime_type) == equal


@_clause(r"trashed\s*=\s*(true|false)")
def _trashed(match: re.Match[str]) -> Clause:
    wanted = match[1] == "true"
    return lambda file: file.trashed == wanted


@_clause(rf"(appProperties|properties)\s+has\s+\{{\s*key\s*=\s*{_STRING}\s+and\s+value\s*=\s*{_STRING}\s*\}}")
def _property(match: re.Match[str]) -> Clause:
    private, key, value = match[1] == "appProperties", _text(match[2]), _text(match[3])
    return lambda file: (file.app_properties if private else file.properties).get(key) == value


def parse(q: str) -> Clause:
    """Parse a query. Raises QueryError."""
    clauses, rest = list[Clause](), q.strip()
    while True:
        for pattern, make in _CLAUSES:
            if match := pattern.match(rest):
                clauses.append(make(match))
                rest = rest[match.end() :]
                break
        else:
            raise QueryError(q)
        if not rest.strip():
            return lambda file: all(clause(file) for clause in clauses)
        joined = re.match(r"\s+and\s+", rest)
        if not joined:
            raise QueryError(q)
        rest = rest[joined.end() :]
