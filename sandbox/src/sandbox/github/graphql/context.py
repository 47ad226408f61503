"""The context of a request, which every resolver can use."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sandbox.github.auth import Viewer
from sandbox.github.graphql.cost import Cost
from sandbox.github.rate_limits import Window
from sandbox.github.rendering import Renderer
from sandbox.github.state import GitHubState


@dataclass(frozen=True)
class Context:
    """An authenticated GraphQL request. Writes happen inside `writing()`."""

    state: GitHubState
    viewer: Viewer
    render: Renderer
    window: Window
    cost: Cost
    writing: Callable[[], AbstractContextManager[None]]
