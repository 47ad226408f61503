"""What people move at an issue: ticks, labels, its title, closing it, its card. Each is a proposal, and is judged.

Where a move says all that a decision needs, that is taken in the person's name. Otherwise a comment asks for what is
missing, and the lead undoes the move. First the answer, then the undoing: a move that is not seen any more is answered.
What another program moves, as GitHub's board automations do, is put back without a word; what it moves again and again is
left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from temporalio import activity

from activities.errors import again
from activities.github.board import GitHubBoard, columns_of
from activities.github.client import GitHubClient
from activities.github.edits import edits
from activities.github.own_comments import OwnComments
from activities.issue_sync.asking import asked
from activities.issue_sync.context import Place, in_thread
from activities.issue_sync.people import People
from activities.issue_sync.suggestions import explain, samples
from client.directory import LeadHandle
from client.errors import DecisionRefused, LeadsError
from client.leads import LeadsClient
from config.settings import Settings
from process.authorization import may_decide
from process.core.refusal import Refused, refuse
from process.decisions.base import Decision
from process.decisions.parsing import parse_as
from process.decisions.registry import DECISIONS
from process.github.commands import sample
from process.github.edits import DeclinedEdit, Edit, EditKind, RevertEdits
from process.github.proposals import Proposal, agrees, propose
from process.lead.lead import Lead
from process.views.overview import Overview
from templates.rendering import render
from workflows.issue_sync import ChangeNotice

TIMEOUT = 20
"""Visits to a lead that is just changing its issue or card itself; then the next hint is waited for."""
SETTLES = timedelta(seconds=2)
RECENT = timedelta(hours=1)
"""How old an answer can be at most to a move whose time GitHub does not tell."""
ISSUE_LANES = frozenset({"open_issue", "update_issue", "revert_issue"})
HUB_LANES = frozenset({"open_hub_issue", "update_hub_issue", "revert_hub_issue"})
CARD_LANES = frozenset({"place_card", "revert_card"})

_log = structlog.get_logger("desk")


@dataclass(frozen=True)
class Verdict:
    """What became of a move."""

    edit: Edit
    done: str
    stands: bool = False
    reason: str = ""
    samples: tuple[str, ...] = ()
    declined: DeclinedEdit | None = None


class EditProposals:
    def __init__(
        self,
        leads: LeadsClient,
        github: GitHubClient,
        people: People,
        answers: OwnComments,
        settings: Settings,
    ) -> None:
        self.leads = leads
        self.github = github
        self.people = people
        self.answers = answers
        self.settings = settings
        self.board = GitHubBoard(github)

    async def hear(self, place: Place, notices: Sequence[ChangeNotice]) -> list[str]:
        """Judges and answers what people moved; says in words what it did. Done again, it does nothing twice."""
        if place.lead is None:
            return []
        view = await self._seen(place.lead)
        if view is None or view.facts.archived:
            return []
        found = [edit for edit in await self._edits(place, view, notices) if not agrees(edit, view.facts)]
        if not found or not await self._settled(place.lead, view, found):
            return []
        verdicts = [
            _quietly(edit) if edit.by_program else await self._judge(place.lead, edit) for edit in found
        ]
        out = [verdict for verdict in verdicts if not verdict.stands]
        for verdict in out:
            if not verdict.edit.by_program:
                await self._answer(place, verdict)
        if out:
            declined = tuple(verdict.declined for verdict in out if verdict.declined)
            revert_edits = RevertEdits(edits=tuple(verdict.edit for verdict in out), declined=declined)
            await asked(self.leads.revert_edits(place.lead, revert_edits))
        return [verdict.done for verdict in verdicts]

    # ---- what was moved

    async def _edits(self, place: Place, view: Overview, notices: Sequence[ChangeNotice]) -> list[Edit]:
        facts = view.facts
        names = facts.policy.labels
        hub = self._is_hub(place, facts)
        labels = (names.hub,) if hub else (names.lead, names.hub_service, names.customer)
        key = f"{facts.id}/hub" if hub else facts.id
        found = await in_thread(edits, self.github, place.repo, place.issue, key, labels=labels, hub=hub)
        card = None if hub or facts.card is None else await self._card(place, view, notices)
        return [*found, card] if card else [*found]

    async def _card(self, place: Place, view: Overview, notices: Sequence[ChangeNotice]) -> Edit | None:
        """The card's move; who made it may be told by a hint where GitHub keeps no history."""
        facts = view.facts
        columns = columns_of(self.settings.github, facts.policy)
        column = columns.get(facts.stage)
        if column is None:
            return None
        edit = await in_thread(self.board.find_edit, place.repo, place.issue.number, column)
        if edit is None:
            return None
        stage = next((stage for stage, name in columns.items() if name == edit.name), None)
        if stage is not None and stage is facts.card_stage and _changing(view, CARD_LANES):
            return None  # we have not placed it yet
        told = next((notice for notice in reversed(notices) if notice.card and notice.sender), None)
        if told and not edit.id:
            edit = edit.replaced(by=told.sender, id=told.delivery or "")
        return edit.replaced(stage=stage)

    def _is_hub(self, place: Place, facts: Lead) -> bool:
        link = facts.hub_issue
        return place.repo == self.settings.github.hubs_repo and bool(
            link and link.id == str(place.issue.number)
        )

    async def _settled(self, lead: LeadHandle, before: Overview, found: Sequence[Edit]) -> bool:
        """Whether the lead was the same before and after we looked, and changes nothing itself that people moved.

        Otherwise what we saw may be its own doing: looked at again in a moment.
        """
        queues: frozenset[str] = frozenset()
        for edit in found:
            queues |= CARD_LANES if edit.kind is EditKind.PLACED else HUB_LANES if edit.hub else ISSUE_LANES
        now = await self._seen(lead)
        same = now is not None and now.facts.last_seq == before.facts.last_seq
        if now and same and not _changing(before, queues) and not _changing(now, queues):
            return True
        if activity.info().attempt < TIMEOUT:
            raise again("The lead is just changing its issue or card itself", after=SETTLES)
        _log.warning("a lead has not settled", lead=lead.id)
        return False

    async def _seen(self, lead: LeadHandle) -> Overview | None:
        try:
            return await asked(self.leads.overview(lead))
        except LeadsError:
            return None

    # ---- what becomes of it

    async def _judge(self, lead: LeadHandle, edit: Edit) -> Verdict:
        view = await asked(self.leads.overview(lead))
        proposal = propose(edit, view.facts, view.timeline)
        offered = tuple(sample(DECISIONS[kind], body) for kind, body in proposal.decisions)
        if len(proposal.decisions) != 1:
            return _asks(edit, proposal.note or "No decision says that", offered or _examples(proposal))
        if edit.by is None:
            why = "GitHub does not tell who it was, so nothing is decided in anybody's name"
            return _asks(edit, why, offered)
        kind, body = proposal.decisions[0]
        decision = DECISIONS[kind]
        roles = await in_thread(self.people.roles, edit.by)
        if wrong := may_decide(roles, decision, view.facts):
            return self._declined(edit, kind, wrong)
        given = {"by": f"@{edit.by}", "source": _source(edit), "key": f"github-move-{edit.key}"}
        complete = parse_as(decision, body | given)
        if isinstance(complete, Refused):  # first what the lead's state does not allow, then what is missing
            wrong = decision.gate(view.facts) or refuse(f"For that, {complete.reason}")
            return self._declined(
                edit, kind, _because(proposal, wrong), samples(wrong, view.facts) or offered
            )
        try:
            return await self._decide(lead, edit, complete)
        except DecisionRefused as failed:
            wrong = failed.refusal
            return _asks(edit, explain(_because(proposal, wrong)), (*samples(wrong, view.facts),) or offered)
        except LeadsError as failed:
            return _asks(edit, explain(_because(proposal, refuse(str(failed)))), offered)

    async def _decide(self, lead: LeadHandle, edit: Edit, decision: Decision) -> Verdict:
        answer = await asked(self.leads.decide(lead, decision))
        if answer is None:
            raise again("The lead did not answer in time; it is asked again")
        _log.info("move taken", kind=decision.kind)
        view = await asked(self.leads.overview(lead))
        done = f"Took {decision.kind}: somebody {edit.kind}"
        if agrees(edit, view.facts):
            return Verdict(edit, done, stands=True)
        why = f"{answer.message}, and the lead is at {view.stage}. Next is {view.owner}: {view.next_step}"
        return Verdict(edit, done, reason=why)

    def _declined(self, edit: Edit, kind: str, refused: Refused, samples: Sequence[str] = ()) -> Verdict:
        declined = DeclinedEdit(
            kind=kind,
            by=f"@{edit.by}",
            source=f"{_source(edit)} {edit.key}",
            reason=refused.reason,
            suggestions=refused.suggestions,
        )
        return Verdict(
            edit, _revert_edits(edit), reason=explain(refused), samples=tuple(samples), declined=declined
        )

    async def _answer(self, place: Place, verdict: Verdict) -> None:
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
        where = (place.repo, place.issue.number, f"move-{edit.key}")
        await in_thread(self.answers.post, *where, text, since=since)


