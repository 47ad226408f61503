"""Repositories with their files and labels, as REST returns them."""

import base64
from urllib.parse import quote

from sandbox.github import git
from sandbox.github.identity import node_id
from sandbox.github.records import Commit, Label, Repository
from sandbox.github.rendering.accounts import AccountRenderer, Json, time

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


class RepositoryRenderer(AccountRenderer):
    """Renders repositories."""

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
            "archived_at": None,
            "archived_by": None,
        }
