"""Webhooks of a repository (for its administrators) or of the organization (for its owners)."""

from collections.abc import Sequence
from typing import Literal
from urllib.parse import urlsplit

from sandbox.github.auth import Viewer
from sandbox.github.errors import GitHubError, InvalidError
from sandbox.github.hooks.events import EVENTS, ONLY_FOR_ORGANIZATIONS
from sandbox.github.records import Hook, Repository, current_time
from sandbox.github.state import GitHubState

ContentType = Literal["json", "form"]


def create_hook(
    state: GitHubState,
    viewer: Viewer,
    repository: Repository | None,
    *,
    url: str,
    content_type: ContentType = "form",
    secret: str | None = None,
    events: Sequence[str] = ("push",),
    active: bool = True,
) -> Hook:
    """Create a webhook of the repository or, if that is None, of the organization. It receives a ping."""
    viewer.must_manage_hooks(state, repository)
    _check_url(url)
    _check_events(events, repository)
    owner = repository.id if repository else None
    if any((hook.repository_id, hook.url) == (owner, url) for hook in state.hooks.values()):
        where = "repository" if repository else "organization"
        raise _refused(f"Hook already exists on this {where}")
    now = current_time()
    hook = Hook(
        id=state.new_id(),
        repository_id=owner,
        url=url,
        content_type=content_type,
        secret=secret,
        events=tuple(events),
        active=active,
        created_at=now,
        updated_at=now,
    )
    state.hooks[hook.id] = hook
    return hook


def edit_hook(
    state: GitHubState,
    viewer: Viewer,
    hook: Hook,
    *,
    url: str,
    content_type: ContentType,
    secret: str | None,
    events: Sequence[str],
    active: bool,
) -> Hook:
    """Change a webhook. Deliveries that have started are not affected."""
    repository = state.repositories[hook.repository_id] if hook.repository_id else None
    viewer.must_manage_hooks(state, repository)
    _check_url(url)
    _check_events(events, repository)
    state.hooks[hook.id] = hook.replaced(
        url=url,
        content_type=content_type,
        secret=secret,
        events=tuple(events),
        active=active,
        updated_at=current_time(),
    )
    return state.hooks[hook.id]


def delete_hook(state: GitHubState, viewer: Viewer, hook: Hook) -> None:
    """Delete a webhook. Deliveries that have started are not affected."""
    repository = state.repositories[hook.repository_id] if hook.repository_id else None
    viewer.must_manage_hooks(state, repository)
    del state.hooks[hook.id]


def _check_url(url: str) -> None:
    """Refuse a URL that is not valid. GitHub also refuses addresses that are not on the Internet."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise _refused("url is not a valid URL" if url else "url cannot be blank")


def _check_events(events: Sequence[str], repository: Repository | None) -> None:
    for event in events:
        if event not in EVENTS | {"*", "push"} or (repository and event in ONLY_FOR_ORGANIZATIONS):
            raise InvalidError("Hook", "events", "invalid", value=event)


def _refused(message: str) -> GitHubError:
    return GitHubError(
        422, "Validation Failed", errors=[{"resource": "Hook", "code": "custom", "message": message}]
    )
