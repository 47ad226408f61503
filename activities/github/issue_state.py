"""Compares an issue's present state with our last writing of it, without asking GitHub."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from activities.github import issue_block
from activities.github.models import Issue, Label
from process.github.edits import EditKind


class IssueState(NamedTuple):
    """The present values of an issue that we also set."""

    body: str
    title: str
    state: str
    reason: str
    labels: Sequence[Label]

    @classmethod
    def of(cls, issue: Issue) -> "IssueState":
        """Return the state of an issue as a listing or a delivery shows it; those don't tell why it was closed."""
        return cls(issue.text, issue.title, issue.state, "", issue.labels)


def differences(shown: IssueState, key: str, labels: Collection[str]) -> Iterator[tuple[EditKind, str]]:
    """Yield each difference from our last writing, with its name. There is none without a record of that writing."""
    found = issue_block.find(shown.body, key)
    if found is None or found.last_written is None:
        return
    last = found.last_written
    for name, box in found.checkboxes.items():
        if box.changed:
            yield (EditKind.TICKED if box.ticked else EditKind.UNTICKED), name
    if shown.state != last.state:
        yield (EditKind.CLOSED, shown.reason) if shown.state == "closed" else (EditKind.REOPENED, "")
    present = {label.name.casefold() for label in shown.labels}
    for name in labels:
        if (name in last.labels) != (name.casefold() in present):
            yield (EditKind.UNLABELLED if name in last.labels else EditKind.LABELLED), name
    if last.title and last.title != issue_block.checksum(shown.title):
        yield EditKind.RETITLED, shown.title


def is_as_written(shown: IssueState, key: str) -> bool:
    """Return True if the issue is exactly as our last writing left it, apart from the text around our block.

    Then nobody's edit waits to be handled. All labels count, also those that only people use: with one of them, an issue
    is synced once more than needed.
    """
    block = issue_block.find(shown.body, key)
    if block is None or block.last_written is None or not block.is_as_written:
        return False
    labels = {label.name.casefold() for label in shown.labels}
    return labels == {name.casefold() for name in block.last_written.labels} and not any(
        differences(shown, key, ())
    )
