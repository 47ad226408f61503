"""Webhook events, derived from the values that a write replaced."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sandbox.github.records import (
    Comment,
    Event,
    FieldValue,
    Hook,
    Issue,
    Item,
    Label,
    ProjectField,
    Record,
    User,
)
from sandbox.github.rendering import Json, Renderer, time
from sandbox.github.state import Change, GitHubState
from sandbox.github.write_log import ABSENT

R = TypeVar("R", bound=Record)

EVENTS = frozenset({"ping", "issues", "issue_comment", "label", "projects_v2_item"})
"""Names of the events that the sandbox sends."""

ONLY_FOR_ORGANIZATIONS = frozenset({"projects_v2_item"})

_ISSUE_ACTIONS = ("labeled", "unlabeled", "assigned", "unassigned", "closed", "reopened")
"""Kinds of issue events that are also webhook actions of the same name."""

_ZEN = "Keep it logically awesome."


@dataclass(frozen=True)
class WebhookEvent:
    """An event with its payload; `repository` is None for events of the organization's boards."""

    name: str
    action: str | None
    payload: Json = field(repr=False)
    repository: int | None = None
    hook: int | None = None
    """Id of the only hook that receives it; None: all subscribed hooks."""


def webhook_events(change: Change, state: GitHubState) -> Iterator[WebhookEvent]:
    """Yield the events of a write, in GitHub's order."""
    if change.by is not None:
        events = _Events(change, state, change.by)
        yield from events.issues()
        yield from events.comments()
        yield from events.labels()
        yield from events.cards()
        yield from events.pings()


def ping(state: GitHubState, hook: Hook, by: User, base: str) -> WebhookEvent:
    """Return the ping event of a hook."""
    show = Renderer(state, base)
    payload: Json = {"zen": _ZEN, "hook_id": hook.id, "hook": show.hook(hook), "sender": show.user(by)}
    if hook.repository_id is None:
        payload["organization"] = show.organization_simple(state.organization)
    else:
        payload["repository"] = show.webhook_repository(state.repositories[hook.repository_id])
    return WebhookEvent("ping", None, payload, hook.repository_id, hook.id)


