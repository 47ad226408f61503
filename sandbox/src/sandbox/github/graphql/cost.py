"""The cost of a query, computed from its text by GitHub's published rules.

Every connection counts as one request for each of its parents, by the requested sizes; a hundred requests are one
point, and a call costs at least one. The query may request at most half a million nodes.

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
    """The number of internal requests and of nodes that a call may need."""

    requests: int = 0
    nodes: int = 0

    @property
    def points(self) -> int:
        """Points that the call takes from the rate limit."""
        return max(1, (self.requests + _REQUESTS_PER_POINT // 2) // _REQUESTS_PER_POINT)

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.requests + other.requests, self.nodes + other.nodes)


def cost_of(document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Cost:
    """Return the cost of an operation.

    Raises:
        GitHubError: It requests too many nodes.
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
        """Return the cost of a selection for this number of parents."""
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
        """Return the requested size of a connection; None for other fields."""
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
