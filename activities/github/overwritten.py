"""What a description said before we wrote there, as GitHub's history of its edits tells.

GitHub cannot be asked to change a text only if it is still what was read. So whoever writes looks afterwards at what that
replaced: somebody may have saved theirs in between.

An edit's `diff` is all that the text said after it, newest edit first, and the oldest is what was written at first. GitHub's
schema calls it “a summary of the changes”; but git-bug (bridge/github/import.go) imports each as the whole text, and its
import_test.go compares that with issues of a real repository. It is null for what somebody took out of the history, and
for edits before 2018. Where what we wrote is not found there word for word, nothing is concluded from it.
"""

from typing import Any

from pydantic import AliasPath, BaseModel, Field
from temporalio import activity

from activities.errors import again
from activities.github.client import GitHubClient
from activities.github.errors import github_errors
from activities.github.models import Account
from activities.github.text import unix

TIMEOUT = 4
"""Attempts within which GitHub's history is to show our writing."""

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
    """Somebody else's text that the newest edit, ours, replaced with what we `wrote`; None where it replaced none.

    Raises ApplicationError (again) while the history does not show what we wrote.
    """
    with github_errors(f"when looking at the edits of issue {number} of {repo}"):
        asked: dict[str, Any] = {"org": client.settings.org, "repo": repo, "number": number}
        edits = _History.model_validate(client.graphql(_EDITS, asked)).edits
    if not edits:
        return None
    newest, *older = edits
    if not any(edit.text is not None and unix(edit.text) == unix(wrote) for edit in edits):
        if activity.info().attempt < TIMEOUT:
            raise again(f"GitHub does not show the newest edits of issue {number} yet")
        return None
    if unix(newest.text or "") != unix(wrote) or not client.is_us(newest.editor):
        return None  # whoever edited it since has seen ours
    return older[0].text if older and not client.is_us(older[0].editor) else None
