"""What GitHub delivers, as hints where to look. Of a payload nothing else is kept."""

from typing import Any

from pydantic import BaseModel, Field

from activities.github.answers import is_ours
from activities.github.seen import Account
from settings import GitHub
from starter.desk.commands import commands
from workflows.desk import Hint

EVENTS = frozenset({"issues", "issue_comment", "projects_v2_item"})
"""What a webhook is to be told of. Others do no harm."""


class _Named(BaseModel):
    login: str = ""
    name: str = ""


class _Repository(BaseModel):
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
    hint: Hint | None = None
    why_not: str = ""


def heard(event: str, delivery: str, payload: Any, github: GitHub) -> Heard:
    """What this delivery hints at. Raises ValidationError for what GitHub would not send."""
    if event not in EVENTS:
        return Heard(action="", why_not="an event that says nothing of a lead")
    known = _Delivery.model_validate(payload)
    why_not = _why_not(event, known, github)
    hint = None if why_not else _hint(known, delivery, github)
    return Heard(action=known.action, hint=hint, why_not=why_not)


def _why_not(event: str, known: _Delivery, github: GitHub) -> str:
    if known.sender is None or known.sender.is_bot:
        return "done by a program"
    if event == "projects_v2_item":
        if known.card is None or known.card.content_type != "Issue":
            return "no issue's card"
        return "" if _same(known.organization.login, github.org) else "another organization"
    if known.issue is None or _repository(known, github) is None:
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


def _hint(known: _Delivery, delivery: str, github: GitHub) -> Hint:
    sender = known.sender.login if known.sender else None
    if known.card:
        return Hint(card=known.card.node_id, sender=sender, delivery=delivery)
    assert known.issue  # noqa: S101 - judged above
    return Hint(
        repo=_repository(known, github) or "",
        number=known.issue.number,
        comment=known.comment.id if known.comment else None,
        delivery=delivery,
    )


def _repository(known: _Delivery, github: GitHub) -> str | None:
    """Its name as the settings have it, if it is one of ours."""
    if known.repository is None or not _same(known.repository.owner.login, github.org):
        return None
    names = (github.leads_repo, github.hubs_repo)
    return next((name for name in names if _same(name, known.repository.name)), None)


def _same(one: str, other: str) -> bool:
    """GitHub's names do not distinguish upper and lower case."""
    return one.casefold() == other.casefold()
