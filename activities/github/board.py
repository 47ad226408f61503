"""The organization's Projects v2 board: one card per lead, in the column of its stage."""

import threading
import time
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from github import GithubException, UnknownObjectException
from pydantic import AliasPath, BaseModel, Field
from temporalio import activity

from activities.checks import Check
from activities.errors import again, park
from activities.github.authors import Author, card_author
from activities.github.client import GitHubClient
from activities.github.errors import github_errors, graphql_types
from config.settings import GitHub
from process.github.edits import Edit, EditKind
from process.policy import BUILT_IN, Policy
from process.types import Stage

FRESH = timedelta(minutes=5)
"""How long a worker believes what it knows of the board's fields and columns."""

_TIMEOUT = 5
"""Attempts after which an issue that GraphQL does not find counts as missing; a new one takes it some seconds."""

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


class _Option(BaseModel):
    id: str
    name: str


class _Field(BaseModel):
    id: str | None = None
    options: list[_Option] = []


class Board(BaseModel):
    """The board, and the field whose options are its columns."""

    id: str
    title: str
    field: _Field | None

    def option(self, name: str) -> str | None:
        """Id of the column of this name."""
        return (
            next((option.id for option in self.field.options if option.name == name), None)
            if self.field
            else None
        )

    def column(self, option: str | None) -> str:
        """Name of the column with this id; empty if there is none."""
        options = self.field.options if self.field else []
        return next((each.name for each in options if each.id == option), "")


class Card(BaseModel):
    """An issue on a board."""

    id: str
    archived: bool = Field(alias="isArchived")
    board: str = Field(validation_alias=AliasPath("project", "id"))
    value: dict[str, str] | None = Field(alias="fieldValueByName")

    @property
    def option(self) -> str | None:
        return (self.value or {}).get("optionId")


class _Issue(BaseModel):
    id: str
    cards: list[Card] = Field(validation_alias=AliasPath("projectItems", "nodes"))

    def card(self, board: Board) -> Card | None:
        return next((card for card in self.cards if card.board == board.id), None)


class PlacedCard(NamedTuple):
    """A card, and whether it is where it was to be."""

    card: str
    there: bool


def columns_of(settings: GitHub, policy: Policy) -> Mapping[Stage, str]:
    """Names of the board's columns: the policy's own, or the settings' where nobody chose that policy."""
    return settings.columns if policy.version == BUILT_IN else policy.columns


