"""The client of GitHub's REST and GraphQL APIs, on PyGithub.

PyGithub does authentication, tokens, versions and errors. Answers are parsed into our own models: PyGithub's objects send
further requests for missing fields, and accept a proxy's HTML page as an issue without a number.
"""

import itertools
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import quote, urlsplit

from github import Auth, Github, GithubException
from github.Requester import Requester
from pydantic import AwareDatetime, Field, TypeAdapter

from activities.errors import Missing
from activities.github.connections import STATUS, moved_to
from activities.github.credentials import connect, connect_as_app
from activities.github.errors import github_errors, graphql_types, limit_of
from activities.github.installation import NEEDED, Installation
from activities.github.models import Account, Comment, Issue, Label, Page, Reaction, Repository
from activities.github.rate_limits import Api, guard_for
from activities.github.seals import Seal
from activities.github.text import unix
from config.groups import GitHub
from process.types import DISCREET, Base

PER_PAGE = 100
REDIRECTS = 5
"""Redirects that one request follows: from renamed repositories, and from transferred issues."""


class _CommentText(Base):
    body: str
    last_edited_at: AwareDatetime | None = Field(alias="lastEditedAt")


T = TypeVar("T", Issue, Comment)


class _Numbered(Base):
    number: int


class _Content(Base):
    number: int = 0
    repository: Label = Label(name="")


class _CardIssue(Base):
    project: _Numbered
    content: _Content


_CARD = """
query($id: ID!) {
  node(id: $id) {
    ... on ProjectV2Item { project { number } content { ... on Issue { number repository { name } } } }
  }
}
"""
_ISSUES = TypeAdapter(Page[Issue], config=DISCREET)
_COMMENTS = TypeAdapter(Page[Comment], config=DISCREET)
_ACCOUNTS = TypeAdapter(Page[Account], config=DISCREET)
_REACTIONS = TypeAdapter(Page[Reaction], config=DISCREET)
_LABELS = TypeAdapter(Page[Label], config=DISCREET)


class ChangedItems(NamedTuple, Generic[T]):
    """A page of a listing of changes."""

    items: list[T]
    last: bool
    """True if no page follows."""
    etag: str = ""
    """The ETag with which an unchanged listing costs nothing; only of a listing of one page."""


