"""The records as REST returns them. Every URL starts with the host that the caller used."""

import base64
from collections import Counter, defaultdict
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import quote

from sandbox.github import git
from sandbox.github.identity import node_id
from sandbox.github.records import (
    Comment,
    Commit,
    Event,
    Hook,
    Issue,
    Label,
    Organization,
    Project,
    Reaction,
    ReactionContent,
    Repository,
    Team,
    Token,
    User,
)
from sandbox.github.state import GitHubState

if TYPE_CHECKING:
    from sandbox.github.hooks.sender import Delivery

Json = dict[str, Any]

_REPOSITORY_URLS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}

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


class Renderer:
    """Renders records for a caller who reached the sandbox at `base` (scheme, host and port).

    Use it for a single response: it counts comments and reactions only once.
    """

    def __init__(self, state: GitHubState, base: str) -> None:
        self.state = state
        self.base = base
        self.api = f"{base}/api/v3"

    # -- accounts -----------------------------------------------------------------------------------------------

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

    # -- webhooks -----------------------------------------------------------------------------------------------

    def hook(self, hook: Hook) -> Json:
        """Return a webhook. Its secret is masked."""
        config = {"content_type": hook.content_type, "insecure_ssl": "0", "url": hook.url}
        if hook.repository_id is None:
            url, kind = f"{self.api}/orgs/{self.state.organization.login}/hooks/{hook.id}", "Organization"
        else:
            url, kind = f"{self._repository_url(hook.repository_id)}/hooks/{hook.id}", "Repository"
        rendered: Json = {
            "type": kind,
            "id": hook.id,
            "name": "web",
            "active": hook.active,
            "events": list(hook.events),
            "config": {**config, "secret": "********"} if hook.secret else config,
            "updated_at": time(hook.updated_at),
            "created_at": time(hook.created_at),
            "url": url,
            "ping_url": f"{url}/pings",
            "deliveries_url": f"{url}/deliveries",
        }
        if hook.repository_id is not None:
            unused = {"code": None, "status": "unused", "message": None}
            rendered |= {"test_url": f"{url}/test", "last_response": unused}
        return rendered

    def delivery(self, delivery: "Delivery") -> Json:
        """Return a webhook delivery in the short form of lists."""
        return {
            "id": delivery.id,
            "guid": delivery.guid,
            "delivered_at": delivery.delivered_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "redelivery": delivery.redelivery,
            "duration": delivery.duration,
            "status": delivery.status,
            "status_code": delivery.code,
            "event": delivery.event.name,
            "action": delivery.event.action,
            "installation_id": None,
            "repository_id": delivery.event.repository,
            "throttled_at": None,
        }

    def full_delivery(self, delivery: "Delivery") -> Json:
        """Return a webhook delivery with its request and response."""
        answer = delivery.answer
        return {
            **self.delivery(delivery),
            "url": delivery.url,
            "request": {"headers": delivery.headers, "payload": delivery.event.payload},
            "response": {
                "headers": dict(answer.headers) if answer else None,
                "payload": answer.body if answer else None,
            },
        }

    # -- the App ------------------------------------------------------------------------------------------------

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

    # -- repositories -------------------------------------------------------------------------------------------

    def _repository_url(self, repository_id: int) -> str:
        name = self.state.repositories[repository_id].name
        return f"{self.api}/repos/{self.state.organization.login}/{name}"

    def repository_page(self, repository_id: int) -> str:
        """Return the URL of the repository's page."""
        name = self.state.repositories[repository_id].name
        return f"{self.base}/{self.state.organization.login}/{name}"

    def repository(self, repository: Repository, *, permissions: dict[str, bool] | None) -> Json:
        """Return a repository with all its fields; None leaves out the caller's permissions."""
        organization = self.state.organization
        url, page = self._repository_url(repository.id), self.repository_page(repository.id)
        full_name = f"{organization.login}/{repository.name}"
        open_issues = sum(issue.state == "open" for issue in self.state.issues_of(repository))
        created = time(repository.created_at)
        rendered: Json = {
            "id": repository.id,
            "node_id": repository.node_id,
            "name": repository.name,
            "full_name": full_name,
            "private": repository.private,
            "visibility": "private" if repository.private else "public",
            "owner": self.owner(organization),
            "organization": self.owner(organization),
            "html_url": page,
            "description": repository.description,
            "fork": False,
            "url": url,
            **{name: url + tail for name, tail in _REPOSITORY_URLS.items()},
            "git_url": f"git:{page.partition(':')[2]}.git",
            "ssh_url": f"git@{self.base.partition('://')[2]}:{full_name}.git",
            "clone_url": f"{page}.git",
            "svn_url": page,
            "mirror_url": None,
            "homepage": None,
            "language": None,
            "license": None,
            "size": sum(map(len, repository.files.values())) // 1024,
            "stargazers_count": 0,
            "watchers_count": 0,
            "watchers": 0,
            "forks_count": 0,
            "forks": 0,
            "network_count": 0,
            "subscribers_count": 0,
            "open_issues_count": open_issues,
            "open_issues": open_issues,
            "has_issues": repository.has_issues,
            "has_projects": True,
            "has_wiki": False,
            "has_pages": False,
            "has_downloads": False,
            "has_discussions": False,
            "archived": False,
            "disabled": False,
            "allow_forking": False,
            "is_template": False,
            "web_commit_signoff_required": False,
            "topics": [],
            "default_branch": repository.default_branch,
            "created_at": created,
            "updated_at": created,
            "pushed_at": created,
        }
        return rendered if permissions is None else {**rendered, "permissions": permissions}

    def webhook_repository(self, repository: Repository) -> Json:
        """Return the repository in the shape that webhooks have, without the organization."""
        rendered = self.repository(repository, permissions=None)
        del rendered["organization"]
        return rendered

    def file(self, repository: Repository, path: str) -> Json:
        """Return a file with its content in base64."""
        text = repository.files[path].encode()
        return {
            **self._entry(repository, path, "file", text),
            "content": base64.encodebytes(text).decode(),
            "encoding": "base64",
        }

    def file_commit(self, repository: Repository, path: str, commit: Commit) -> Json:
        """Return the changed file and its commit."""
        content = repository.files[path].encode()
        url, page = self._repository_url(repository.id), self.repository_page(repository.id)
        person = {"name": commit.author, "email": commit.email, "date": time(commit.at)}
        parents = [commit.parent] if commit.parent else []
        return {
            "content": self._entry(repository, path, "file", content),
            "commit": {
                "sha": commit.sha,
                "node_id": node_id("C", repository.id, commit.id),
                "url": f"{url}/git/commits/{commit.sha}",
                "html_url": f"{page}/commit/{commit.sha}",
                "author": person,
                "committer": person,
                "message": commit.message,
                "tree": {"sha": commit.tree, "url": f"{url}/git/trees/{commit.tree}"},
                "parents": [
                    {
                        "sha": sha,
                        "url": f"{url}/git/commits/{sha}",
                        "html_url": f"{page}/commit/{sha}",
                    }
                    for sha in parents
                ],
                "verification": {
                    "verified": False,
                    "reason": "unsigned",
                    "signature": None,
                    "payload": None,
                    "verified_at": None,
                },
            },
        }

    def folder(self, repository: Repository, path: str) -> list[Json] | None:
        """Return the direct content of a folder; None if there is no such folder."""
        prefix = f"{path}/" if path else ""
        inside = [name for name in repository.files if name.startswith(prefix)]
        if not inside:
            return None
        entries: dict[str, Json] = {}
        for name in sorted(inside):
            first, _, rest = name.removeprefix(prefix).partition("/")
            kind = "dir" if rest else "file"
            content = b"" if rest else repository.files[name].encode()
            entries[first] = self._entry(repository, prefix + first, kind, content)
        return list(entries.values())

    def _entry(self, repository: Repository, path: str, kind: str, content: bytes) -> Json:
        repo_url, page = self._repository_url(repository.id), self.repository_page(repository.id)
        sha = git.blob(content)
        branch = repository.default_branch
        url = f"{repo_url}/contents/{quote(path)}?ref={branch}"
        git_url = f"{repo_url}/git/{'trees' if kind == 'dir' else 'blobs'}/{sha}"
        html_url = f"{page}/{'tree' if kind == 'dir' else 'blob'}/{branch}/{quote(path)}"
        return {
            "type": kind,
            "name": path.rpartition("/")[2],
            "path": path,
            "sha": sha,
            "size": len(content),
            "url": url,
            "git_url": git_url,
            "html_url": html_url,
            "download_url": None if kind == "dir" else f"{page}/raw/{branch}/{quote(path)}",
            "_links": {"self": url, "git": git_url, "html": html_url},
        }

    def label(self, label: Label) -> Json:
        return {
            "id": label.id,
            "node_id": label.node_id,
            "url": f"{self._repository_url(label.repository_id)}/labels/{quote(label.name)}",
            "name": label.name,
            "color": label.color,
            "default": False,
            "description": label.description,
        }

    # -- issues -------------------------------------------------------------------------------------------------

    def issue_url(self, issue: Issue) -> str:
        """Return the issue's URL in the REST API."""
        return f"{self._repository_url(issue.repository_id)}/issues/{issue.number}"

    def issue_page(self, issue: Issue) -> str:
        """Return the URL of the issue's page."""
        return f"{self.repository_page(issue.repository_id)}/issues/{issue.number}"

    def event_page(self, event: Event) -> str:
        """Return the URL of the event on its issue's page."""
        return f"{self.issue_page(self.state.issues[event.issue_id])}#event-{event.id}"

    def project_page(self, project: Project) -> str:
        """Return the URL of the board's page."""
        return f"{self.base}/orgs/{self.state.organization.login}/projects/{project.number}"

    def comment_page(self, comment: Comment) -> str:
        """Return the URL of the comment on its issue's page."""
        return f"{self.issue_page(self.state.issues[comment.issue_id])}#issuecomment-{comment.id}"

    def issue(self, issue: Issue) -> Json:
        url = self.issue_url(issue)
        assignees = [self.user(self.state.users[number]) for number in issue.assignee_ids]
        return {
            "url": url,
            "repository_url": self._repository_url(issue.repository_id),
            "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "timeline_url": f"{url}/timeline",
            "html_url": self.issue_page(issue),
            "id": issue.id,
            "node_id": issue.node_id,
            "number": issue.number,
            "title": issue.title,
            "user": self.user(self.state.users[issue.author_id]),
            "labels": [self.label(self.state.labels[number]) for number in issue.label_ids],
            "state": issue.state,
            "state_reason": issue.state_reason,
            "locked": False,
            "active_lock_reason": None,
            "assignee": assignees[0] if assignees else None,
            "assignees": assignees,
            "milestone": None,
            "comments": self._comment_counts[issue.id],
            "created_at": time(issue.created_at),
            "updated_at": time(issue.updated_at),
            "closed_at": time(issue.closed_at) if issue.closed_at else None,
            "author_association": self.association(issue.author_id, issue.repository_id),
            "body": issue.body,
            "closed_by": self.user(self.state.users[issue.closed_by_id]) if issue.closed_by_id else None,
            "reactions": self._rollup(issue, url),
            "performed_via_github_app": self._via_app(issue.via_app),
        }

    def comment(self, comment: Comment) -> Json:
        url = f"{self._repository_url(comment.repository_id)}/issues/comments/{comment.id}"
        return {
            "url": url,
            "html_url": self.comment_page(comment),
            "issue_url": self.issue_url(self.state.issues[comment.issue_id]),
            "id": comment.id,
            "node_id": comment.node_id,
            "user": self.user(self.state.users[comment.author_id]),
            "created_at": time(comment.created_at),
            "updated_at": time(comment.updated_at),
            "author_association": self.association(comment.author_id, comment.repository_id),
            "body": comment.body,
            "reactions": self._rollup(comment, url),
            "performed_via_github_app": self._via_app(comment.via_app),
        }

    def timeline_comment(self, comment: Comment) -> Json:
        """Return a comment as an entry of the timeline."""
        rendered = self.comment(comment)
        return {**rendered, "event": "commented", "actor": rendered["user"]}

    def event(self, event: Event) -> Json:
        """Return an issue event without its issue, as the issue's own list has it."""
        issue = self.state.issues[event.issue_id]
        rendered: Json = {
            "id": event.id,
            "node_id": event.node_id,
            "url": f"{self._repository_url(issue.repository_id)}/issues/events/{event.id}",
            "actor": self.user(self.state.users[event.actor_id]),
            "event": event.kind,
            "commit_id": None,
            "commit_url": None,
            "created_at": time(event.created_at),
            "performed_via_github_app": self._via_app(event.via_app),
        }
        match event.kind:
            case "labeled" | "unlabeled":
                rendered["label"] = {"name": event.label_name, "color": event.label_color}
            case "renamed":
                rendered["rename"] = {"from": event.renamed_from, "to": event.renamed_to}
            case "closed" | "reopened":
                rendered["state_reason"] = event.state_reason if event.kind == "closed" else None
            case "assigned" | "unassigned" if event.assignee_id:
                rendered["assignee"] = self.user(self.state.users[event.assignee_id])
                rendered["assigner"] = rendered["actor"]
        return rendered

    def event_with_issue(self, event: Event) -> Json:
        """Return an issue event with its issue, as the repository's list has it."""
        return {**self.event(event), "issue": self.issue(self.state.issues[event.issue_id])}

    def reaction(self, reaction: Reaction) -> Json:
        return {
            "id": reaction.id,
            "node_id": reaction.node_id,
            "user": self.user(self.state.users[reaction.user_id]),
            "content": reaction.content,
            "created_at": time(reaction.created_at),
        }

    def _rollup(self, subject: Issue | Comment, url: str) -> Json:
        counts = self._reaction_counts.get(subject.node_id, Counter())
        return {
            "url": f"{url}/reactions",
            "total_count": counts.total(),
            **{content: counts[content] for content in get_args(ReactionContent)},
        }

    @cached_property
    def _comment_counts(self) -> Counter[int]:
        """Issue id -> number of comments, counted once for a page of issues."""
        return Counter(comment.issue_id for comment in self.state.comments.values())

    @cached_property
    def _reaction_counts(self) -> dict[str, Counter[ReactionContent]]:
        """Node id -> reactions."""
        counts: defaultdict[str, Counter[ReactionContent]] = defaultdict(Counter)
        for reaction in self.state.reactions.values():
            counts[reaction.subject][reaction.content] += 1
        return counts

    def association(self, user_id: int, repository_id: int) -> str:
        """Return the author's association with the repository."""
        if user_id in self.state.organization.members:
            return "MEMBER"
        if user_id in self.state.repositories[repository_id].collaborators:
            return "COLLABORATOR"
        return "NONE"