class GitHubBoard:
    """Places cards. What it knows of the board is shared by all threads for some minutes."""

    def __init__(self, client: GitHubClient) -> None:
        self._client = client
        self._settings = client.settings
        self._lock = threading.Lock()
        self._known: tuple[float, Board] | None = None

    def card(self, repo: str, number: int) -> Card | None:
        """The issue's card, if it has one."""
        return self._issue(repo, number).card(self._read_board())

    def place(
        self, repo: str, number: int, column: str, *, restore: bool, ours: Collection[str | None] | None
    ) -> PlacedCard:
        """The issue's card in this column, added if there is none, out of the archive if that is wanted.

        `ours` are the columns where it stands by us: elsewhere, a person put it, and it stays. None: it is put anyhow.
        """
        board, option = self._board_with(column)
        issue = self._issue(repo, number)
        card = issue.card(board) or self._add(board, issue)
        stands = board.column(card.option)
        if card.option != option:
            if (
                ours is not None
                and stands
                and stands not in ours
                and not self._mover(repo, number, board).ours
            ):
                return PlacedCard(card.id, there=False)
            self._move(board, card, option)
        elif card.archived and restore:
            self._restore(board, card)
        return PlacedCard(card.id, there=True)

    def moved(self, repo: str, number: int, column: str) -> Edit | None:
        """Where somebody else put the card that stood in this column; None where it is there, or is to be left."""
        board, option = self._board_with(column)
        card = self._issue(repo, number).card(board)
        if card is None or card.archived or card.option == option:
            return None
        mover = self._mover(repo, number, board)
        if mover.ours and not mover.program:
            return None
        return Edit(
            kind=EditKind.PLACED,
            name=board.column(card.option),
            id=mover.id,
            by=mover.login,
            at=mover.at,
            by_program=mover.program,
        )

    def checks(self, columns: Collection[str]) -> Iterator[Check]:
        """Whether the board, its field and these columns are there."""
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

    def _mover(self, repo: str, number: int, board: Board) -> Author:
        return card_author(self._client, repo, number, board.id)

    def _board_with(self, column: str) -> tuple[Board, str]:
        known = self._known
        if known and time.monotonic() < known[0] and (option := known[1].option(column)):
            return known[1], option
        board = self._read_board()
        with self._lock:
            self._known = (time.monotonic() + FRESH.total_seconds(), board)
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
        asked = {
            "org": self._settings.org,
            "number": self._settings.project_number,
            "field": self._settings.status_field,
        }
        with github_errors("when looking at the board"):
            try:
                data = self._client.graphql(_BOARD, asked)
            except UnknownObjectException as error:
                if graphql_types(error) is None:  # there is no GraphQL there at all
                    raise
                raise missing_board(error, asked) from None
            return Board.model_validate(at(data, "organization", "projectV2"))

    def _issue(self, repo: str, number: int) -> _Issue:
        asked = {
            "org": self._settings.org,
            "repo": repo,
            "number": number,
            "field": self._settings.status_field,
        }
        with github_errors(f"when looking for the card of issue {number}"):
            try:
                data = self._client.graphql(_CARD, asked)
            except UnknownObjectException as error:
                if graphql_types(error) is not None and activity.info().attempt < _TIMEOUT:
                    raise again(f"GitHub does not show issue {number} yet") from None
                raise
            return _Issue.model_validate(at(data, "repository", "issue"))

    def _add(self, board: Board, issue: _Issue) -> Card:
        """Adds the issue to the board; one that is there already keeps its card."""
        asked = {"board": board.id, "issue": issue.id, "field": self._settings.status_field}
        with github_errors("when adding a card to the board"):
            return Card.model_validate(at(self._change(_ADD, asked), "addProjectV2ItemById", "item"))

    def _move(self, board: Board, card: Card, option: str) -> None:
        with github_errors("when moving a card on the board"):
            if card.archived:  # an archived card cannot be moved, and one that moves is to be seen
                self._restore(board, card)
            asked = {
                "board": board.id,
                "item": card.id,
                "field": board.field and board.field.id,
                "option": option,
            }
            self._change(_MOVE, asked)

    def _restore(self, board: Board, card: Card) -> None:
        with github_errors("when taking a card out of the board's archive"):
            self._change(_RESTORE, {"board": board.id, "item": card.id})

    def _change(self, mutation: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Runs a mutation. If what it names is not there, the board may have changed since we looked: look again."""
        try:
            return self._client.graphql(mutation, asked)
        except GithubException as error:
            if (graphql_types(error) or frozenset()) & {"NOT_FOUND", "VALIDATION", "UNPROCESSABLE"}:
                with self._lock:
                    known, self._known = self._known, None
                if known and activity.info().attempt < _TIMEOUT:
                    raise again("The board or the issue is not (or not yet) as we know it") from None
            raise


def missing_board(error: GithubException, asked: dict[str, Any]) -> Exception:
    """What it means that GitHub did not find the organization's board."""
    path = error.data["errors"][0].get("path") or []
    if "projectV2" in path:
        return park(
            f"The organization {asked['org']} has no board {asked['number']} that we may see: correct "
            "LEADS_GITHUB__PROJECT_NUMBER, or grant organization projects (write), then retry"
        )
    return park(f"There is no organization {asked['org']}: correct LEADS_GITHUB__ORG, then retry")


def at(data: dict[str, Any], *path: str) -> Any:
    """What stands there in an answer. Raises ValueError if the answer has another shape."""
    found: Any = data
    for name in path:
        if not isinstance(found, dict) or found.get(name) is None:
            raise ValueError(f"no {name}")
        found = found[name]
    return found