class GitHubClient:
    """Sends the requests, with one PyGithub client per thread. Raises ApplicationError as `github_errors` translates.

    While a rate limit holds for these credentials, no request is sent.
    """

    rights = NEEDED
    """Rights of a GitHub App's tokens. Those of a token that is given in the settings are what they are."""

    def __init__(self, settings: GitHub, keys: Sequence[str] = ()) -> None:
        """`keys` sign what we remember in descriptions; without any, the credentials do."""
        self.settings = settings
        self.seal = Seal.of(settings, keys)
        self._rate_limits = guard_for(settings)
        self._per_thread = threading.local()
        self._login = ""
        self._login_lock = threading.Lock()

    # Issues

    def issues(self, repo: str, *, since: datetime) -> Iterator[Issue]:
        """Yield every issue created at or after `since`, open and closed, newest first.

        This is a plain listing, because search and label filters lag minutes behind.
        """
        parameters = {"state": "all", "sort": "created", "direction": "desc"}
        with github_errors(f"when listing the issues of {repo}"):
            for page in self._pages(f"{self._path(repo)}/issues", parameters):
                for issue in map(self._opened, _ISSUES.validate_python(page)):
                    if issue.created_at < since:
                        return
                    if issue.pull_request is None:
                        yield issue

    def changed_issues(
        self, repo: str, *, since: datetime, etag: str = "", label: str = ""
    ) -> Iterator[ChangedItems[Issue]]:
        """Yield pages of the issues changed at or after `since`; no page if the listing still has this ETag.

        `label` restricts it to open issues with that label.
        """
        which = {"state": "open", "labels": label} if label else {"state": "all"}
        with github_errors(f"when listing what changed in the issues of {repo}"):
            for page in self._changes(f"{self._path(repo)}/issues", which, since, etag, _ISSUES):
                items = [self._opened(each) for each in page.items if each.pull_request is None]
                yield page._replace(items=items)

    def changed_comments(
        self, repo: str, *, since: datetime, etag: str = ""
    ) -> Iterator[ChangedItems[Comment]]:
        """Yield pages of the comments on all issues changed at or after `since`; none if it still has this ETag."""
        with github_errors(f"when listing the new comments in {repo}"):
            yield from self._changes(f"{self._path(repo)}/issues/comments", {}, since, etag, _COMMENTS)

    def issue(self, repo: str, number: int) -> Issue:
        """Return the issue."""
        with github_errors(f"when reading issue {number} of {repo}"):
            return self._opened(
                Issue.model_validate(self._rest("GET", f"{self._path(repo)}/issues/{number}"))
            )

    def find_issue(self, repo: str, number: int) -> Issue | None:
        """Return the issue, or None if it does not exist."""
        with github_errors(f"when reading issue {number} of {repo}"):
            answer = self._if_there(f"{self._path(repo)}/issues/{number}")
            return self._opened(Issue.model_validate(answer)) if answer is not None else None

    def create_issue(
        self, repo: str, *, title: str, body: str, labels: list[str], settle: timedelta
    ) -> Issue:
        """Create the issue. `settle` is the delay before the next attempt, if this one fails."""
        with github_errors(f"when opening an issue in {repo}", settle=settle):
            given = {"title": title, "body": body, "labels": labels}
            return self._opened(Issue.model_validate(self._rest("POST", f"{self._path(repo)}/issues", given)))

    def edit_issue(self, repo: str, number: int, changes: dict[str, str]) -> None:
        """Set these fields of the issue."""
        with github_errors(f"when changing issue {number} of {repo}"):
            Issue.model_validate(self._rest("PATCH", f"{self._path(repo)}/issues/{number}", changes))

    def add_labels(self, repo: str, number: int, names: list[str]) -> None:
        """Add labels to the issue."""
        with github_errors(f"when labelling issue {number} of {repo}"):
            answer = self._rest("POST", f"{self._path(repo)}/issues/{number}/labels", {"labels": names})
            _LABELS.validate_python(answer)

    def remove_label(self, repo: str, number: int, name: str) -> None:
        """Remove one label. It need not be there."""
        with github_errors(f"when taking a label off issue {number} of {repo}"):
            try:
                answer = self._rest(
                    "DELETE", f"{self._path(repo)}/issues/{number}/labels/{quote(name, safe='')}"
                )
            except GithubException as error:
                if error.status == 404:
                    return
                raise
            _LABELS.validate_python(answer)

    # Comments

    def comment(self, repo: str, number: int) -> Comment | None:
        """Return the comment with this id, or None if it was deleted."""
        with github_errors(f"when reading a comment in {repo}"):
            answer = self._if_there(f"{self._path(repo)}/issues/comments/{number}")
            return Comment.model_validate(answer) if answer is not None else None

    def comments(self, repo: str, issue: int, *, since: datetime) -> Iterator[list[Comment]]:
        """Yield pages of the issue's comments changed at or after `since`, oldest first."""
        path, start = f"{self._path(repo)}/issues/{issue}/comments", since.strftime("%Y-%m-%dT%H:%M:%SZ")
        with github_errors(f"when listing the comments of issue {issue} of {repo}"):
            for page in self._pages(path, {"since": start}):
                yield _COMMENTS.validate_python(page)

    def is_edited(self, comment: Comment) -> bool:
        """Return True unless the comment's text is the one that its author created it with. Raises Missing.

        Its two times don't tell: they are equal for an edit within the same second.
        """
        query = "query($id: ID!) { node(id: $id) { ... on IssueComment { body lastEditedAt } } }"
        with github_errors("when looking if a comment was edited"):
            node = self.graphql(query, {"id": comment.node_id})["node"]
            if not node:
                raise Missing("GitHub no longer shows the comment")
            seen = _CommentText.model_validate(node)
            return seen.last_edited_at is not None or unix(seen.body) != unix(comment.text)

    def is_us(self, account: Account | None) -> bool:
        """Return True if this is the account of the service's credentials."""
        return account is not None and bare_login(account.login) == self.login()

    def login(self) -> str:
        """Return the login of the credentials' account in lower case, without [bot]. It is read once."""
        with self._login_lock:
            if not self._login:
                with github_errors("when reading the credentials' account"):
                    viewer = self.graphql("{ viewer { login } }", {})["viewer"]
                    self._login = bare_login(Account.model_validate(viewer).login)
            return self._login

    def create_comment(self, repo: str, issue: int, body: str, *, settle: timedelta) -> int:
        """Create a comment, and return its id. `settle` is the delay before the next attempt, if this one fails."""
        with github_errors(f"when commenting on issue {issue} of {repo}", settle=settle):
            path = f"{self._path(repo)}/issues/{issue}/comments"
            return Comment.model_validate(self._rest("POST", path, {"body": body})).id

    def edit_comment(self, repo: str, number: int, body: str) -> bool:
        """Set the text of a comment. Return False if it was deleted."""
        with github_errors(f"when changing a comment in {repo}"):
            try:
                answer = self._rest("PATCH", f"{self._path(repo)}/issues/comments/{number}", {"body": body})
            except GithubException as error:
                if error.status in (404, 410):
                    return False
                raise
            Comment.model_validate(answer)
            return True

    def delete_comment(self, repo: str, number: int) -> None:
        """Delete one of our comments. It need not be there."""
        with github_errors(f"when deleting a comment in {repo}"):
            self._delete(f"{self._path(repo)}/issues/comments/{number}")

    def reactions(self, repo: str, comment: int) -> list[Reaction]:
        """Return all reactions to a comment."""
        with github_errors(f"when listing the reactions to a comment in {repo}"):
            pages = self._pages(f"{self._path(repo)}/issues/comments/{comment}/reactions", {})
            return [reaction for page in pages for reaction in _REACTIONS.validate_python(page)]

    def react(self, repo: str, comment: int, content: str) -> bool:
        """Add our reaction to a comment. Return False if it was there already."""
        with github_errors(f"when reacting to a comment in {repo}"):
            path = f"{self._path(repo)}/issues/comments/{comment}/reactions"
            headers, answer = self._request("POST", path, {"content": content})
            Reaction.model_validate(answer)
            return bool(headers[STATUS] == str(HTTPStatus.CREATED))

    def remove_reaction(self, repo: str, comment: int, reaction: int) -> None:
        """Remove one of our reactions. It need not be there."""
        with github_errors(f"when removing a reaction in {repo}"):
            self._delete(f"{self._path(repo)}/issues/comments/{comment}/reactions/{reaction}")

    def team(self, slug: str) -> frozenset[str] | None:
        """Return the logins of a team's members in lower case, or None if the team does not exist or is hidden."""
        path = f"/orgs/{quote(self.settings.org, safe='')}/teams/{quote(slug, safe='')}/members"
        with github_errors(f"when listing the team {slug}"):
            try:
                pages = list(self._pages(path, {}))
            except GithubException as error:
                if error.status == 404:
                    return None
                raise
            return frozenset(
                account.login.casefold() for page in pages for account in _ACCOUNTS.validate_python(page)
            )

    # Requests of `leads check`

    def has_user(self, login: str) -> bool:
        """Return True if GitHub has an account of this name."""
        with github_errors(f"when looking for the account {login}"):
            try:
                self._rest("GET", f"/users/{quote(login, safe='')}")
            except GithubException as error:
                if error.status == 404:
                    return False
                raise
            return True

    def repository(self, repo: str) -> Repository:
        """Return the repository."""
        with github_errors(f"when looking at {self.settings.org}/{repo}"):
            return Repository.model_validate(self._rest("GET", self._path(repo)))

    def labels(self, repo: str) -> set[str]:
        """Return the names of the repository's labels in lower case."""
        with github_errors(f"when listing the labels of {repo}"):
            pages = self._pages(f"{self._path(repo)}/labels", {})
            return {label.name.casefold() for page in pages for label in _LABELS.validate_python(page)}

    def installation(self) -> Installation | None:
        """Return the GitHub App's installation, or None for a token, whose permissions are unknown."""
        auth = self._client().requester.auth
        if not isinstance(auth, Auth.AppInstallationAuth):
            return None
        with (
            github_errors("when looking at the GitHub App's installation"),
            connect_as_app(self.settings) as app,
        ):
            _, answer = app.requester.requestJsonAndCheck("GET", f"/app/installations/{auth.installation_id}")
            return Installation.model_validate(answer)

    # Cards

    def issue_of_card(self, card: str) -> tuple[str, int] | None:
        """Return repository and number of the issue of a card on the leads' board, or None for any other card."""
        with github_errors("when reading the issue of a card"):
            try:
                node = self.graphql(_CARD, {"id": card})["node"]
            except GithubException as error:
                if "NOT_FOUND" in (graphql_types(error) or ()):
                    return None
                raise
            seen = _CardIssue.model_validate(node) if node and node.get("content") else None
        if seen is None or seen.project.number != self.settings.project_number or not seen.content.number:
            return None
        return seen.content.repository.name, seen.content.number

    # GraphQL

    def graphql(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Return `data` of the answer. Raises PyGithub's exceptions, since the meaning of NOT_FOUND depends on the query."""
        with self._limited("graphql", writes=query.lstrip().startswith("mutation")):
            _, answer = self._requester().graphql_query(query, variables)
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict):
            raise ValueError("no data")
        return data

    def graphql_partly(
        self, query: str, variables: dict[str, Any], optional: Collection[str]
    ) -> dict[str, Any]:
        """Return `data` of the answer. It is null where something in the fields `optional` does not exist, or is hidden."""
        try:
            return self.graphql(query, variables)
        except GithubException as error:
            if graphql_types(error) != frozenset({"NOT_FOUND"}):
                raise
            found = error.data.get("data")
            missing = [(each.get("path") or [""])[0] for each in error.data["errors"]]
            if isinstance(found, dict) and all(field in optional for field in missing):
                return found
            raise

    # Helpers

    def _opened(self, issue: Issue) -> Issue:
        """Return the issue without memory in its description that is not signed."""
        return issue.model_copy(update={"body": self.seal.opened(issue.text)})

    def _path(self, repo: str) -> str:
        return f"/repos/{quote(self.settings.org, safe='')}/{quote(repo, safe='')}"

    def _rest(self, verb: str, path: str, given: Any = None) -> Any:
        return self._request(verb, path, given)[1]

    def _if_there(self, path: str) -> Any:
        try:
            return self._rest("GET", path)
        except GithubException as error:
            if error.status in (404, 410):
                return None
            raise

    def _delete(self, path: str) -> None:
        try:
            self._rest("DELETE", path)
        except GithubException as error:
            if error.status != 404:
                raise

    def _pages(self, path: str, parameters: dict[str, Any]) -> Iterator[Any]:
        for page in itertools.count(1):
            headers, answer = self._request(
                "GET", path, parameters={**parameters, "per_page": PER_PAGE, "page": page}
            )
            yield answer
            if 'rel="next"' not in headers.get("link", ""):
                return

    def _changes(
        self, path: str, parameters: dict[str, Any], since: datetime, etag: str, kind: TypeAdapter[list[T]]
    ) -> Iterator[ChangedItems[T]]:
        """Yield pages of the items in the order of their change.

        An item that changes in the meantime moves to the end of the listing. So each page is requested from the time at
        which the previous one ended, and no item is skipped; those at that time are listed twice.
        """
        page, start, first = 1, since, True
        while True:
            asked = {"sort": "updated", "direction": "asc", "since": start.strftime("%Y-%m-%dT%H:%M:%SZ")}
            headers, answer = self._request(
                "GET",
                path,
                parameters={**parameters, **asked, "per_page": PER_PAGE, "page": page},
                headers={"If-None-Match": etag} if etag and first else None,
            )
            if answer is None and etag and first:
                return
            items = kind.validate_python(answer)
            last = 'rel="next"' not in headers.get("link", "") or not items
            yield ChangedItems(items, last, headers.get("etag", "") if first and last else "")
            if last:
                return
            ended = items[-1].updated_at
            start, page, first = (ended, 1, False) if ended > start else (start, page + 1, False)

    def _request(
        self,
        verb: str,
        path: str,
        given: Any = None,
        parameters: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[dict[str, Any], Any]:
        """Return headers and content of the answer; the content is None for an unchanged ETag. Raises PyGithub's errors."""
        with self._limited("rest", writes=verb != "GET", path=path if verb == "POST" else ""):
            for _ in range(REDIRECTS):
                answer = self._requester().requestJsonAndCheck(
                    verb, path, parameters=parameters, headers=headers, input=given
                )
                if (moved := moved_to(*answer)) is None:
                    return answer
                if urlsplit(moved).netloc != urlsplit(self.settings.api_url).netloc:
                    raise RuntimeError("redirected to another host")
                path, parameters = moved, None if urlsplit(moved).query else parameters
            raise RuntimeError("redirected again and again")

    @contextmanager
    def _limited(self, api: Api, *, writes: bool, path: str = "") -> Iterator[None]:
        """Guard a request: wait for its turn, remember a new rate limit, and forget a rejected token.

        Raises ApplicationError while a rate limit holds.
        """
        self._rate_limits.take_turn(api, writes=writes, path=path)
        try:
            yield
        except GithubException as error:
            if limit := limit_of(error):
                self._rate_limits.block(api, limit)
            if error.status == 401:
                self._per_thread.client = None
            raise

    def _requester(self) -> Requester:
        return self._client().requester

    def _client(self) -> Github:
        """Return this thread's client. It keeps a GitHub App's token until that expires."""
        client: Github | None = getattr(self._per_thread, "client", None)
        if client is None:
            client = self._per_thread.client = connect(self.settings, self.rights)
        return client


def bare_login(login: str) -> str:
    """Return the login in lower case, without the suffix [bot], which an App's login has in REST but not in GraphQL."""
    return login.removesuffix("[bot]").casefold()
