"""Requests for setting up the team's repositories and board. Each write is safe to repeat."""

import base64
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from github import GithubException, UnknownObjectException
from pydantic import Field, TypeAdapter

from activities.errors import PARKED, park
from activities.github.board import at, missing_board
from activities.github.client import GitHubClient
from activities.github.errors import github_errors, graphql_types, translated
from activities.github.installation import FOR_SET_UP
from activities.github.models import Page
from process.types import DISCREET, Base

_BOARD = """
query($org: String!, $number: Int!, $field: String!) {
  organization(login: $org) { projectV2(number: $number) {
    id title url
    field(name: $field) {
      __typename
      ... on ProjectV2SingleSelectField { id options { id name color description } }
    }
    repositories(first: 100) { nodes { nameWithOwner } }
  } }
  __type(name: "ProjectV2SingleSelectFieldOptionInput") { inputFields { name } }
}"""
_VALUES = """
query($org: String!, $number: Int!, $field: String!, $after: String) {
  organization(login: $org) { projectV2(number: $number) {
    items(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { fieldValueByName(name: $field) { __typename } }
    }
  } }
}"""
_CREATE_FIELD = """
mutation($board: ID!, $name: String!, $options: [ProjectV2SingleSelectFieldOptionInput!]!) {
  createProjectV2Field(
    input: {projectId: $board, dataType: SINGLE_SELECT, name: $name, singleSelectOptions: $options}
  ) { projectV2Field { ... on ProjectV2SingleSelectField { id } } }
}"""
_SET_OPTIONS = """
mutation($field: ID!, $options: [ProjectV2SingleSelectFieldOptionInput!]!) {
  updateProjectV2Field(input: {fieldId: $field, singleSelectOptions: $options}) {
    projectV2Field { ... on ProjectV2SingleSelectField { options { id name color description } } }
  }
}"""
_REPOSITORY = """
query($org: String!, $repo: String!) { repository(owner: $org, name: $repo) { id } }"""
_LINK = """
mutation($board: ID!, $repository: ID!) {
  linkProjectV2ToRepository(input: {projectId: $board, repositoryId: $repository}) { repository { id } }
}"""


_BY_HAND = "put the file there yourself: `leads init-repos --files FOLDER` writes it"


class LabelSettings(Base):
    """A label of a repository with its colour and description."""

    name: str
    color: str
    description: str | None = None


class Column(Base):
    """A column of the board. A column to create has no id."""

    id: str | None = None
    name: str
    color: str
    description: str = ""


class BoardField(Base):
    """A field of the board."""

    kind: str = Field(alias="__typename")
    id: str | None = None
    options: list[Column] = []

    @property
    def is_single_select(self) -> bool:
        """True if the field's options can be columns."""
        return self.kind == "ProjectV2SingleSelectField"


class BoardSetup(Base):
    """The board before set-up."""

    id: str
    title: str
    url: str
    field: BoardField | None
    repositories: list[str]
    keeps_options: bool
    """True if GitHub accepts an option with its id, so that cards keep their values."""


class _Entry(Base):
    name: str


class _File(Base):
    content: str


_LABELS = TypeAdapter(Page[LabelSettings], config=DISCREET)
_ENTRIES = TypeAdapter(Page[_Entry], config=DISCREET)
_OPTIONS = TypeAdapter(Page[Column], config=DISCREET)