class _Events:
    def __init__(self, change: Change, state: GitHubState, by: User) -> None:
        self.change = change
        self.state = state
        self.render = Renderer(state, change.base)
        self.by = by

    def _changed(self, table: str, now: dict[int, R]) -> Iterator[tuple[R | None, R | None]]:
        """Yield (before, after) of each changed record, by id."""
        for number, before in sorted(self.change.replaced.get(table, {}).items()):
            yield (None if before is ABSENT else before), now.get(number)  # type: ignore[misc] # a table's records

    def _in_repository(self, event: str, action: str, repository: int, **parts: Any) -> WebhookEvent:
        payload = {
            "action": action,
            **parts,
            "repository": self.render.webhook_repository(self.state.repositories[repository]),
            **self._around(),
        }
        return WebhookEvent(event, action, payload, repository)

    def _around(self) -> Json:
        return {
            "organization": self.render.organization_simple(self.state.organization),
            "sender": self.render.user(self.by),
        }

    # -- issues -------------------------------------------------------------------------------------------------

    def issues(self) -> Iterator[WebhookEvent]:
        """Yield the events `issues`: first of new, deleted, transferred and edited issues, then of other changes."""
        for before, after in self._changed("issues", self.state.issues):
            if before is None and after is not None:
                yield self._opened(after)
            elif before is not None and after is None:
                yield self._gone(before)
            elif before is not None and after is not None:
                yield from self._edited(before, after)
        for _, event in self._changed("events", self.state.events):
            if event is not None and event.kind in _ISSUE_ACTIONS and self._is_new(event):
                yield self._happened(event)

    def _is_new(self, event: Event) -> bool:
        return self.change.replaced["events"][event.id] is ABSENT

    def _opened(self, issue: Issue) -> WebhookEvent:
        tombstones = (
            tombstone for tombstone in self.state.tombstones.values() if tombstone.moved_to == issue.id
        )
        old = next((self._before(tombstone.id) for tombstone in tombstones), None)
        parts: Json = {"issue": self.render.issue(issue)}
        if old is not None:
            source = self.state.repositories[old.repository_id]
            parts["changes"] = {
                "old_issue": self.render.issue(old),
                "old_repository": self.render.webhook_repository(source),
            }
        return self._in_repository("issues", "opened", issue.repository_id, **parts)

    def _before(self, number: int) -> Issue | None:
        before = self.change.replaced["issues"].get(number)
        return before if isinstance(before, Issue) else None

    def _gone(self, issue: Issue) -> WebhookEvent:
        tombstone = self.state.tombstones[issue.id]
        if tombstone.moved_to is None:
            return self._in_repository(
                "issues", "deleted", issue.repository_id, issue=self.render.issue(issue)
            )
        moved = self.state.issues[tombstone.moved_to]
        target = self.state.repositories[moved.repository_id]
        changes = {
            "new_issue": self.render.issue(moved),
            "new_repository": self.render.webhook_repository(target),
        }
        return self._in_repository(
            "issues", "transferred", issue.repository_id, issue=self.render.issue(issue), changes=changes
        )

    def _edited(self, before: Issue, after: Issue) -> Iterator[WebhookEvent]:
        changes = _from(before, after, ("title", "body"))
        if changes:
            yield self._in_repository(
                "issues", "edited", after.repository_id, issue=self.render.issue(after), changes=changes
            )

    def _happened(self, event: Event) -> WebhookEvent:
        issue = self.state.issues[event.issue_id]
        parts: Json = {"issue": self.render.issue(issue)}
        repository = self.state.repositories[issue.repository_id]
        if event.label_name is not None and (label := self.state.label(repository, event.label_name)):
            parts["label"] = self.render.label(label)
        if event.assignee_id is not None:
            parts["assignee"] = self.render.user(self.state.users[event.assignee_id])
        return self._in_repository("issues", event.kind, issue.repository_id, **parts)

    # -- comments and labels ------------------------------------------------------------------------------------

    def comments(self) -> Iterator[WebhookEvent]:
        """Yield the events `issue_comment`."""
        for before, after in self._changed("comments", self.state.comments):
            comment = after or before
            if comment is None or comment.issue_id not in self.state.issues:
                continue  # deleted or moved with its issue, which has its own event
            changes = _from(before, after, ("body",)) if before and after else {}
            if before is None:
                yield self._comment(comment, "created")
            elif after is None:
                yield self._comment(comment, "deleted")
            elif changes:
                yield self._comment(comment, "edited", changes=changes)

    def _comment(self, comment: Comment, action: str, **parts: Any) -> WebhookEvent:
        issue = self.state.issues[comment.issue_id]
        return self._in_repository(
            "issue_comment",
            action,
            comment.repository_id,
            issue=self.render.issue(issue),
            comment=self.render.comment(comment),
            **parts,
        )

    def labels(self) -> Iterator[WebhookEvent]:
        """Yield the events `label` of the repositories' labels."""
        for before, after in self._changed("labels", self.state.labels):
            changes = _from(before, after, ("name", "color", "description")) if before and after else {}
            if before is None and after is not None:
                yield self._label(after, "created")
            elif before is not None and after is None:
                yield self._label(before, "deleted")
            elif after is not None and changes:
                yield self._label(after, "edited", changes=changes)

    def _label(self, label: Label, action: str, **parts: Any) -> WebhookEvent:
        return self._in_repository(
            "label", action, label.repository_id, label=self.render.label(label), **parts
        )

    # -- cards --------------------------------------------------------------------------------------------------

    def cards(self) -> Iterator[WebhookEvent]:
        """Yield the events `projects_v2_item`; a card that was deleted with its issue has none."""
        for before, after in self._changed("items", self.state.items):
            if before is None and after is not None:
                yield self._card(after, "created")
            elif before is not None and after is None:
                if before.issue_id in self.state.issues:
                    yield self._card(before, "deleted")
            elif before is not None and after is not None:
                yield from self._card_changed(before, after)

    def _card_changed(self, before: Item, after: Item) -> Iterator[WebhookEvent]:
        if before.archived != after.archived:
            ends = {"from": self._archived_at(before), "to": self._archived_at(after)}
            action = "archived" if after.archived else "restored"
            yield self._card(after, action, changes={"archived_at": ends})
        project = self.state.projects[after.project_id]
        for each in project.fields:
            old, new = before.values.get(each.id), after.values.get(each.id)
            if (old and old.value) == (new and new.value):
                continue
            changed = {
                "field_node_id": project.field_id(each),
                "field_type": each.type.lower(),
                "field_name": each.name,
                "project_number": project.number,
                "from": _rendered(each, old),
                "to": _rendered(each, new),
            }
            yield self._card(after, "edited", changes={"field_value": changed})

    def _card(self, item: Item, action: str, **parts: Any) -> WebhookEvent:
        rendered = self._rendered_card(item)
        payload = {"action": action, "projects_v2_item": rendered, **parts, **self._around()}
        return WebhookEvent("projects_v2_item", action, payload)

    def _rendered_card(self, item: Item) -> Json:
        return {
            "id": item.id,
            "node_id": self.state.item_node_id(item),
            "project_node_id": self.state.projects[item.project_id].node_id,
            "content_node_id": self.state.issues[item.issue_id].node_id,
            "content_type": "Issue",
            "creator": self.render.user(self.state.users[item.creator_id]),
            "created_at": time(item.created_at),
            "updated_at": time(item.updated_at),
            "archived_at": self._archived_at(item),
        }

    def _archived_at(self, item: Item) -> str | None:
        return time(item.updated_at) if item.archived else None

    # -- hooks --------------------------------------------------------------------------------------------------

    def pings(self) -> Iterator[WebhookEvent]:
        """Yield a `ping` for each new webhook."""
        for before, after in self._changed("hooks", self.state.hooks):
            if before is None and after is not None:
                yield ping(self.state, after, self.by, self.change.base)


def _from(before: R, after: R, names: tuple[str, ...]) -> Json:
    """Return the previous values of the fields that changed."""
    return {
        name: {"from": getattr(before, name) or ""}
        for name in names
        if getattr(before, name) != getattr(after, name)
    }


def _rendered(of: ProjectField, held: FieldValue | None) -> Any:
    if held is None:
        return None
    if of.type != "SINGLE_SELECT":
        return held.value
    option = next((option for option in of.options if option.id == held.value), None)
    return option and {
        "id": option.id,
        "name": option.name,
        "color": option.color,
        "description": option.description,
    }
