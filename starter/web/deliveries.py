"""What GitHub delivers, as hints where to look. Of a payload nothing else is kept."""

from typing import Any

from pydantic import BaseModel, Field

from activities.github.models import Account
from activities.github.own_comments import is_ours
from activities.github.repositories import Repositories, same
from process.github.commands import commands
from workflows.issue_sync import ChangeNotice

EVENTS = frozenset({"issues", "issue_comment", "projects_v2_item"})
"""What a webhook is to be told of. Others do no harm."""


class _Named(BaseModel):
    login: str = ""
    name: str = ""


class _Repository(BaseModel):
    id: int | None = None
    name: str
    owner: _Named


class _Issue(BaseModel):
    number: int
    pull_request: Any = None


class _Comment(BaseModel):
    id: int
    body: str = ""
    user: Account | None = None


class _Card(BaseModel):
    node_id: str
    content_type: str = ""


class _Delivery(BaseModel):
    """The parts of all events that we look at."""

    action: str = ""
    sender: Account | None = None
    organization: _Named = _Named()
    repository: _Repository | None = None
    issue: _Issue | None = None
    comment: _Comment | None = None
    card: _Card | None = Field(None, alias="projects_v2_item")


class Heard(BaseModel):
    """What a delivery is about: a hint, or why it is none."""

    action: str
    notice: ChangeNotice | None = None
    why_not: str = ""


def heard(event: str, delivery: str, payload: Any, repositories: Repositories) -> Heard:
    """What this delivery hints at. Raises ValidationError for what GitHub would not send."""
    if event not in EVENTS:
        return Heard(action="", why_not="an event that says nothing of a lead")
    known = _Delivery.model_validate(payload)
    why_not = _why_not(event, known, repositories)
    notice = None if why_not else _hint(known, delivery, repositories)
    return Heard(action=known.action, notice=notice, why_not=why_not)


def _why_not(event: str, known: _Delivery, repositories: Repositories) -> str:
    if known.sender is None or known.sender.is_bot:
        return "done by a program"
    if event == "projects_v2_item":
        if known.card is None or known.card.content_type != "Issue":
            return "no issue's card"
        return "" if same(known.organization.login, repositories.github.org) else "another organization"
    if known.issue is None or _repository(known, repositories) is None:
        return "another repository"
    if known.issue.pull_request is not None:
        return "a pull request"
    return _why_no_command(known) if event == "issue_comment" else ""


def _why_no_command(known: _Delivery) -> str:
    comment = known.comment
    if known.action not in ("created", "edited") or comment is None:
        return "no comment to read"
    if comment.user is None or comment.user.is_bot or is_ours(comment.body):
        return "written by a program"
    return "" if commands(comment.body) else "no command"


def _hint(known: _Delivery, delivery: str, repositories: Repositories) -> ChangeNotice:
    sender = known.sender.login if known.sender else None
    if known.card:
        return ChangeNotice(card=known.card.node_id, sender=sender, delivery=delivery)
    assert known.issue  # noqa: S101 - judged above
    return ChangeNotice(
        repo=_repository(known, repositories) or "",
        number=known.issue.number,
        comment=known.comment.id if known.comment else None,
        delivery=delivery,
    )


def _repository(known: _Delivery, repositories: Repositories) -> str | None:
    """Its name as the settings have it, if it is one of ours."""
    there = known.repository
    return repositories.ours(there.owner.login, there.name, there.id) if there else None
