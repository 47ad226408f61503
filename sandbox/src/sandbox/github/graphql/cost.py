"""What a query costs, by GitHub's published rules, from its text alone.

Every connection is one request for each of its parents, as many as were asked for; a hundred requests are a point, and a
call costs at least one. The nodes that all of them may bring may not be more than half a million.

https://docs.github.com/en/graphql/overview/rate-limits-and-node-limits-for-the-graphql-api
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from sandbox.github.errors import GitHubError

MAX_NODES = 500_000
_REQUESTS_PER_POINT = 100


@dataclass(frozen=True)
class Cost:
    """Requests inside of GitHub that a call may need, and nodes that it may answer."""

    requests: int = 0
    nodes: int = 0

    @property
    def points(self) -> int:
        return max(1, (self.requests + _REQUESTS_PER_POINT // 2) // _REQUESTS_PER_POINT)

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.requests + other.requests, self.nodes + other.nodes)


def cost_of(document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Cost:
    """Of one operation.

    Raises:
        GitHubError: too many nodes.
    """
    fragments = {
        part.name.value: part.selection_set
        for part in document.definitions
        if isinstance(part, FragmentDefinitionNode)
    }
    defaults = {
        each.variable.name.value: int(each.default_value.value)
        for each in operation.variable_definitions or ()
        if isinstance(each.default_value, IntValueNode)
    }
    sizes = _Sizes(fragments, {**defaults, **variables})
    cost = sizes.cost(operation.selection_set, 1)
    if cost.nodes > MAX_NODES:
        message = (
            f"This query requests up to {cost.nodes:,} possible nodes which exceeds the maximum limit of "
            f"{MAX_NODES:,}."
        )
        raise GitHubError(422, message, kind="MAX_NODE_LIMIT_EXCEEDED")
    return cost


@dataclass(frozen=True)
class _Sizes:
    fragments: Mapping[str, SelectionSetNode]
    variables: Mapping[str, Any]

    def cost(self, selection: SelectionSetNode | None, parents: int) -> Cost:
        """Of what is asked for of each of so many parents."""
        total = Cost()
        for field in self._fields(selection):
            size = self._size(field)
            if size is None:
                total += self.cost(field.selection_set, parents)
            else:
                total += Cost(parents, parents * size) + self.cost(field.selection_set, parents * size)
        return total

    def _fields(self, selection: SelectionSetNode | None) -> Iterator[FieldNode]:
        for part in selection.selections if selection else ():
            match part:
                case FieldNode():
                    yield part
                case InlineFragmentNode():
                    yield from self._fields(part.selection_set)
                case FragmentSpreadNode():
                    yield from self._fields(self.fragments[part.name.value])

    def _size(self, field: FieldNode) -> int | None:
        """How many of a connection; None for a field that is none."""
        for argument in field.arguments or ():
            if argument.name.value not in ("first", "last"):
                continue
            match argument.value:
                case IntValueNode(value=text):
                    return int(text)
                case VariableNode(name=name):
                    size = self.variables.get(name.value)
                    if isinstance(size, int):
                        return size
        return None
