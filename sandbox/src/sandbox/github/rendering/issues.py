"""Issues with their comments, events and reactions, as REST returns them."""

from collections import Counter, defaultdict
from functools import cached_property
from typing import get_args

from sandbox.github.records import Comment, Event, Issue, Project, Reaction, ReactionContent
from sandbox.github.rendering.accounts import Json, time
from sandbox.github.rendering.repositories import RepositoryRenderer


class IssueRenderer(RepositoryRenderer):
    """Renders issues. It counts comments and reactions only once."""

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
