"""A preview in a comment is judged by the moment of the comment, as the decision itself would be."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from activities.github.models import Comment
from activities.issue_sync.commands import CommandRunner, CommentCommands
from activities.issue_sync.context import SyncedIssue
from activities.issue_sync.lead_calls import SyncedLead
from client.answers import DecisionPreview
from client.leads import LeadsClient
from process.actor import Actor, Face
from process.core.preview import preview_decision
from process.decisions.base import Decision
from process.github.commands import ParsedCommand
from process.types import Role
from process.views.overview import overview
from tests.support.lives import Life

MINUTE = timedelta(minutes=1)


class OneLead:
    """Answers for one life, without a server."""

    def __init__(self, life: Life) -> None:
        self._life = life

    async def overview(self, _: Any) -> Any:
        return overview(self._life.aggregate, self._life.now)

    async def preview(self, _: Any, decision: Decision) -> DecisionPreview:
        body = decision.model_dump(mode="json", exclude_none=True, exclude={"source", "actor"})
        found = preview_decision(self._life.aggregate, decision.kind, (body,), self._life.now, decision.actor)
        return DecisionPreview.model_validate(found._asdict())


def comment(written: datetime, updated: datetime) -> Comment:
    return Comment(
        id=7,
        node_id="x",
        issue_url="",
        html_url="",
        body="/preview quote-accepted",
        user=None,
        created_at=written,
        updated_at=updated,
    )


@pytest.mark.parametrize(
    ("written", "updated", "says"),
    [
        (-MINUTE, -MINUTE, "The quote was accepted"),
        (MINUTE, MINUTE, "expired on"),
        (-MINUTE, MINUTE, "expired on"),  # the command may have been added when it was edited
    ],
)
async def test_a_preview_counts_from_when_it_was_written(
    written: timedelta, updated: timedelta, says: str
) -> None:
    life = Life().quoted()
    end = life.end_of(str(life.lead.quotes[-1].valid_until))
    leads = cast("LeadsClient", OneLead(life.at(end + 5 * MINUTE)))
    lead = SyncedLead(leads, cast("Any", SimpleNamespace(id=life.lead.id)))
    request = CommentCommands(
        SyncedIssue(repo="leads", number=1, lead=lead),
        comment(end + written, end + updated),
        "amara-sales",
        Actor(face=Face.COMMENT, identity="amara-sales", roles=(Role.SALES,)),
        [ParsedCommand("preview", "quote-accepted")],
    )
    (reply,) = await CommandRunner(leads).run(request, lead)
    assert says in reply.text
