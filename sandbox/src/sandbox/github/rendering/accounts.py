"""People, the organization with its teams, and the App, as REST returns them."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from sandbox.github.records import Organization, Team, Token, User
from sandbox.github.state import GitHubState

Json = dict[str, Any]

_USER_URLS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}


def time(at: datetime) -> str:
    """Return the time in GitHub's format."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class AccountRenderer:
    """Renders accounts, their memberships and the App."""

    def __init__(self, state: GitHubState, base: str) -> None:
        self.state = state
        self.base = base
        self.api = f"{base}/api/v3"

    def user(self, user: User) -> Json:
        """Return a user in the short form that other objects contain."""
        is_bot = user.type == "Bot"
        page = f"{self.base}/apps/{self.state.app.slug}" if is_bot else f"{self.base}/{user.login}"
        return {
            **self._account(user.login, user.id, user.node_id, page),
            "type": user.type,
            "user_view_type": "public",
            "site_admin": False,
        }

    def _account(self, login: str, number: int, node_id: str, page: str) -> Json:
        url = f"{self.api}/users/{quote(login)}"
        return {
            "login": login,
            "id": number,
            "node_id": node_id,
            "avatar_url": f"{self.base}/avatars/u/{number}?v=4",
            "gravatar_id": "",
            "url": url,
            "html_url": page,
            **{name: url + tail for name, tail in _USER_URLS.items()},
        }

    def full_user(self, user: User) -> Json:
        """Return a user with the profile, as `GET /users/{username}` does."""
        return {
            **self.user(user),
            "name": user.name,
            "company": None,
            "blog": "",
            "location": None,
            "email": None,
            "hireable": None,
            "bio": None,
            "twitter_username": None,
            "public_repos": 0,
            "public_gists": 0,
            "followers": 0,
            "following": 0,
            "created_at": time(user.created_at),
            "updated_at": time(user.created_at),
        }

    def owner(self, organization: Organization) -> Json:
        """Return the organization in the shape of an account."""
        return {
            **self._account(
                organization.login, organization.id, organization.node_id, f"{self.base}/{organization.login}"
            ),
            "type": "Organization",
            "user_view_type": "public",
            "site_admin": False,
        }

    def organization(self, organization: Organization) -> Json:
        """Return the organization with all its fields, as `GET /orgs/{org}` does."""
        url = f"{self.api}/orgs/{organization.login}"
        return {
            "login": organization.login,
            "id": organization.id,
            "node_id": organization.node_id,
            "url": url,
            "repos_url": f"{url}/repos",
            "events_url": f"{url}/events",
            "hooks_url": f"{url}/hooks",
            "issues_url": f"{url}/issues",
            "members_url": f"{url}/members{{/member}}",
            "public_members_url": f"{url}/public_members{{/member}}",
            "avatar_url": f"{self.base}/avatars/u/{organization.id}?v=4",
            "description": organization.description,
            "name": organization.name,
            "html_url": f"{self.base}/{organization.login}",
            "has_organization_projects": True,
            "has_repository_projects": True,
            "public_repos": sum(not repo.private for repo in self.state.repositories.values()),
            "public_gists": 0,
            "followers": 0,
            "following": 0,
            "is_verified": False,
            "type": "Organization",
            "created_at": time(organization.created_at),
            "updated_at": time(organization.created_at),
            "archived_at": None,
        }

    def team(self, team: Team) -> Json:
        """Return a team in the short form of lists."""
        organization = self.state.organization
        url = f"{self.api}/organizations/{organization.id}/team/{team.id}"
        return {
            "id": team.id,
            "node_id": team.node_id,
            "url": url,
            "html_url": f"{self.base}/orgs/{organization.login}/teams/{team.slug}",
            "name": team.name,
            "slug": team.slug,
            "description": None,
            "privacy": "closed",
            "notification_setting": "notifications_enabled",
            "permission": "pull",
            "members_url": f"{url}/members{{/member}}",
            "repositories_url": f"{url}/repos",
            "type": "organization",
            "organization_id": organization.id,
            "parent": None,
        }

    def full_team(self, team: Team) -> Json:
        """Return a team with its organization, as `GET /orgs/{org}/teams/{team_slug}` does."""
        created = time(self.state.organization.created_at)
        return {
            **self.team(team),
            "members_count": len(team.members),
            "repos_count": 0,
            "created_at": created,
            "updated_at": created,
            "organization": self.organization(self.state.organization),
        }

    def membership(self, team: Team, user: User) -> Json:
        """Return a user's membership of a team; owners of the organization are maintainers."""
        owns = user.id in self.state.organization.owners  # owners of the organization maintain its teams
        url = f"{self.api}/organizations/{team.organization_id}/team/{team.id}/memberships/{user.login}"
        return {"url": url, "role": "maintainer" if owns else "member", "state": "active"}

    def permissions(self, role: str) -> dict[str, bool]:
        """Return the permissions of a collaborator with this role."""
        names = {
            "read": "pull",
            "triage": "triage",
            "write": "push",
            "maintain": "maintain",
            "admin": "admin",
        }
        rank = [*names].index(role) if role in names else -1
        return {name: number <= rank for number, name in enumerate(names.values())}

    def organization_simple(self, organization: Organization) -> Json:
        """Return the organization in the shape that webhooks have."""
        names = (
            "login", "id", "node_id", "url", "repos_url", "events_url", "hooks_url", "issues_url", "members_url",
            "public_members_url", "avatar_url", "description",
        )  # fmt: skip
        rendered = self.organization(organization)
        return {name: rendered[name] for name in names}

    def app(self) -> Json:
        """Return the GitHub App, as `GET /app` does."""
        app = self.state.app
        return {
            "id": app.id,
            "slug": app.slug,
            "client_id": app.client_id,
            "node_id": app.node_id,
            "owner": self.owner(self.state.organization),
            "name": app.name,
            "description": "",
            "external_url": self.base,
            "html_url": f"{self.base}/apps/{app.slug}",
            "created_at": time(app.created_at),
            "updated_at": time(app.created_at),
            "permissions": app.permissions,
            "events": [],
        }

    def installation(self) -> Json:
        """Return the App's only installation."""
        app, organization = self.state.app, self.state.organization
        return {
            "id": app.installation_id,
            "account": self.owner(organization),
            "repository_selection": "all",
            "access_tokens_url": f"{self.api}/app/installations/{app.installation_id}/access_tokens",
            "repositories_url": f"{self.api}/installation/repositories",
            "html_url": f"{self.base}/organizations/{organization.login}/settings/installations/{app.installation_id}",
            "app_id": app.id,
            "client_id": app.client_id,
            "app_slug": app.slug,
            "target_id": organization.id,
            "target_type": "Organization",
            "permissions": app.permissions,
            "events": [],
            "created_at": time(app.created_at),
            "updated_at": time(app.created_at),
            "single_file_name": None,
            "has_multiple_single_files": False,
            "single_file_paths": [],
            "suspended_by": None,
            "suspended_at": None,
        }

    def installation_token(self, secret: str, token: Token) -> Json:
        """Return a new token of the installation. Only this response contains the secret."""
        return {
            "token": secret,
            "expires_at": token.expires_at and time(token.expires_at),
            "permissions": token.permissions,
            "repository_selection": "all" if token.repositories is None else "selected",
        }

    def _via_app(self, via_app: bool) -> Json | None:
        return self.app() if via_app else None
