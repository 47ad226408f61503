"""The organization's Projects v2 board: one card per lead, in the column of its stage."""

import threading
import time
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from github import GithubException, UnknownObjectException
from pydantic import AliasPath, Field
from temporalio import activity

from activities.checks import Check
from activities.errors import again, park
from activities.github.authors import Author, card_author
from activities.github.client import GitHubClient
from activities.github.errors import github_errors, graphql_types
from config.groups import GitHub
from process.github.edits import Edit, EditKind
from process.policy import BUILT_IN, Policy
from process.types import Base, Stage

CACHE_TIME = timedelta(minutes=5)
"""Time for which a worker caches the board's fields and columns."""

_TIMEOUT = 5
"""Attempts after which an issue that GraphQL does not find counts as missing. A new issue appears after seconds."""

_BOARD = """
query($org: String!, $number: Int!, $field: String!) {
  organization(login: $org) { projectV2(number: $number) {
    id title
    field(name: $field) { ... on ProjectV2SingleSelectField { id options { id name } } }
  } }
}"""
_CARD = """
query($org: String!, $repo: String!, $number: Int!, $field: String!) {
  repository(owner: $org, name: $repo) { issue(number: $number) {
    id
    projectItems(first: 50, includeArchived: true) { nodes {
      id isArchived project { id }
      fieldValueByName(name: $field) { ... on ProjectV2ItemFieldSingleSelectValue { optionId } }
    } }
  } }
}"""
_ADD = """
mutation($board: ID!, $issue: ID!, $field: String!) {
  addProjectV2ItemById(input: {projectId: $board, contentId: $issue}) { item {
    id isArchived project { id }
    fieldValueByName(name: $field) { ... on ProjectV2ItemFieldSingleSelectValue { optionId } }
  } }
}"""
_RESTORE = """
mutation($board: ID!, $item: ID!) {
  unarchiveProjectV2Item(input: {projectId: $board, itemId: $item}) { item { id } }
}"""
_MOVE = """
mutation($board: ID!, $item: ID!, $field: ID!, $option: String!) {
  updateProjectV2ItemFieldValue(
    input: {projectId: $board, itemId: $item, fieldId: $field, value: {singleSelectOptionId: $option}}
  ) { projectV2Item { id } }
}"""


class _Option(Base):
    id: str
    name: str


class _Field(Base):
    id: str | None = None
    options: list[_Option] = []


class Board(Base):
    """The board, and the field whose options are its columns."""

    id: str
    title: str
    field: _Field | None

    def option(self, name: str) -> str | None:
        """Return the id of the column of this name, or None."""
        return (
            next((option.id for option in self.field.options if option.name == name), None)
            if self.field
            else None
        )

    def column(self, option: str | None) -> str:
        """Return the name of the column with this id, or an empty string."""
        options = self.field.options if self.field else []
        return next((each.name for each in options if each.id == option), "")


class Card(Base):
    """An issue on a board."""

    id: str
    archived: bool = Field(alias="isArchived")
    board: str = Field(validation_alias=AliasPath("project", "id"))
    value: dict[str, str] | None = Field(alias="fieldValueByName")

    @property
    def option(self) -> str | None:
        return (self.value or {}).get("optionId")


class _Issue(Base):
    id: str
    cards: list[Card] = Field(validation_alias=AliasPath("projectItems", "nodes"))

    def card(self, board: Board) -> Card | None:
        return next((card for card in self.cards if card.board == board.id), None)


class PlacedCard(NamedTuple):
    """A card after an attempt to place it."""

    card: str
    in_place: bool
    """True if the card is in the requested column; False if it stays where a person put it."""


def columns_of(settings: GitHub, policy: Policy) -> Mapping[Stage, str]:
    """Return the board's column of each stage: from the policy, or from the settings under the built-in policy."""
    return settings.columns if policy.version == BUILT_IN else policy.columns


