"""Authentication and permissions."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import jwt

from sandbox.github.errors import ForbiddenError, GitHubError, NotFoundError, UnauthorizedError
from sandbox.github.records import (
    AUTOMATION,
    Access,
    App,
    Organization,
    Project,
    Repository,
    Token,
    User,
    current_time,
)
from sandbox.github.state import GitHubState

_MAY_TRIAGE: frozenset[Access] = frozenset({"triage", "write", "maintain", "admin"})
_MAY_WRITE = _MAY_TRIAGE - {"triage"}
_MAX_ASSERTION_LIFE = timedelta(minutes=10)
_TOKEN_LIFE = timedelta(hours=1)


@dataclass(frozen=True)
class Viewer:
    """The caller: anonymous, a person, an installation of the App (its token has permissions), or the App itself."""

    user: User | None = None
    token: Token | None = None
    app: App | None = None
    key: str = "anonymous"
    """Key of the caller's rate limit."""

    @property
    def actor(self) -> User:
        """The user who is recorded as the author of a write.

        Raises:
            UnauthorizedError: The caller is anonymous.
        """
        if self.user is None:
            raise UnauthorizedError("Requires authentication")
        return self.user

    @property
    def name(self) -> str:
        """Name of the caller in the journal."""
        return self.user.login if self.user else self.key

    @property
    def is_installation(self) -> bool:
        """True if the caller's token has an installation's permissions."""
        return self.token is not None and self.token.permissions is not None

    def _granted(self, permission: str) -> str:
        permissions = self.token.permissions if self.token else None
        return (permissions or {}).get(permission, "none")

    def _covers(self, repository: Repository) -> bool:
        return (
            self.token is None or self.token.repositories is None or repository.id in self.token.repositories
        )

    def sees(self, repository: Repository) -> bool:
        """Return True if the repository is visible to the caller."""
        if not repository.private:
            return True
        if self.is_installation:
            return self._covers(repository)
        return self.user is not None and self.user.id in repository.collaborators

    def may_read(self, repository: Repository, permission: str) -> bool:
        """Return True if the caller has this read permission (issues, contents) on the repository."""
        if self.is_installation and repository.private:
            return self._granted(permission) in ("read", "write")
        return self.sees(repository)

    def may_triage(self, repository: Repository) -> bool:
        """Return True if the caller may set labels and assignees, and change issues of others."""
        if self.is_installation:
            return self._covers(repository) and self._granted("issues") == "write"
        return self.user is not None and repository.collaborators.get(self.user.id) in _MAY_TRIAGE

    def must_read(self, repository: Repository, permission: str) -> None:
        """Require read permission. Raises NotFoundError or ForbiddenError."""
        if not self.sees(repository):
            raise NotFoundError
        if not self.may_read(repository, permission):
            raise ForbiddenError("Resource not accessible by integration")

    def must_take_part(self, repository: Repository) -> User:
        """Require the right to open issues and to comment: a visible repository, for an App also its permission.

        Raises NotFoundError, UnauthorizedError or ForbiddenError.
        """
        if not self.sees(repository):
            raise NotFoundError
        actor = self.actor
        if self.is_installation and not self.may_triage(repository):
            raise ForbiddenError("Resource not accessible by integration")
        return actor

    def must_triage(self, repository: Repository) -> User:
        """Require the triage role. Raises NotFoundError, UnauthorizedError or ForbiddenError."""
        actor = self.must_take_part(repository)
        if not self.may_triage(repository):
            raise ForbiddenError("Must have admin rights to Repository.")
        return actor

    def must_write(self, repository: Repository) -> User:
        """Require the write role, which a transfer of issues needs.

        Raises NotFoundError, UnauthorizedError or ForbiddenError.
        """
        actor = self.must_triage(repository)
        if not self.is_installation and repository.collaborators[actor.id] not in _MAY_WRITE:
            raise ForbiddenError("Must have write access to Repository.")
        return actor

    def must_push(self, repository: Repository) -> User:
        """Require the right to change files. GitHub answers people without it with 404.

        Raises NotFoundError, UnauthorizedError or ForbiddenError.
        """
        if not self.sees(repository):
            raise NotFoundError
        actor = self.actor
        if self.is_installation:
            if not self._covers(repository) or self._granted("contents") != "write":
                raise ForbiddenError("Resource not accessible by integration")
        elif repository.collaborators.get(actor.id) not in _MAY_WRITE:
            raise NotFoundError
        return actor

    def must_administer(self, repository: Repository) -> User:
        """Require a person with the admin role. Raises NotFoundError, UnauthorizedError or ForbiddenError."""
        actor = self.must_take_part(repository)
        if self.is_installation:
            raise ForbiddenError("Resource not accessible by integration")
        if repository.collaborators.get(actor.id) != "admin":
            raise ForbiddenError("Must have admin rights to Repository.")
        return actor

    def must_manage_hooks(self, state: GitHubState, repository: Repository | None) -> User:
        """Require the right to manage webhooks of the repository or, if that is None, of the organization.

        GitHub answers people without it with 404. Raises NotFoundError, UnauthorizedError or ForbiddenError.
        """
        actor = self.actor
        if self.is_installation:
            permission = "organization_hooks" if repository is None else "repository_hooks"
            if self._granted(permission) != "write":
                raise ForbiddenError("Resource not accessible by integration")
            return actor
        owns = actor.id in state.organization.owners
        if not owns and (repository is None or repository.collaborators.get(actor.id) != "admin"):
            raise NotFoundError
        return actor

    def is_member(self, organization: Organization) -> bool:
        """Return True if the caller may see the organization's members and teams."""
        if self.is_installation:
            return self._granted("members") in ("read", "write")
        return self.user is not None and self.user.id in organization.members

    def sees_project(self, project: Project, state: GitHubState) -> bool:
        """Return True if the board is visible to the caller."""
        if project.public:
            return True
        if self.is_installation:
            return self._granted("organization_projects") in ("read", "write", "admin")
        return self.user is not None and self.user.id in state.organization.members

    def must_edit_project(self, project: Project, state: GitHubState) -> User:
        """Require the right to change the board. Raises UnauthorizedError or ForbiddenError."""
        actor = self.actor
        if self.is_installation:
            if self._granted("organization_projects") not in ("write", "admin"):
                raise ForbiddenError("Resource not accessible by integration")
        elif actor.id not in state.organization.members:
            raise ForbiddenError(
                f"{actor.login} does not have the correct permissions to execute this mutation"
            )
        return actor