_UNDONE = {
    EditKind.TICKED: "Until then, the box is empty again",
    EditKind.UNTICKED: "Until then, the box is ticked again",
    EditKind.CLOSED: "Until then, the issue is open again",
    EditKind.REOPENED: "Until then, the issue is closed again",
    EditKind.LABELLED: "Until then, the label is off again",
    EditKind.UNLABELLED: "Until then, the label is on again",
    EditKind.RETITLED: "Until then, the title is as it was",
    EditKind.PLACED: "Until then, the card is back in the column of the lead's stage",
}


def _changing(view: Overview, kinds: frozenset[str]) -> bool:
    """Whether the lead has something to do, or is doing it, that changes what these effects change."""
    return any(
        effect.status == "waiting" and kinds & set(effect.key.removeprefix(f"{view.lead}/").split("/"))
        for effect in view.effects
    )


def _asks(edit: Edit, reason: str, samples: tuple[str, ...] = ()) -> Verdict:
    return Verdict(edit, _revert_edits(edit), reason=reason, samples=samples)


def _quietly(edit: Edit) -> Verdict:
    """A program decides nothing, and nobody there reads an answer."""
    return Verdict(edit, f"Put back what a program {edit.kind}")


def _revert_edits(edit: Edit) -> str:
    return f"Asked about what somebody {edit.kind}, and put it back"


def _source(edit: Edit) -> str:
    return "github board" if edit.kind is EditKind.PLACED else "github issue"


def _because(proposal: Proposal, refused: Refused) -> Refused:
    return refused.replaced(reason=f"{proposal.note}. {refused.reason}") if proposal.note else refused


def _examples(proposal: Proposal) -> tuple[str, ...]:
    return tuple(sample(DECISIONS[kind]) for kind in proposal.examples)
