"""Handles people's edits at an issue: ticks, labels, title, closing, the card. Each edit is a proposed decision.

An edit that contains everything that a decision needs is taken in the person's name. Otherwise a comment asks for the
missing values, and the lead reverts the edit. The reply comes before the revert, so that no edit is reverted without a
reply. Edits by programs, such as GitHub's board automations, are reverted without a reply.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from temporalio import activity

from activities.errors import again
from activities.github.board import GitHubBoard, columns_of
from activities.github.client import GitHubClient
from activities.github.edits import edits
from activities.github.overwritten import overwritten
from activities.github.own_comments import OwnComments
from activities.issue_sync.context import IssueContext, in_thread
from activities.issue_sync.lead_calls import SyncedLead, ask_lead
from activities.issue_sync.roles import RoleDirectory
from activities.issue_sync.suggestions import explain, samples
from client.answers import Waiting
from client.errors import DecisionRefused, LeadsError
from client.leads import LeadsClient
from config.settings import Settings
from process.actor import Face
from process.authorization import lacking_role
from process.core.refusal import Refused, refuse
from process.decisions.base import Decision
from process.decisions.reading import parse_as
from process.decisions.registry import DECISIONS
from process.github.commands import sample_line
from process.github.edits import DeclinedEdit, Edit, EditKind, RevertEdits
from process.github.proposals import Proposal, agrees, propose
from process.lead.lead import Lead
from process.views.lead_overview import Overview
from templates.rendering import render
from workflows.issue_sync import ChangeNotice

ATTEMPTS = 20
"""Attempts while the lead is changing its issue or card itself. After them, the next notice triggers a sync."""
RESTORED = 10
"""Attempts after which overwritten text counts as restored."""
RETRY_AFTER = timedelta(seconds=2)
RECENT = timedelta(hours=1)
"""Maximum age of our reply to an edit whose time GitHub does not tell."""
ISSUE_EFFECTS = frozenset({"open_issue", "update_issue", "revert_issue"})
HUB_EFFECTS = frozenset({"open_hub_issue", "update_hub_issue", "revert_hub_issue"})
CARD_EFFECTS = frozenset({"place_card", "revert_card"})

NO_ROLE = refuse("That needs a role, and you have none", "Roles are given in the service's configuration")

_log = structlog.get_logger("issue_sync")


@dataclass(frozen=True)
class EditVerdict:
    """The outcome of one edit."""

    edit: Edit
    done: str
    """Sentence about what was done."""
    accepted: bool = False
    """True if the edit agrees with the lead now and stays."""
    reason: str = ""
    samples: tuple[str, ...] = ()
    declined: DeclinedEdit | None = None


@dataclass
class EditSync:
    """Decides each edit at most once, however often it is synced."""

    leads: LeadsClient
    github: GitHubClient
    roles: RoleDirectory
    own_comments: OwnComments
    settings: Settings

    def __post_init__(self) -> None:
        self.board = GitHubBoard(self.github)

    async def sync(self, context: IssueContext, notices: Sequence[ChangeNotice]) -> list[str]:
        """Decide and answer the edits. Returns what was done. It may be repeated."""
        lead = context.lead
        if lead is None:
            return []
        view = await self._overview(lead)
        if view is None or view.lead.archived:
            return []
        await self._restore(context, lead, view, notices)
        found = [edit for edit in await self._edits(context, view, notices) if not agrees(edit, view.lead)]
        if not found or not await self._settled(lead, view, found):
            return []
        verdicts = [_by_program(edit) if edit.by_program else await self._judge(lead, edit) for edit in found]
        reverted = [verdict for verdict in verdicts if not verdict.accepted]
        for verdict in reverted:
            if not verdict.edit.by_program:
                await self._answer(context, verdict)
        if reverted:
            declined = tuple(verdict.declined for verdict in reverted if verdict.declined)
            revert_edits = RevertEdits(edits=tuple(verdict.edit for verdict in reverted), declined=declined)
            await ask_lead(self.leads.revert_edits(lead.handle, revert_edits))
        return [verdict.done for verdict in verdicts]

    async def _restore(
        self, context: IssueContext, lead: SyncedLead, view: Overview, notices: Sequence[ChangeNotice]
    ) -> None:
        """Have the lead restore text that a person saved just before we wrote ours.

        Raises ApplicationError for a later attempt, which syncs what they edited.
        """
        if all(notice.comment or notice.card for notice in notices):
            return  # nothing is told about the issue's text
        hub = self._is_hub(context, view.lead)
        key = f"{view.lead.id}/hub" if hub else view.lead.id
        edit = await in_thread(overwritten, self.github, context.repo, context.issue, key, hub=hub)
        if edit and activity.info().attempt < RESTORED and await self._settled(lead, view, [edit]):
            await ask_lead(self.leads.revert_edits(lead.handle, RevertEdits(edits=(edit,))))
            _log.info("overwritten text is restored", lead=lead.id)
            raise again("The lead restores text that it had overwritten", after=RETRY_AFTER)

    # ---- reading

    async def _edits(
        self, context: IssueContext, view: Overview, notices: Sequence[ChangeNotice]
    ) -> list[Edit]:
        lead = view.lead
        names = lead.policy.labels
        hub = self._is_hub(context, lead)
        labels = (names.hub,) if hub else (names.lead, names.hub_service, names.customer)
        key = f"{lead.id}/hub" if hub else lead.id
        found = await in_thread(edits, self.github, context.repo, context.issue, key, labels=labels, hub=hub)
        only_comments = all(notice.comment for notice in notices)
        card = None if hub or lead.card is None or only_comments else await self._card(context, view, notices)
        return [*found, card] if card else [*found]

    async def _card(
        self, context: IssueContext, view: Overview, notices: Sequence[ChangeNotice]
    ) -> Edit | None:
        """Return the card's move. If GitHub keeps no history, nobody is its author: a delivery's word is not enough.

        Anybody who has seen a delivery can send it again.
        """
        lead = view.lead
        columns = columns_of(self.settings.github, lead.policy)
        column = columns.get(lead.stage)
        if column is None:
            return None
        edit = await in_thread(self.board.find_edit, context.repo, context.number, column)
        if edit is None:
            return None
        stage = next((stage for stage, name in columns.items() if name == edit.name), None)
        if stage is not None and stage is lead.card_stage and _changing(view, CARD_EFFECTS):
            return None  # the lead has not placed it yet
        delivery = next(
            (notice.delivery for notice in reversed(notices) if notice.card and notice.delivery), None
        )
        if delivery and not edit.id:
            edit = edit.replaced(id=delivery)
        return edit.replaced(stage=stage)

    def _is_hub(self, context: IssueContext, lead: Lead) -> bool:
        link = lead.hub_issue
        return context.repo == self.settings.github.hubs_repo and bool(
            link and link.id == str(context.number)
        )

    async def _settled(self, lead: SyncedLead, before: Overview, found: Sequence[Edit]) -> bool:
        """Return True if the lead did not change while the edits were read, and changes none of the edited parts.

        Otherwise the differences may be the lead's own work, and the sync is retried in a moment.
        """
        kinds: frozenset[str] = frozenset()
        for edit in found:
            kinds |= (
                CARD_EFFECTS if edit.kind is EditKind.PLACED else HUB_EFFECTS if edit.hub else ISSUE_EFFECTS
            )
        now = await self._overview(lead)
        same = now is not None and now.lead.last_seq == before.lead.last_seq
        if now and same and not _changing(before, kinds) and not _changing(now, kinds):
            return True
        if activity.info().attempt < ATTEMPTS:
            raise again("The lead is changing its issue or card itself", after=RETRY_AFTER)
        _log.warning("the lead keeps changing its issue or card", lead=lead.id)
        return False

    async def _overview(self, lead: SyncedLead) -> Overview | None:
        try:
            return await lead.fresh_overview()
        except LeadsError:
            return None

    # ---- deciding

    async def _judge(self, lead: SyncedLead, edit: Edit) -> EditVerdict:
        view = await lead.overview()
        proposal = propose(edit, view.lead, view.timeline)
        offered = tuple(sample_line(DECISIONS[kind], body) for kind, body in proposal.decisions)
        if len(proposal.decisions) != 1:
            return _asks(
                edit, proposal.note or "No decision corresponds to that", offered or _examples(proposal)
            )
        if edit.by is None:
            why = "GitHub does not tell who it was, so nothing is decided"
            return _asks(edit, why, offered)
        kind, body = proposal.decisions[0]
        decision = DECISIONS[kind]
        actor = await in_thread(self.roles.actor, _face(edit), edit.by)
        if not actor.roles:
            refusal = lacking_role(actor, decision, view.lead)
            return self._declined(edit, kind, refusal or NO_ROLE)
        given: dict[str, Any] = {"by": f"@{edit.by}", "actor": actor, "key": f"github-move-{edit.key}"}
        if edit.at:
            given["said_at"] = edit.at.isoformat()
        complete = parse_as(decision, body | given)
        if isinstance(complete, Refused):  # first what the lead's state does not allow, then what is missing
            refusal = decision.allowed(view.lead) or lacking_role(actor, decision, view.lead)
            refusal = refusal or refuse(f"That decision needs more: {complete.reason}")
            return self._declined(
                edit, kind, _because(proposal, refusal), samples(refusal, view.lead) or offered
            )
        try:
            return await self._decide(lead, edit, complete)
        except DecisionRefused as failed:
            refusal = failed.refusal
            return _asks(
                edit, explain(_because(proposal, refusal)), (*samples(refusal, view.lead),) or offered
            )
        except LeadsError as failed:
            return _asks(edit, explain(_because(proposal, refuse(str(failed)))), offered)

    async def _decide(self, lead: SyncedLead, edit: Edit, decision: Decision) -> EditVerdict:
        answer = await ask_lead(self.leads.decide(lead.handle, decision))
        if isinstance(answer, Waiting):
            raise again(f"The lead did not answer in time. {answer.why}")
        lead.changed()
        _log.info("edit taken", kind=decision.kind)
        view = await lead.overview()
        done = f"Took {decision.kind}: somebody {edit.kind}"
        if agrees(edit, view.lead):
            return EditVerdict(edit, done, accepted=True)
        why = f"{answer.message}, and the lead is at {view.stage}. Next is {view.owner}: {view.next_step}"
        return EditVerdict(edit, done, reason=why)

    def _declined(
        self,
        edit: Edit,
        kind: str,
        refused: Refused,
        samples: Sequence[str] = (),
    ) -> EditVerdict:
        declined = DeclinedEdit(
            kind=kind,
            by=f"@{edit.by}",
            source=f"{_face(edit)} {edit.key}",
            reason=refused.reason,
            suggestions=refused.suggestions,
        )
        return EditVerdict(
            edit,
            _asked_and_reverted(edit),
            reason=explain(refused),
            samples=tuple(samples),
            declined=declined,
        )

    async def _answer(self, context: IssueContext, verdict: EditVerdict) -> None:
        edit = verdict.edit
        text = render(
            "commands/move.md",
            who=edit.by,
            summary=edit.summary,
            reason=verdict.reason.rstrip("."),
            samples=verdict.samples,
            undone=_UNDONE[edit.kind],
        )
        since = edit.at or datetime.now(UTC) - RECENT
        where = (context.repo, context.number, f"move-{edit.key}")
        await in_thread(self.own_comments.post, *where, text, since=since)


_UNDONE = {
    EditKind.TICKED: "Undone: the box is empty again",
    EditKind.UNTICKED: "Undone: the box is ticked again",
    EditKind.CLOSED: "Undone: the issue is open again",
    EditKind.REOPENED: "Undone: the issue is closed again",
    EditKind.LABELLED: "Undone: the label is off again",
    EditKind.UNLABELLED: "Undone: the label is on again",
    EditKind.RETITLED: "Undone: the title is as it was",
    EditKind.OVERWRITTEN: "",
    EditKind.PLACED: "Undone: the card is back in the column of the lead's stage",
}


def _changing(view: Overview, kinds: frozenset[str]) -> bool:
    """Return True if one of these effects is waiting or running."""
    return any(
        effect.status == "waiting" and kinds & set(effect.key.removeprefix(f"{view.lead_id}/").split("/"))
        for effect in view.effects
    )


def _asks(edit: Edit, reason: str, samples: tuple[str, ...] = ()) -> EditVerdict:
    return EditVerdict(edit, _asked_and_reverted(edit), reason=reason, samples=samples)


def _by_program(edit: Edit) -> EditVerdict:
    """Return the verdict on a program's edit: it decides nothing, and nobody reads a reply."""
    return EditVerdict(edit, f"Put back what a program {edit.kind}")


def _asked_and_reverted(edit: Edit) -> str:
    return f"Asked about what somebody {edit.kind}, and put it back"


def _face(edit: Edit) -> Face:
    return Face.BOARD if edit.kind is EditKind.PLACED else Face.ISSUE


def _because(proposal: Proposal, refused: Refused) -> Refused:
    return refused.replaced(reason=f"{proposal.note}. {refused.reason}") if proposal.note else refused


def _examples(proposal: Proposal) -> tuple[str, ...]:
    return tuple(sample_line(DECISIONS[kind]) for kind in proposal.examples)
