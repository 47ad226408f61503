"""The GitHub App's installation: the rights it has, and tokens with no more of them than the service needs."""

from collections.abc import Collection, Mapping
from typing import Any

from github import Auth, GithubException
from github.InstallationAuthorization import InstallationAuthorization

from process.types import Base

NEEDED: Mapping[str, str] = {
    "metadata": "read",
    "issues": "write",
    "organization_projects": "write",
    "members": "read",  # only if teams decide for a role
}
"""The rights of a token in daily work, as far as the installation has them."""
FOR_SET_UP: Mapping[str, str] = {**NEEDED, "contents": "write"}
"""The rights of a token for setting up repositories and board."""
_RANKS = {"read": 1, "write": 2, "admin": 3}


class Installation(Base):
    """The installation, as GitHub describes it."""

    permissions: dict[str, str]
    repository_selection: str = ""

    def allowed(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """Return the wanted rights as far as the installation has them: GitHub refuses a token with others."""
        return {
            name: min(level, self.permissions[name], key=_rank)
            for name, level in wanted.items()
            if name in self.permissions
        }

    def excess(self) -> list[str]:
        """Return the rights that the service does not need, as text."""
        return [
            f"{name} ({level})"
            for name, level in sorted(self.permissions.items())
            if _rank(level) > _rank(NEEDED.get(name, ""))
        ]


def _rank(level: str) -> int:
    return _RANKS.get(level, 0)


class NarrowAuth(Auth.AppInstallationAuth):
    """Signs requests with tokens for these repositories and rights only. PyGithub can narrow the rights alone."""

    def __init__(
        self, app_auth: Auth.AppAuth, installation_id: int, repos: Collection[str], wanted: Mapping[str, str]
    ) -> None:
        super().__init__(app_auth, installation_id)
        self._repos = sorted(repos)
        self._wanted = wanted

    def _get_installation_authorization(self) -> InstallationAuthorization:
        requester = self.requester  # signs as the App
        path = f"/app/installations/{self.installation_id}"
        _, found = requester.requestJsonAndCheck("GET", path)
        narrow: dict[str, Any] = {"permissions": Installation.model_validate(found).allowed(self._wanted)}
        try:
            headers, answer = requester.requestJsonAndCheck(
                "POST", f"{path}/access_tokens", input={**narrow, "repositories": self._repos}
            )
        except GithubException as error:
            if error.status != 422:
                raise
            # A repository was renamed, and only requests about it are redirected, or is not there yet.
            headers, answer = requester.requestJsonAndCheck("POST", f"{path}/access_tokens", input=narrow)
        return InstallationAuthorization(requester=requester, headers=headers, attributes=answer)
