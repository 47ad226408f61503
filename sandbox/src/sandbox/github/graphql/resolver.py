"""Types of resolvers."""

from collections.abc import Callable, Mapping
from typing import Any

Resolver = Callable[..., Any]
"""Takes the parameters that it names: `source`, the request's `context`, the field's arguments in snake case (`id` as
`global_id`, `input` as `given`); `**page` takes the arguments of a page.
"""

Fields = Mapping[str, Resolver]
"""Field -> resolver."""

Resolvers = Mapping[str, Fields]
"""Type -> its fields."""
