"""Finds text that we overwrote, in GitHub's history of a description's edits.

GitHub has no conditional update: somebody may save between our read and our write. A write does not look back, which would
cost as much as the write itself. The person's edit is noticed as every other one, by webhook or by reconciliation, and
the history is read then: if our edit follows a person's and lacks some of its text, that text is restored.

An edit's `diff` is the whole text after it; edits come newest first, and the oldest is the original text. GitHub's schema
calls `diff` “a summary of the changes”, but git-bug (bridge/github/import.go) imports it as the whole text, and its
import_test.go compares that with issues of a real repository. It is null for edits before 2018, and for edits that
somebody removed from the history. If our own text is not in the history word for word, nothing is concluded.
"""

import itertools
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pydantic import AliasPath, AwareDatetime, Field

from activities.github import issue_block
from activities.github.client import GitHubClient
from activities.github.errors import github_errors
from activities.github.models import Account, Issue
from activities.github.text import unix
from process.github.edits import Edit, EditKind
from process.types import Base

ONE_WRITE = timedelta(minutes=5)
"""Longest time between our reading of an issue and our write. An attempt is given up before."""
BATCH = 100
"""Number of issues whose histories are read with one request, which costs one point."""

_EDITS = """
query($org: String!, $repo: String!, $number: Int!) {
  repository(owner: $org, name: $repo) { issue(number: $number) {
    userContentEdits(first: 10) { nodes { id editedAt diff editor { login } } }
  } }
}"""
_NEWEST = """
query($ids: [ID!]!) {
  nodes(ids: $ids) { ... on Issue { id userContentEdits(first: 10) { nodes { id editedAt editor { login } } } } }
}"""


class _Edit(Base):
    """One edit, and the text after it."""

    id: str
    at: AwareDatetime = Field(alias="editedAt")
    text: str | None = Field(None, alias="diff")
    editor: Account | None


class _History(Base):
    edits: list[_Edit] = Field(validation_alias=AliasPath("repository", "issue", "userContentEdits", "nodes"))
    """Newest first."""


class _NewestEdits(Base):
    id: str
    edits: list[_Edit] = Field(validation_alias=AliasPath("userContentEdits", "nodes"))


def overwritten(client: GitHubClient, repo: str, issue: Issue, key: str, *, hub: bool) -> Edit | None:
    """Return somebody else's edit whose text our newest edit replaced, if the issue lacks some of it, or None."""
    edits = _edits(client, repo, issue.number)
    ours, theirs = _newest(client, edits)
    if theirs is None or theirs.text is None or unix(ours[0].text or "") != unix(issue.text):
        return None  # somebody has edited it since, and saw ours
    if not all(issue_block.lacks(edit.text or "", theirs.text, key) for edit in ours):
        return None  # one of ours has it: what came later was meant
    login = theirs.editor.login if theirs.editor else None
    return Edit(kind=EditKind.OVERWRITTEN, hub=hub, id=theirs.id, by=login, at=theirs.at)


def text_of(client: GitHubClient, repo: str, number: int, edit: str) -> str | None:
    """Return the text after this edit, or None if somebody else has edited the issue since."""
    for each in _edits(client, repo, number):
        if each.id == edit:
            return each.text
        if not client.is_us(each.editor):
            return None
    return None


def suspicious(client: GitHubClient, issues: Sequence[Issue]) -> list[Issue]:
    """Return the issues in which an edit of ours followed somebody else's so soon that it may have overwritten that."""
    suspects = []
    for start in range(0, len(issues), BATCH):
        by_id = {issue.node_id: issue for issue in issues[start : start + BATCH]}
        with github_errors("when looking at the edits of issues"):
            nodes = client.graphql(_NEWEST, {"ids": [*by_id]})["nodes"]
            found = [_NewestEdits.model_validate(node) for node in nodes if node]
        suspects += [by_id[each.id] for each in found if _newest(client, each.edits)[1]]
    return suspects


def _newest(client: GitHubClient, edits: Sequence[_Edit]) -> tuple[list[_Edit], _Edit | None]:
    """Return our newest edits, and somebody else's before them if ours came so soon that it may not have seen that."""
    ours = list(itertools.takewhile(lambda edit: client.is_us(edit.editor), edits))
    theirs = edits[len(ours)] if ours and len(ours) < len(edits) else None
    soon = theirs is not None and ours[-1].at - theirs.at < ONE_WRITE
    return ours, theirs if soon else None


def _edits(client: GitHubClient, repo: str, number: int) -> list[_Edit]:
    with github_errors(f"when looking at the edits of issue {number} of {repo}"):
        asked: dict[str, Any] = {"org": client.settings.org, "repo": repo, "number": number}
        found = _History.model_validate(client.graphql(_EDITS, asked)).edits
        return [
            edit.model_copy(update={"text": client.seal.opened(edit.text)}) if edit.text else edit
            for edit in found
        ]
