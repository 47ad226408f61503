"""Finds the author of an edit: the newest event or edit behind the present value of an issue or a card."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from github import GithubException
from pydantic import AliasPath, AwareDatetime, Field

from activities.github.client import GitHubClient, bare_login
from activities.github.errors import github_errors, graphql_types, is_unknown_to_schema
from activities.github.models import Label
from process.types import Base

_ISSUE = """
query($org: String!, $repo: String!, $number: Int!) {
  viewer { login }
  repository(owner: $org, name: $repo) { issue(number: $number) {
    title body state stateReason(enableDuplicate: true)
    labels(first: 100) { nodes { name } }
    timelineItems(last: 100, itemTypes: [
      CLOSED_EVENT, REOPENED_EVENT, LABELED_EVENT, UNLABELED_EVENT, RENAMED_TITLE_EVENT,
      TRANSFERRED_EVENT
    ]) { nodes {
      __typename
      ... on ClosedEvent { id createdAt actor { __typename login } }
      ... on ReopenedEvent { id createdAt actor { __typename login } }
      ... on LabeledEvent { id createdAt actor { __typename login } label { name } }
      ... on UnlabeledEvent { id createdAt actor { __typename login } label { name } }
      ... on RenamedTitleEvent { id createdAt actor { __typename login } currentTitle }
      ... on TransferredEvent { id createdAt actor { __typename login } }
    } }
    userContentEdits(first: 30) { pageInfo { hasNextPage } nodes { id editedAt diff editor { __typename login } } }
  } }
}"""
_CARD = """
query($org: String!, $repo: String!, $number: Int!) {
  viewer { login }
  repository(owner: $org, name: $repo) { issue(number: $number) {
    timelineItems(last: 50, itemTypes: [PROJECT_V2_ITEM_STATUS_CHANGED_EVENT]) { nodes {
      __typename
      ... on ProjectV2ItemStatusChangedEvent { id createdAt actor { __typename login } project { id } }
    } }
  } }
}"""


class Author(NamedTuple):
    """The author of a change, and GitHub's id of the change. `login` is None where GitHub does not tell."""

    id: str = ""
    at: datetime | None = None
    login: str | None = None
    automated: bool = False
    """True for this service and every other program, whose changes are no proposals."""
    other_program: bool = False
    """True for another program, such as a board automation, unless it repeats the change again and again."""


UNKNOWN = Author()
MAX_REVERTS = 3
"""Number of times a day that a program's change is reverted. Beyond that, it is left to people."""
DAY = timedelta(days=1)


class _Actor(Base):
    login: str
    type: str = Field(alias="__typename")


class _Event(Base):
    """A timeline event. One of a kind that the query does not name has no id."""

    kind: str = Field(alias="__typename")
    id: str = ""
    at: AwareDatetime | None = Field(None, alias="createdAt")
    actor: _Actor | None = None
    label: Label | None = None
    title: str | None = Field(None, alias="currentTitle")
    board: str | None = Field(None, validation_alias=AliasPath("project", "id"))


class _Edit(Base):
    """One edit of the description, with the whole text after it (see `overwritten`)."""

    id: str
    at: AwareDatetime = Field(alias="editedAt")
    text: str | None = Field(alias="diff")
    editor: _Actor | None