def as_person(user: User) -> Viewer:
    """Return a viewer for a user without a token, as the pages need it.

    The automation's bot gets the permissions that it needs.
    """
    if user.login == AUTOMATION:
        everything = {"issues": "write", "organization_projects": "write"}
        return Viewer(user=user, token=Token(user_id=user.id, permissions=everything), key=f"user {user.id}")
    return Viewer(user=user, key=f"user {user.id}")


def authenticate(state: GitHubState, headers: Mapping[str, str]) -> Viewer:
    """Return the caller that an Authorization header identifies.

    Raises:
        UnauthorizedError: The credentials are not valid.
    """
    header = headers.get("authorization")
    if header is None:
        return Viewer()
    scheme, _, credential = header.partition(" ")
    if scheme.lower() not in ("bearer", "token") or not credential:
        raise UnauthorizedError("Bad credentials")
    if credential.count(".") == 2:
        return _authenticate_app(state, credential)
    token = state.tokens.get(credential)
    if token is None or (token.expires_at is not None and token.expires_at <= current_time()):
        raise UnauthorizedError("Bad credentials")
    user = state.users[token.user_id]
    return Viewer(user=user, token=token, key=f"user {user.id}")


def _authenticate_app(state: GitHubState, assertion: str) -> Viewer:
    app = state.app
    undecodable = UnauthorizedError("A JSON web token could not be decoded")
    if app.public_key is None:
        raise undecodable
    try:
        # PyJWT would refuse an "iss" that is a number; it is compared below
        claims = jwt.decode(
            assertion,
            app.public_key,
            algorithms=["RS256"],
            options={"require": ["exp", "iss"], "verify_iss": False},
        )
    except jwt.ExpiredSignatureError:
        raise UnauthorizedError(
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which "
            "the assertion expires"
        ) from None
    except jwt.ImmatureSignatureError:
        raise UnauthorizedError(
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
        ) from None
    except jwt.InvalidTokenError:
        raise undecodable from None
    if claims["exp"] > (current_time() + _MAX_ASSERTION_LIFE).timestamp() + 1:
        raise UnauthorizedError("'Expiration time' claim ('exp') is too far in the future")
    if str(claims["iss"]) not in (str(app.id), app.client_id):
        raise NotFoundError("Integration not found")
    return Viewer(app=app, key=f"app {app.id}")


def grant(
    state: GitHubState, permissions: dict[str, str] | None, repositories: tuple[int, ...] | None
) -> tuple[str, Token]:
    """Create a token of the App's installation, valid for an hour. Return the secret and the token.

    Raises:
        GitHubError: The installation does not have all of these permissions.
    """
    had = state.app.permissions
    rank = {"read": 1, "write": 2, "admin": 3}
    for name, level in (permissions or {}).items():
        if rank[level] > rank.get(had.get(name, ""), 0):
            raise GitHubError(422, "The permissions requested are not granted to this installation.")
    secret = "ghs_" + secrets.token_hex(18)
    token = Token(
        user_id=state.app.bot_id,
        permissions={"metadata": "read", **permissions} if permissions else had,
        repositories=repositories,
        expires_at=current_time() + _TOKEN_LIFE,
    )
    state.tokens[secret] = token
    return secret, token
