"""Turns GitHub's webhook deliveries into change notices; nothing else of a payload is kept."""

from typing import Any

from pydantic import Field

from activities.github import issue_block
from activities.github.issue_state import IssueState, is_as_written
from activities.github.models import Account, Label
from activities.github.own_comments import is_ours
from activities.github.repositories import Repositories, same
from process.github.commands import may_hold_command
from process.types import Base
from workflows.issue_sync import ChangeNotice

EVENTS = frozenset({"issues", "issue_comment", "projects_v2_item"})
"""Events to which a webhook must subscribe; others are ignored."""
OUR_ACTIONS = frozenset({"edited", "closed", "reopened", "labeled", "unlabeled"})
"""Actions by which the service brings an issue up to date. They don't make an issue one of a lead."""


class _Named(Base):
    login: str = ""
    name: str = ""


class _Repository(Base):
    id: int | None = None
    name: str
    owner: _Named


class _Issue(Base):
    number: int
    title: str = ""
    body: str | None = None
    state: str = ""
    labels: list[Label] = []
    pull_request: Any = None


class _Comment(Base):
    id: int
    body: str = ""
    user: Account | None = None


class _Card(Base):
    node_id: str
    content_type: str = ""


class _Delivery(Base):
    """The parts of an event that are read."""

    action: str = ""
    sender: Account | None = None
    organization: _Named = _Named()
    repository: _Repository | None = None
    issue: _Issue | None = None
    comment: _Comment | None = None
    card: _Card | None = Field(None, alias="projects_v2_item")


class ReadDelivery(Base):
    """The change notice of a delivery, or the reason why it is ignored."""

    action: str
    notice: ChangeNotice | None = None
    ignored_because: str = ""


def read_delivery(event: str, delivery: str, payload: Any, repositories: Repositories) -> ReadDelivery:
    """Return the notice of a delivery. Raises ValidationError for a payload that GitHub would not send."""
    if event not in EVENTS:
        return ReadDelivery(action="", ignored_because="an event that does not concern leads")
    known = _Delivery.model_validate(payload)
    ignored_because = _ignored_because(event, known, repositories)
    notice = None if ignored_because else _notice(known, delivery, repositories)
    return ReadDelivery(action=known.action, notice=notice, ignored_because=ignored_because)


def _ignored_because(event: str, known: _Delivery, repositories: Repositories) -> str:
    if known.sender is None or known.sender.is_bot:
        return "done by a program"
    if event == "projects_v2_item":
        if known.card is None or known.card.content_type != "Issue":
            return "a card without an issue"
        return "" if same(known.organization.login, repositories.github.org) else "another organization"
    if known.issue is None or _repository(known, repositories) is None:
        return "another repository"
    if known.issue.pull_request is not None:
        return "a pull request"
    if event == "issue_comment":
        return _no_command(known)
    return "our own writing" if _is_our_writing(known, known.issue, repositories) else ""


def _is_our_writing(known: _Delivery, issue: _Issue, repositories: Repositories) -> bool:
    """Return True if we did it, and the issue is exactly as we wrote it.

    People may use our account, and somebody may have edited the issue shortly before: then it differs from our writing.
    """
    if known.action not in OUR_ACTIONS or not repositories.is_us(known.sender):
        return False
    state = IssueState(issue.body or "", issue.title, issue.state, "", issue.labels)
    keys = issue_block.keys(state.body)
    return len(keys) == 1 and is_as_written(state, keys[0])


def _no_command(known: _Delivery) -> str:
    comment = known.comment
    if known.action not in ("created", "edited") or comment is None:
        return "no comment to read"
    if comment.user is None or comment.user.is_bot or is_ours(comment.body):
        return "written by a program"
    return "" if may_hold_command(comment.body) else "no command"


def _notice(known: _Delivery, delivery: str, repositories: Repositories) -> ChangeNotice:
    if known.card:
        return ChangeNotice(card=known.card.node_id, delivery=delivery)
    assert known.issue  # noqa: S101 - checked above
    return ChangeNotice(
        repo=_repository(known, repositories) or "",
        number=known.issue.number,
        comment=known.comment.id if known.comment else None,
        delivery=delivery,
    )


def _repository(known: _Delivery, repositories: Repositories) -> str | None:
    """Return the repository's name as in the settings, or None if it is not one of ours."""
    found = known.repository
    return repositories.ours(found.owner.login, found.name, found.id) if found else None
