"""Repositories as a whole."""

import re

from sandbox.github.auth import Viewer
from sandbox.github.errors import InvalidError
from sandbox.github.records import Repository
from sandbox.github.state import GitHubState

_NAME = re.compile(r"[\w.-]{1,100}", re.ASCII)


def rename_repository(state: GitHubState, viewer: Viewer, repository: Repository, name: str) -> Repository:
    """Rename a repository. Requests for the old name are redirected until another repository takes it."""
    viewer.must_administer(repository)
    if not _NAME.fullmatch(name):
        raise InvalidError("Repository", "name", "invalid", value=name)
    taken = state.repository(state.organization.login, name)
    if taken is not None and taken.id != repository.id:
        raise InvalidError("Repository", "name", "custom", message="name already exists on this account")
    former = (*(x for x in repository.former_names if x != name), repository.name)
    renamed = repository.replaced(name=name, former_names=former if name != repository.name else former[:-1])
    state.repositories[repository.id] = renamed
    return renamed
