"""Files on a repository's default branch: each change is a commit."""

import base64
import binascii
import re
from dataclasses import dataclass

from sandbox.github import git
from sandbox.github.auth import Viewer
from sandbox.github.errors import GitHubError, NotFoundError
from sandbox.github.records import Commit, Repository, current_time
from sandbox.github.state import GitHubState

_MALFORMED = re.compile(r"(^|/)(\.{0,2}|\.git)(/|$)", re.IGNORECASE)


@dataclass(frozen=True)
class FileChange:
    """The new content of a file. `sha` is the hash of the content that it replaces; without it the file must not exist."""

    path: str
    content: str
    """Base64."""
    message: str
    branch: str | None = None
    sha: str | None = None
    author: str | None = None
    email: str | None = None


def put_file(state: GitHubState, viewer: Viewer, repository: Repository, change: FileChange) -> Commit:
    """Create or replace a file.

    Raises:
        GitHubError: 404 for a branch other than the default one; 409 if `sha` does not match or the branch is protected;
            422 if the file exists and `sha` was not given, or if the content is not text.
    """
    actor = viewer.must_push(repository)
    if (change.branch or repository.default_branch) != repository.default_branch:
        raise NotFoundError(f"Branch {change.branch} not found")
    path = _checked(change.path)
    text = _text(change.content)
    if any(name.startswith(f"{path}/") for name in repository.files):
        raise GitHubError(422, f"{path} is a directory")
    had = repository.files.get(path)
    if had is not None and change.sha is None:
        raise GitHubError(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if change.sha is not None and (had is None or git.blob(had.encode()) != change.sha):
        raise GitHubError(409, f"{path} does not match {change.sha}")
    if repository.protected:
        message = "Repository rule violations found\n\nChanges must be made through a pull request.\n\n"
        raise GitHubError(409, message)
    changed = repository.replaced(files={**repository.files, path: text})
    state.repositories[repository.id] = changed
    author = change.author or actor.name
    email = change.email or f"{actor.id}+{actor.login}@users.noreply.github.com"
    before = state.commits_of(repository)
    parent, tree, now = before[-1].sha if before else None, git.tree(changed.files), current_time()
    commit = Commit(
        id=state.new_id(),
        repository_id=repository.id,
        sha=git.commit(tree, parent, author, email, now, change.message),
        tree=tree,
        parent=parent,
        message=change.message,
        author=author,
        email=email,
        at=now,
    )
    state.commits[commit.id] = commit
    return commit


def _checked(path: str) -> str:
    if path.startswith("/"):
        raise GitHubError(422, "path cannot start with a slash")
    if _MALFORMED.search(path):
        raise GitHubError(422, "path contains a malformed path component")
    return path


def _text(content: str) -> str:
    try:
        return base64.b64decode("".join(content.split()), validate=True).decode()
    except binascii.Error:
        raise GitHubError(422, "content is not valid Base64") from None
    except UnicodeDecodeError:
        raise GitHubError(422, "The sandbox keeps text only") from None