class GitHubSetupClient(GitHubClient):
    """Sends the requests. Raises ApplicationError as `github_errors` translates."""

    rights = FOR_SET_UP

    # Labels

    def label_settings(self, repo: str) -> list[LabelSettings]:
        """Return all labels of the repository."""
        with github_errors(f"when listing the labels of {repo}"):
            pages = self._pages(f"{self._path(repo)}/labels", {})
            return [label for page in pages for label in _LABELS.validate_python(page)]

    def create_label(self, repo: str, label: LabelSettings) -> bool:
        """Create the label. Return False if there is one of that name."""
        with github_errors(f"when making the label {label.name} in {repo}"):
            try:
                self._rest("POST", f"{self._path(repo)}/labels", label.model_dump())
            except GithubException as error:
                if error.status == 422 and "already_exists" in _codes(error):
                    return False
                raise
            return True

    # Files

    def file_names(self, repo: str, folder: str) -> set[str]:
        """Return the names of a folder's files, or an empty set if there is no such folder."""
        doing = f"when looking for files in {repo}"
        with github_errors(doing), self._contents(repo, doing):
            answer = self._if_there(self._file(repo, folder))
            return {entry.name for entry in _ENTRIES.validate_python(answer or [])}

    def file_text(self, repo: str, path: str) -> str | None:
        """Return the text of a file, or None if there is no such file."""
        doing = f"when reading {path} of {repo}"
        with github_errors(doing), self._contents(repo, doing):
            answer = self._if_there(self._file(repo, path))
            if answer is None:
                return None
            return base64.b64decode(_File.model_validate(answer).content).decode(errors="replace")

    def create_file(self, repo: str, path: str, text: str, message: str) -> bool:
        """Create a file on the default branch. Return False if it exists; then it stays as it is."""
        doing = f"when putting {path} into {repo}"
        given = {"message": message, "content": base64.b64encode(text.encode()).decode()}
        with github_errors(doing), self._contents(repo, doing):
            try:
                self._rest("PUT", self._file(repo, path), given)
            except GithubException as error:
                if error.status == 422 and "sha" in _message(error):  # GitHub asks which version to replace
                    return False
                if error.status == 409 and "pull request" in _message(error):
                    raise park(f"{repo} takes changes by pull request only: {_BY_HAND}") from None
                raise
            return True

    # The board

    def board(self) -> BoardSetup:
        """Return the board with its field and columns."""
        with github_errors("when looking at the board"):
            try:
                data = self.graphql(_BOARD, self._board_variables())
            except UnknownObjectException as error:
                if graphql_types(error) is None:
                    raise
                raise missing_board(error, self._board_variables()) from None
            board = at(data, "organization", "projectV2")
            known = (data.get("__type") or {}).get("inputFields") or []
            return BoardSetup.model_validate(
                {
                    **board,
                    "repositories": [each["nameWithOwner"] for each in at(board, "repositories", "nodes")],
                    "keeps_options": any(each["name"] == "id" for each in known),
                }
            )

    def has_values(self) -> bool:
        """Return True if any card, archived or not, has a value in the board's field."""
        after = None
        with github_errors("when looking at the board's cards"):
            while True:
                data = self.graphql(_VALUES, {**self._board_variables(), "after": after})
                page = at(data, "organization", "projectV2", "items")
                if any(node and node["fieldValueByName"] for node in page["nodes"]):
                    return True
                if not page["pageInfo"]["hasNextPage"]:
                    return False
                after = page["pageInfo"]["endCursor"]

    def create_field(self, board: BoardSetup, options: Collection[Column]) -> bool:
        """Create the single-select field with these columns. Return False if there is a field of that name."""
        name = self.settings.status_field
        with github_errors(f"when making the field {name} of the board"):
            try:
                self.graphql(
                    _CREATE_FIELD, {"board": board.id, "name": name, "options": _option_inputs(options)}
                )
            except GithubException as error:
                if "UNPROCESSABLE" in (graphql_types(error) or ()) and self.board().field is not None:
                    return False
                raise
            return True

    def set_options(self, field: BoardField, options: Collection[Column]) -> list[Column]:
        """Replace all columns of the field. Return the columns that it has then."""
        with github_errors("when adding columns to the board"):
            data = self.graphql(_SET_OPTIONS, {"field": field.id, "options": _option_inputs(options)})
            return _OPTIONS.validate_python(at(data, "updateProjectV2Field", "projectV2Field", "options"))

    def link(self, board: BoardSetup, repo: str) -> None:
        """Link the board to the repository. It may be linked already."""
        with github_errors(f"when linking the board to {repo}"):
            data = self.graphql(_REPOSITORY, {"org": self.settings.org, "repo": repo})
            self.graphql(_LINK, {"board": board.id, "repository": at(data, "repository", "id")})

    # Helpers

    @contextmanager
    def _contents(self, repo: str, doing: str) -> Iterator[None]:
        """Translate failures about files, which need a right of their own."""
        try:
            yield
        except GithubException as error:
            failed = translated(error, doing)
            if failed.type == PARKED and error.status in (403, 404):
                raise park(
                    f"GitHub answered {error.status} {doing}: grant contents (write) on {repo}, which only this "
                    f"command needs, or {_BY_HAND}"
                ) from None
            raise failed from None

    def _file(self, repo: str, path: str) -> str:
        return f"{self._path(repo)}/contents/{quote(path)}"

    def _board_variables(self) -> dict[str, Any]:
        return {
            "org": self.settings.org,
            "number": self.settings.project_number,
            "field": self.settings.status_field,
        }


def _option_inputs(options: Collection[Column]) -> list[dict[str, str]]:
    return [option.model_dump(exclude_none=True) for option in options]


def _message(error: GithubException) -> str:
    return str(error.data.get("message", "")) if isinstance(error.data, dict) else ""


def _codes(error: GithubException) -> set[str]:
    errors = error.data.get("errors") if isinstance(error.data, dict) else None
    return {str(each.get("code")) for each in errors or () if isinstance(each, dict)}
