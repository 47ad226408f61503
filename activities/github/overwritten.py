"""Finds text that we overwrote, in GitHub's history of a description's edits.

GitHub has no conditional update: somebody may save between our read and our write. So after each write, the history is
checked for the text that the write replaced.

An edit's `diff` is the whole text after it; edits come newest first, and the oldest is the original text. GitHub's schema
calls `diff` “a summary of the changes”, but git-bug (bridge/github/import.go) imports it as the whole text, and its
import_test.go compares that with issues of a real repository. It is null for edits before 2018, and for edits that
somebody removed from the history. If our own text is not in the history word for word, nothing is concluded.
"""

from typing import Any

from pydantic import AliasPath, BaseModel, Field
from temporalio import activity

from activities.errors import again
from activities.github.client import GitHubClient
from activities.github.errors import github_errors
from activities.github.models import Account
from activities.github.text import unix

MAX_ATTEMPTS = 4
"""Attempts within which GitHub's history must show our write."""

_EDITS = """
query($org: String!, $repo: String!, $number: Int!) {
  repository(owner: $org, name: $repo) { issue(number: $number) {
    userContentEdits(first: 10) { nodes { diff editor { login } } }
  } }
}"""


class _Edit(BaseModel):
    """One edit, and the text after it."""

    text: str | None = Field(alias="diff")
    editor: Account | None


class _History(BaseModel):
    edits: list[_Edit] = Field(validation_alias=AliasPath("repository", "issue", "userContentEdits", "nodes"))
    """Newest first."""


def overwritten(client: GitHubClient, repo: str, number: int, wrote: str) -> str | None:
    """Return somebody else's text that our newest edit replaced with what we `wrote`, or None.

    Raises ApplicationError (again) while the history does not show our write.
    """
    with github_errors(f"when looking at the edits of issue {number} of {repo}"):
        asked: dict[str, Any] = {"org": client.settings.org, "repo": repo, "number": number}
        edits = _History.model_validate(client.graphql(_EDITS, asked)).edits
    if not edits:
        return None
    newest, *older = edits
    if not any(edit.text is not None and unix(edit.text) == unix(wrote) for edit in edits):
        if activity.info().attempt < MAX_ATTEMPTS:
            raise again(f"GitHub does not show the newest edits of issue {number} yet")
        return None
    if unix(newest.text or "") != unix(wrote) or not client.is_us(newest.editor):
        return None  # somebody edited the text since, and saw ours
    return older[0].text if older and not client.is_us(older[0].editor) else None