class IssueHistory(Base):
    """The present values of an issue, with its events and edits."""

    me: str = Field(validation_alias=AliasPath("viewer", "login"))
    title: str = Field(validation_alias=AliasPath("repository", "issue", "title"))
    body: str = Field(validation_alias=AliasPath("repository", "issue", "body"))
    state: str = Field(validation_alias=AliasPath("repository", "issue", "state"))
    reason: str | None = Field(validation_alias=AliasPath("repository", "issue", "stateReason"))
    labels: list[Label] = Field(validation_alias=AliasPath("repository", "issue", "labels", "nodes"))
    events: list[_Event] = Field(validation_alias=AliasPath("repository", "issue", "timelineItems", "nodes"))
    edits: list[_Edit] = Field(validation_alias=AliasPath("repository", "issue", "userContentEdits", "nodes"))
    """Newest first."""
    has_more_edits: bool = Field(
        validation_alias=AliasPath("repository", "issue", "userContentEdits", "pageInfo", "hasNextPage")
    )
    """True if there are older edits, by anybody."""

    def closed(self) -> Author:
        return self._newest(lambda event: event.kind == "ClosedEvent")

    def reopened(self) -> Author:
        return self._newest(lambda event: event.kind == "ReopenedEvent")

    def labelled(self, name: str, *, on: bool) -> Author:
        kind = "LabeledEvent" if on else "UnlabeledEvent"
        return self._newest(
            lambda event: (
                event.kind == kind
                and event.label is not None
                and event.label.name.casefold() == name.casefold()
            )
        )

    def lost_in_transfer(self, name: str) -> bool:
        """Return True if a transfer dropped the label, because the new repository has none of that name."""
        transferred = any(event.kind == "TransferredEvent" for event in self.events)
        return transferred and self.labelled(name, on=False) == UNKNOWN

    def retitled(self) -> Author:
        return self._newest(lambda event: event.kind == "RenamedTitleEvent" and event.title == self.title)

    def edited(self, shows: Callable[[str], bool | None]) -> Author:
        """Return the author of the edit since which the description `shows` the present value.

        `shows` returns None for a text that does not tell. If no edit tells, the author is the only person that ever
        edited the description, or UNKNOWN: also if some edit is somebody's whom GitHub does not name, or was not read.
        """
        made: _Edit | None = None
        for edit in self._telling_edits():
            now = shows(edit.text) if edit.text is not None else None
            if now is False and made:
                return _author(made.id, made.at, made.editor, self.me)
            if not now:
                break
            made = edit
        authors = [_author(edit.id, edit.at, edit.editor, self.me) for edit in self.edits]
        people = [author for author in authors if not author.automated]
        if self.has_more_edits:
            return UNKNOWN
        return people[0] if len({author.login for author in people}) == 1 else UNKNOWN

    def _telling_edits(self) -> Iterator[_Edit]:
        """Yield the edits, newest first; of ours in a row only the newest, which may restore text overwritten before."""
        newer = False
        for edit in self.edits:
            ours = edit.editor is not None and bare_login(edit.editor.login) == bare_login(self.me)
            if not (ours and newer):
                yield edit
            newer = ours

    def _newest(self, holds: Callable[[_Event], bool]) -> Author:
        return _newest_author(self.events, self.me, holds)


class _CardHistory(Base):
    me: str = Field(validation_alias=AliasPath("viewer", "login"))
    events: list[_Event] = Field(validation_alias=AliasPath("repository", "issue", "timelineItems", "nodes"))


def issue_history(client: GitHubClient, repo: str, number: int) -> IssueHistory:
    with github_errors(f"when looking at the history of issue {number} of {repo}"):
        found = IssueHistory.model_validate(client.graphql(_ISSUE, _asked(client, repo, number)))
        edits = [
            edit.model_copy(update={"text": client.seal.opened(edit.text)}) if edit.text else edit
            for edit in found.edits
        ]
        return found.model_copy(update={"body": client.seal.opened(found.body), "edits": edits})


def card_author(client: GitHubClient, repo: str, number: int, board: str) -> Author:
    """Return the author of the card's last move. An older GitHub Enterprise keeps no history of that: UNKNOWN."""
    with github_errors(f"when looking at the history of the card of issue {number}"):
        try:
            data = client.graphql(_CARD, _asked(client, repo, number))
        except GithubException as error:
            if graphql_types(error) is not None and is_unknown_to_schema(error):
                return UNKNOWN
            raise
        seen = _CardHistory.model_validate(data)
    return _newest_author(seen.events, seen.me, lambda event: event.board == board)


def _asked(client: GitHubClient, repo: str, number: int) -> dict[str, Any]:
    return {"org": client.settings.org, "repo": repo, "number": number}


def _newest_author(events: Iterable[_Event], me: str, holds: Callable[[_Event], bool]) -> Author:
    same = [event for event in events if holds(event)]
    if not same:
        return UNKNOWN
    newest = same[-1]
    author = _author(newest.id, newest.at, newest.actor, me)
    return author._replace(other_program=author.other_program and _times(same, newest) <= MAX_REVERTS)


def _times(events: Iterable[_Event], newest: _Event) -> int:
    """Return how often the same actor made the change within the day before."""
    return sum(
        event.actor == newest.actor
        and event.at is not None
        and newest.at is not None
        and newest.at - event.at < DAY
        for event in events
    )


def _author(ident: str, at: datetime | None, actor: _Actor | None, me: str) -> Author:
    if actor is None:
        return Author(ident, at)
    is_me, is_person = bare_login(actor.login) == bare_login(me), actor.type == "User"
    return Author(
        ident, at, actor.login, automated=is_me or not is_person, other_program=not is_me and not is_person
    )
