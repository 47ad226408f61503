"""What people changed at an issue since our block was last written: where the issue differs from what we remember."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from activities.github import issue_block
from activities.github.authors import Author, IssueHistory, issue_history
from activities.github.client import GitHubClient
from activities.github.models import Issue, Label
from process.github.edits import Edit, EditKind

BY_PROGRAMS = frozenset({EditKind.CLOSED, EditKind.REOPENED})
"""What is put back also where another program did it. What else programs do at an issue is their business."""


class IssueState(NamedTuple):
    """What an issue shows of what we set."""

    body: str
    title: str
    state: str
    reason: str
    labels: Sequence[Label]


def edits(
    client: GitHubClient, repo: str, issue: Issue, key: str, *, labels: Collection[str], hub: bool = False
) -> tuple[Edit, ...]:
    """People's moves, and some of programs, at the issue with our block `key`, whose `labels` we set.

    Who made them is asked only where something differs; then all is looked at anew, in one look.
    """
    shown = IssueState(issue.text, issue.title, issue.state, "", issue.labels)
    if not any(differences(shown, key, labels)):
        return ()
    seen = issue_history(client, repo, issue.number)
    shown = IssueState(seen.body, seen.title, seen.state.lower(), (seen.reason or "").lower(), seen.labels)
    found = ((what, name, _mover(seen, what, name, key)) for what, name in differences(shown, key, labels))
    return tuple(
        Edit(
            kind=what,
            name=name,
            hub=hub,
            id=mover.id,
            by=mover.login,
            at=mover.at,
            by_program=mover.ours or (what is EditKind.UNLABELLED and seen.lost_on_its_way(name)),
        )
        for what, name, mover in found
        if not mover.ours or (mover.program and what in BY_PROGRAMS)
    )


def differences(shown: IssueState, key: str, labels: Collection[str]) -> Iterator[tuple[EditKind, str]]:
    """What differs from our last writing, and its name. Without a block that remembers that, nothing tells."""
    found = issue_block.find(shown.body, key)
    if found is None or found.memory is None:
        return
    memory = found.memory
    for name, tick in found.ticks.items():
        if tick.moved:
            yield (EditKind.TICKED if tick.there else EditKind.UNTICKED), name
    if shown.state != memory.state:
        yield (EditKind.CLOSED, shown.reason) if shown.state == "closed" else (EditKind.REOPENED, "")
    there = {label.name.casefold() for label in shown.labels}
    for name in labels:
        if (name in memory.labels) != (name.casefold() in there):
            yield (EditKind.UNLABELLED if name in memory.labels else EditKind.LABELLED), name
    if memory.title and memory.title != issue_block.digest(shown.title):
        yield EditKind.RETITLED, shown.title


def _mover(history: IssueHistory, what: EditKind, name: str, key: str) -> Author:
    if what is EditKind.CLOSED:
        return history.closed()
    if what is EditKind.REOPENED:
        return history.reopened()
    if what is EditKind.RETITLED:
        return history.retitled()
    if what in (EditKind.LABELLED, EditKind.UNLABELLED):
        return history.labelled(name, on=what is EditKind.LABELLED)
    return history.edited(lambda body: _shows(body, key, name, ticked=what is EditKind.TICKED))


def _shows(body: str, key: str, box: str, *, ticked: bool) -> bool | None:
    found = issue_block.find(body, key)
    tick = found.ticks.get(box) if found else None
    return tick.there is ticked if tick else None
