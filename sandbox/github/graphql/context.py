"""What every resolver can reach."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sandbox.github.auth import Viewer
from sandbox.github.graphql.cost import Cost
from sandbox.github.rates import Window
from sandbox.github.show import Show
from sandbox.github.state import GitHubState


@dataclass(frozen=True)
class Context:
    """One request."""

    state: GitHubState
    viewer: Viewer
    show: Show
    window: Window
    cost: Cost
    writing: Callable[[], AbstractContextManager[None]]
