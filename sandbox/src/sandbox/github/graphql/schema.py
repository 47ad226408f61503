"""GitHub's schema with the resolvers. A field without a resolver returns an error, never a silent null."""

import inspect
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    is_abstract_type,
)

from sandbox.github.errors import GitHubError
from sandbox.github.graphql.accounts import ACCOUNTS
from sandbox.github.graphql.boards import BOARDS
from sandbox.github.graphql.connections import Connection, Edge, Page, PageInfo
from sandbox.github.graphql.issues import ISSUES
from sandbox.github.graphql.mutations import MUTATIONS
from sandbox.github.graphql.nodes import type_name
from sandbox.github.graphql.resolver import Resolver
from sandbox.github.graphql.timeline import TIMELINE

_FOLDER = Path(__file__).parents[1]
SCHEMA = (_FOLDER / "schema.graphql", _FOLDER / "additions.graphql")

Info = GraphQLResolveInfo[Any]

_RENAMED = {"id": "global_id", "input": "given"}


@cache
def bound_schema() -> GraphQLSchema:
    """Return the executable schema. Building it takes half a second, once."""
    schema = build_schema("\n".join(file.read_text(encoding="utf-8") for file in SCHEMA), assume_valid=True)
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            for name, part in kind.fields.items():
                part.out_name = _snake(name)
        elif is_abstract_type(kind):
            kind.resolve_type = lambda value, *_: type_name(value)
    for type_, fields in {**ACCOUNTS, **ISSUES, **TIMELINE, **BOARDS, **MUTATIONS}.items():
        bound = cast(GraphQLObjectType, schema.type_map[type_])
        for name, resolver in fields.items():
            bound.fields[name].resolve = _strict(f"{type_}.{name}", bound.fields[name], resolver)
    return schema


def resolve_rest(source: Any, info: Info, **_: Any) -> Any:
    """Resolve fields without a resolver: parts of connections and of mutation payloads."""
    name = info.field_name
    if isinstance(source, Connection | Edge | PageInfo):
        return getattr(source, _snake(name))
    if isinstance(source, dict) and name in source:
        return source[name]
    raise _not_served(f"{info.parent_type.name}.{name}")


def _strict(name: str, field: GraphQLField, resolver: Resolver) -> Callable[..., Any]:
    """Wrap a resolver so that it receives the parameters it names; refuse arguments that it does not take."""
    taken = set(inspect.signature(resolver).parameters)
    if "page" in taken:
        taken |= Page.__annotations__.keys()
    for argument_name, argument in field.args.items():
        argument.out_name = _out_name(argument_name)

    def resolve(source: Any, info: Info, **arguments: Any) -> Any:
        for given in (argument.name.value for node in info.field_nodes for argument in node.arguments or ()):
            if _out_name(given) not in taken and arguments.get(_out_name(given)) is not None:
                raise _not_served(f"{name}({given}: …)")
        available = {**arguments, "source": source, "context": info.context}
        return resolver(**{key: value for key, value in available.items() if key in taken})

    return resolve


def _out_name(name: str) -> str:
    return _RENAMED.get(name, _snake(name))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def _not_served(field: str) -> GitHubError:
    return GitHubError(501, f"The sandbox does not serve {field}", kind="NOT_IMPLEMENTED")
