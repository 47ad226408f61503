"""Who did it: the newest event or edit behind what an issue, or a card, shows. Own edits and those of bots are no moves."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from github import GithubException
from pydantic import AliasPath, AwareDatetime, BaseModel, Field

from activities.github.client import GitHubClient, bare_login
from activities.github.errors import github_errors, graphql_types, is_unknown_to_schema
from activities.github.models import Label

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
    userContentEdits(first: 30) { nodes { id editedAt diff editor { __typename login } } }
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
    """Who made a change, and GitHub's id of it. `login` is none where GitHub does not tell."""

    id: str = ""
    at: datetime | None = None
    login: str | None = None
    ours: bool = False
    """The service itself, or some other program: not to be heard."""
    program: bool = False
    """Another program, as GitHub's own board automations are, that does not do it again and again."""


UNKNOWN = Author()
OFTEN = 3
"""So often in a day a program's change is put back. Beyond that it would be a fight: it is left, and people see to it."""
DAY = timedelta(days=1)


class _Actor(BaseModel):
    login: str
    type: str = Field(alias="__typename")


class _Event(BaseModel):
    """Whatever happened; an event of a kind that was not asked for has no id."""

    kind: str = Field(alias="__typename")
    id: str = ""
    at: AwareDatetime | None = Field(None, alias="createdAt")
    actor: _Actor | None = None
    label: Label | None = None
    title: str | None = Field(None, alias="currentTitle")
    board: str | None = Field(None, validation_alias=AliasPath("project", "id"))


class _Edit(BaseModel):
    """One edit of the description, as `text` says it then: see `overwritten`."""

    id: str
    at: AwareDatetime = Field(alias="editedAt")
    text: str | None = Field(alias="diff")
    editor: _Actor | None


class IssueHistory(BaseModel):
    """An issue in one look, and how it came to be so."""

    me: str = Field(validation_alias=AliasPath("viewer", "login"))
    title: str = Field(validation_alias=AliasPath("repository", "issue", "title"))
    body: str = Field(validation_alias=AliasPath("repository", "issue", "body"))
    state: str = Field(validation_alias=AliasPath("repository", "issue", "state"))
    reason: str | None = Field(validation_alias=AliasPath("repository", "issue", "stateReason"))
    labels: list[Label] = Field(validation_alias=AliasPath("repository", "issue", "labels", "nodes"))
    events: list[_Event] = Field(validation_alias=AliasPath("repository", "issue", "timelineItems", "nodes"))
    edits: list[_Edit] = Field(validation_alias=AliasPath("repository", "issue", "userContentEdits", "nodes"))
    """Newest first."""

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

    def lost_on_its_way(self, name: str) -> bool:
        """Whether nobody took this label off: where the issue was transferred to, there was none of that name."""
        moved = any(event.kind == "TransferredEvent" for event in self.events)
        return moved and self.labelled(name, on=False) == UNKNOWN

    def retitled(self) -> Author:
        return self._newest(lambda event: event.kind == "RenamedTitleEvent" and event.title == self.title)

    def edited(self, shows: Callable[[str], bool | None]) -> Author:
        """Who edited the description so that it `shows` what it shows now; None is what can't be told of an edit.

        Where no edit tells, it was whoever is the only person that ever edited it.
        """
        made: _Edit | None = None
        for edit in self._edits_that_tell():
            now = shows(edit.text) if edit.text is not None else None
            if now is False and made:
                return _mover(made.id, made.at, made.editor, self.me)
            if not now:
                break
            made = edit
        movers = [_mover(edit.id, edit.at, edit.editor, self.me) for edit in self.edits]
        people = [mover for mover in movers if not mover.ours]
        return people[0] if len({mover.login for mover in people}) == 1 else UNKNOWN

    def _edits_that_tell(self) -> Iterator[_Edit]:
        """Newest first; of ours in a row only the newest, which may give back what the one before had overwritten."""
        newer = False
        for edit in self.edits:
            ours = edit.editor is not None and bare_login(edit.editor.login) == bare_login(self.me)
            if not (ours and newer):
                yield edit
            newer = ours

    def _newest(self, holds: Callable[[_Event], bool]) -> Author:
        return _of(self.events, self.me, holds)


class _CardHistory(BaseModel):
    me: str = Field(validation_alias=AliasPath("viewer", "login"))
    events: list[_Event] = Field(validation_alias=AliasPath("repository", "issue", "timelineItems", "nodes"))


def issue_history(client: GitHubClient, repo: str, number: int) -> IssueHistory:
    with github_errors(f"when looking at the history of issue {number} of {repo}"):
        return IssueHistory.model_validate(client.graphql(_ISSUE, _asked(client, repo, number)))


def card_author(client: GitHubClient, repo: str, number: int, board: str) -> Author:
    """Who moved the lead's card last. An older GitHub Enterprise keeps no history of that."""
    with github_errors(f"when looking at the history of the card of issue {number}"):
        try:
            data = client.graphql(_CARD, _asked(client, repo, number))
        except GithubException as error:
            if graphql_types(error) is not None and is_unknown_to_schema(error):
                return UNKNOWN
            raise
        seen = _CardHistory.model_validate(data)
    return _of(seen.events, seen.me, lambda event: event.board == board)


def _asked(client: GitHubClient, repo: str, number: int) -> dict[str, Any]:
    return {"org": client.settings.org, "repo": repo, "number": number}


def _of(events: Iterable[_Event], me: str, holds: Callable[[_Event], bool]) -> Author:
    same = [event for event in events if holds(event)]
    if not same:
        return UNKNOWN
    newest = same[-1]
    mover = _mover(newest.id, newest.at, newest.actor, me)
    return mover._replace(program=mover.program and _times(same, newest) <= OFTEN)


def _times(events: Iterable[_Event], newest: _Event) -> int:
    """How often the same actor has done it within the day before."""
    return sum(
        event.actor == newest.actor
        and event.at is not None
        and newest.at is not None
        and newest.at - event.at < DAY
        for event in events
    )


def _mover(ident: str, at: datetime | None, actor: _Actor | None, me: str) -> Author:
    if actor is None:
        return Author(ident, at)
    is_me, is_person = bare_login(actor.login) == bare_login(me), actor.type == "User"
    return Author(ident, at, actor.login, ours=is_me or not is_person, program=not is_me and not is_person)
