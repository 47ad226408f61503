"""Finds people's edits of an issue: differences between the issue and our last writing."""

from collections.abc import Collection

from activities.github import issue_block
from activities.github.authors import Author, IssueHistory, issue_history
from activities.github.client import GitHubClient
from activities.github.issue_state import IssueState, differences
from activities.github.models import Issue
from process.github.edits import Edit, EditKind

REVERTED_FOR_PROGRAMS = frozenset({EditKind.CLOSED, EditKind.REOPENED})
"""Edits that are reverted also if another program made them. Other edits by programs are left alone."""


def edits(
    client: GitHubClient, repo: str, issue: Issue, key: str, *, labels: Collection[str], hub: bool = False
) -> tuple[Edit, ...]:
    """Return the edits of the issue with our block `key` and our `labels`, by people and some by programs.

    The issue's history is read only if something differs, and then the present values with it.
    """
    shown = IssueState.of(issue)
    if not any(differences(shown, key, labels)):
        return ()
    history = issue_history(client, repo, issue.number)
    shown = IssueState(
        history.body, history.title, history.state.lower(), (history.reason or "").lower(), history.labels
    )
    found = (
        (kind, name, _author(history, kind, name, key)) for kind, name in differences(shown, key, labels)
    )
    return tuple(
        Edit(
            kind=kind,
            name=name,
            hub=hub,
            id=author.id,
            by=author.login,
            at=author.at,
            by_program=author.automated or (kind is EditKind.UNLABELLED and history.lost_in_transfer(name)),
        )
        for kind, name, author in found
        if not author.automated or (author.other_program and kind in REVERTED_FOR_PROGRAMS)
    )


def _author(history: IssueHistory, kind: EditKind, name: str, key: str) -> Author:
    if kind is EditKind.CLOSED:
        return history.closed()
    if kind is EditKind.REOPENED:
        return history.reopened()
    if kind is EditKind.RETITLED:
        return history.retitled()
    if kind in (EditKind.LABELLED, EditKind.UNLABELLED):
        return history.labelled(name, on=kind is EditKind.LABELLED)
    return history.edited(lambda body: _shows(body, key, name, ticked=kind is EditKind.TICKED))


def _shows(body: str, key: str, box: str, *, ticked: bool) -> bool | None:
    found = issue_block.find(body, key)
    checkbox = found.checkboxes.get(box) if found else None
    return checkbox.ticked is ticked if checkbox else None