class GitHubBoard:
    """Places and reads cards. The board's fields are cached for all threads."""

    def __init__(self, client: GitHubClient) -> None:
        self._client = client
        self._settings = client.settings
        self._lock = threading.Lock()
        self._known: tuple[float, Board] | None = None

    def card(self, repo: str, number: int) -> Card | None:
        """Return the issue's card, or None."""
        return self._issue(repo, number).card(self._read_board())

    def place(
        self, repo: str, number: int, column: str, *, restore: bool, ours: Collection[str | None] | None
    ) -> PlacedCard:
        """Put the issue's card into the column: add it if missing, and with `restore` take it out of the archive.

        `ours` are the columns into which we put the card. If it stands elsewhere by a person's hand, it stays there.
        With None, it is moved in any case.
        """
        board, option = self._board_with(column)
        issue = self._issue(repo, number)
        card = issue.card(board) or self._add(board, issue)
        current = board.column(card.option)
        if card.option != option:
            if (
                ours is not None
                and current
                and current not in ours
                and not self._author(repo, number, board).automated
            ):
                return PlacedCard(card.id, in_place=False)
            self._move(board, card, option)
        elif card.archived and restore:
            self._restore(board, card)
        return PlacedCard(card.id, in_place=True)

    def find_edit(self, repo: str, number: int, column: str) -> Edit | None:
        """Return the edit that moved the card out of this column, or None if it is there, archived, or was moved by us."""
        board, option = self._board_with(column)
        card = self._issue(repo, number).card(board)
        if card is None or card.archived or card.option == option:
            return None
        author = self._author(repo, number, board)
        if author.automated and not author.other_program:
            return None
        return Edit(
            kind=EditKind.PLACED,
            name=board.column(card.option),
            id=author.id,
            by=author.login,
            at=author.at,
            by_program=author.other_program,
        )

    def checks(self, columns: Collection[str]) -> Iterator[Check]:
        """Check that the board has its field and these columns."""
        board = self._read_board()
        name = f"board {self._settings.project_number} ({board.title})"
        missing = [column for column in columns if board.option(column) is None]
        detail = (
            f"its field {self._settings.status_field!r} lacks {', '.join(missing)}: `leads init-repos` adds them"
            if missing
            else ""
        )
        yield Check("GitHub", f"{name} has the columns", not missing, detail)

    # Inside

    def _author(self, repo: str, number: int, board: Board) -> Author:
        return card_author(self._client, repo, number, board.id)

    def _board_with(self, column: str) -> tuple[Board, str]:
        known = self._known
        if known and time.monotonic() < known[0] and (option := known[1].option(column)):
            return known[1], option
        board = self._read_board()
        with self._lock:
            self._known = (time.monotonic() + CACHE_TIME.total_seconds(), board)
        if board.field is None or board.field.id is None:
            raise park(
                f"Board {self._settings.project_number} has no single-select field {self._settings.status_field!r}: "
                "add it, or correct LEADS_GITHUB__STATUS_FIELD, then retry"
            )
        option = board.option(column)
        if option is None:
            raise park(
                f"Board {self._settings.project_number} has no column {column!r} (an option of its field "
                f"{self._settings.status_field!r}): add it, or correct LEADS_GITHUB__COLUMNS or the policy, then retry"
            )
        return board, option

    def _read_board(self) -> Board:
        variables = {
            "org": self._settings.org,
            "number": self._settings.project_number,
            "field": self._settings.status_field,
        }
        with github_errors("when looking at the board"):
            try:
                data = self._client.graphql(_BOARD, variables)
            except UnknownObjectException as error:
                if graphql_types(error) is None:  # the server has no GraphQL
                    raise
                raise missing_board(error, variables) from None
            return Board.model_validate(at(data, "organization", "projectV2"))

    def _issue(self, repo: str, number: int) -> _Issue:
        variables = {
            "org": self._settings.org,
            "repo": repo,
            "number": number,
            "field": self._settings.status_field,
        }
        with github_errors(f"when looking for the card of issue {number}"):
            try:
                data = self._client.graphql(_CARD, variables)
            except UnknownObjectException as error:
                if graphql_types(error) is not None and activity.info().attempt < _TIMEOUT:
                    raise again(f"GitHub does not show issue {number} yet") from None
                raise
            return _Issue.model_validate(at(data, "repository", "issue"))

    def _add(self, board: Board, issue: _Issue) -> Card:
        """Add the issue to the board. An issue that is there already keeps its card."""
        variables = {"board": board.id, "issue": issue.id, "field": self._settings.status_field}
        with github_errors("when adding a card to the board"):
            return Card.model_validate(at(self._change(_ADD, variables), "addProjectV2ItemById", "item"))

    def _move(self, board: Board, card: Card, option: str) -> None:
        with github_errors("when moving a card on the board"):
            if card.archived:  # an archived card cannot be moved
                self._restore(board, card)
            variables = {
                "board": board.id,
                "item": card.id,
                "field": board.field and board.field.id,
                "option": option,
            }
            self._change(_MOVE, variables)

    def _restore(self, board: Board, card: Card) -> None:
        with github_errors("when taking a card out of the board's archive"):
            self._change(_RESTORE, {"board": board.id, "item": card.id})

    def _change(self, mutation: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Run a mutation. If it names something that does not exist, forget the cached board and try again."""
        try:
            return self._client.graphql(mutation, variables)
        except GithubException as error:
            if (graphql_types(error) or frozenset()) & {"NOT_FOUND", "VALIDATION", "UNPROCESSABLE"}:
                with self._lock:
                    known, self._known = self._known, None
                if known and activity.info().attempt < _TIMEOUT:
                    raise again("The board has changed, or GitHub does not show the issue yet") from None
            raise


def missing_board(error: GithubException, variables: dict[str, Any]) -> Exception:
    """Return the error for a board, or an organization, that GitHub did not find."""
    path = error.data["errors"][0].get("path") or []
    if "projectV2" in path:
        return park(
            f"The organization {variables['org']} has no board {variables['number']} that we may see: correct "
            "LEADS_GITHUB__PROJECT_NUMBER, or grant organization projects (write), then retry"
        )
    return park(f"There is no organization {variables['org']}: correct LEADS_GITHUB__ORG, then retry")


def at(data: dict[str, Any], *path: str) -> Any:
    """Return the value at this path in an answer. Raises ValueError if there is none."""
    found: Any = data
    for name in path:
        if not isinstance(found, dict) or found.get(name) is None:
            raise ValueError(f"no {name}")
        found = found[name]
    return found
