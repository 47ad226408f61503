"""Labels of a repository and of an issue."""

import re
from collections.abc import Iterable, Sequence

from sandbox.github.auth import Viewer
from sandbox.github.commands.common import record_event, save_issue, too_long
from sandbox.github.errors import InvalidError, NotFoundError
from sandbox.github.records import Issue, Label, Repository, current_time
from sandbox.github.state import GitHubState

MAX_LABEL_LENGTH = 50
MAX_DESCRIPTION_LENGTH = 100

_COLOR = re.compile(r"[0-9a-fA-F]{6}")


def add_labels(state: GitHubState, viewer: Viewer, issue: Issue, names: Sequence[str]) -> Issue:
    """Add labels to an issue and keep the others. Labels that the repository does not have are created."""
    repository = state.repositories[issue.repository_id]
    viewer.must_triage(repository)
    return label_issue(state, viewer, issue, labels_named(state, repository, names))


def set_labels(state: GitHubState, viewer: Viewer, issue: Issue, names: Sequence[str]) -> Issue:
    """Replace the labels of an issue."""
    repository = state.repositories[issue.repository_id]
    viewer.must_triage(repository)
    wanted = labels_named(state, repository, names)
    kept = {label.id for label in wanted}
    issue = _unlabel(state, viewer, issue, [x for x in issue.label_ids if x not in kept])
    return label_issue(state, viewer, issue, wanted)


def remove_label(state: GitHubState, viewer: Viewer, issue: Issue, name: str) -> Issue:
    """Remove a label from an issue.

    Raises:
        NotFoundError: The issue does not have it.
    """
    repository = state.repositories[issue.repository_id]
    viewer.must_triage(repository)
    label = state.label(repository, name)
    if label is None or label.id not in issue.label_ids:
        raise NotFoundError("Label does not exist")
    return _unlabel(state, viewer, issue, [label.id])


def label_issue(state: GitHubState, viewer: Viewer, issue: Issue, labels: Iterable[Label]) -> Issue:
    """Add labels that the issue does not have yet, with an event for each. Rights are not checked."""
    for label in labels:
        if label.id in issue.label_ids:
            continue
        issue = save_issue(
            state, issue.replaced(label_ids=(*issue.label_ids, label.id), updated_at=current_time())
        )
        record_event(state, viewer, issue, "labeled", label_name=label.name, label_color=label.color)
    return issue


def _unlabel(state: GitHubState, viewer: Viewer, issue: Issue, label_ids: Iterable[int]) -> Issue:
    for label_id in label_ids:
        label = state.labels[label_id]
        others = tuple(x for x in issue.label_ids if x != label_id)
        issue = save_issue(state, issue.replaced(label_ids=others, updated_at=current_time()))
        record_event(state, viewer, issue, "unlabeled", label_name=label.name, label_color=label.color)
    return issue


def labels_named(state: GitHubState, repository: Repository, names: Sequence[str]) -> list[Label]:
    """Return the labels with these names; those that the repository does not have are created. Raises InvalidError."""
    for name in names:
        _check_label(name, None, None)
    found: dict[int, Label] = {}
    for name in names:
        label = state.label(repository, name) or new_label(state, repository, name, "ededed", None)
        found[label.id] = label
    return list(found.values())


def create_label(
    state: GitHubState,
    viewer: Viewer,
    repository: Repository,
    *,
    name: str,
    color: str | None,
    description: str | None,
) -> Label:
    """Create a label. Raises InvalidError (`already_exists`) if the name is taken."""
    viewer.must_triage(repository)
    _check_label(name, color, description)
    if state.label(repository, name):
        raise InvalidError("Label", "name", "already_exists")
    return new_label(state, repository, name, (color or "ededed").lower(), description)


def edit_label(
    state: GitHubState,
    viewer: Viewer,
    label: Label,
    *,
    name: str | None,
    color: str | None,
    description: str | None,
) -> Label:
    """Change a label; issues with it show the change. None leaves a field unchanged."""
    repository = state.repositories[label.repository_id]
    viewer.must_triage(repository)
    _check_label(name or label.name, color, description)
    if name is not None and state.label(repository, name) not in (None, label):
        raise InvalidError("Label", "name", "already_exists")
    state.labels[label.id] = label.replaced(
        name=name or label.name,
        color=(color or label.color).lower(),
        description=label.description if description is None else description,
    )
    return state.labels[label.id]


def delete_label(state: GitHubState, viewer: Viewer, label: Label) -> None:
    """Delete a label from the repository and its issues."""
    viewer.must_triage(state.repositories[label.repository_id])
    for issue in [issue for issue in state.issues.values() if label.id in issue.label_ids]:
        save_issue(state, issue.replaced(label_ids=tuple(x for x in issue.label_ids if x != label.id)))
    del state.labels[label.id]


def new_label(
    state: GitHubState, repository: Repository, name: str, color: str, description: str | None
) -> Label:
    """Store a label. Rights and values are not checked."""
    label = Label(
        id=state.new_id(), repository_id=repository.id, name=name, color=color, description=description
    )
    state.labels[label.id] = label
    return label


def _check_label(name: str, color: str | None, description: str | None) -> None:
    if not name.strip():
        raise InvalidError("Label", "name", "missing_field")
    if len(name) > MAX_LABEL_LENGTH:
        raise too_long("Label", "name", MAX_LABEL_LENGTH)
    if color is not None and not _COLOR.fullmatch(color):
        raise InvalidError("Label", "color", "invalid")
    if description is not None and len(description) > MAX_DESCRIPTION_LENGTH:
        raise too_long("Label", "description", MAX_DESCRIPTION_LENGTH)
