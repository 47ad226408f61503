"""Carries out the commands of one comment. The lead takes each decision at most once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from activities.errors import again
from activities.github.models import Comment
from activities.issue_sync.context import SyncedIssue
from activities.issue_sync.lead_calls import SyncedLead, ask_lead
from activities.issue_sync.replies import (
    AlreadyTaken,
    Help,
    Options,
    Previewed,
    Rejected,
    Reply,
    Result,
    Retried,
    Taken,
    no_such_decision,
    render_reply,
    unknown_command,
)
from activities.issue_sync.suggestions import explain, samples
from client.answers import Waiting
from client.errors import DecisionRefused, LeadsError
from client.leads import LeadsClient
from process.actor import Actor
from process.authorization import lacking_role
from process.core.refusal import Refused
from process.corrections.lookup import COMMENT_KEY
from process.decisions.base import Decision
from process.decisions.merging import Merged
from process.decisions.registry import DECISIONS
from process.github import commands
from process.github.commands import ParsedCommand, decision_name
from process.hashing import short_hash
from process.lead.lead import Lead
from process.views.lead_overview import Overview, TimelineLine

EDITED = "This comment was edited after it was written, perhaps by somebody else. Please write the command in a new one."
QUESTIONS = frozenset({"help", "options", "preview"})
"""Commands that change nothing."""

_log = structlog.get_logger("issue_sync")


@dataclass(frozen=True)
class CommentCommands:
    """A person's comment and the commands in it."""

    context: SyncedIssue
    comment: Comment
    login: str
    actor: Actor
    commands: Sequence[ParsedCommand]
    edited: bool = False
    """True unless the author alone, and in one go, wrote what the comment says. Then it decides nothing."""

    @property
    def prefix(self) -> str:
        """Beginning of the keys of all decisions from this comment."""
        return f"{COMMENT_KEY}{self.comment.id}/"

    @property
    def checksum(self) -> str:
        """Checksum of the commands: the same as long as the comment gives the same ones."""
        return short_hash("".join(each.checksum for each in self.commands), 12)

    def key(self, command: ParsedCommand) -> str:
        """Return the idempotency key of a command's decision."""
        return self.prefix + command.checksum

    @property
    def given(self) -> dict[str, Any]:
        """Fields that the comment gives to each decision in it, previewed or taken."""
        return {
            "by": f"@{self.login}",
            "actor": self.actor,
            "said_at": self.comment.created_at.isoformat(),
        }


class CommandRunner:
    """Carries out commands in order, then renders the reply to each from the lead's state after it."""

    def __init__(self, leads: LeadsClient) -> None:
        self._leads = leads

    async def run(self, request: CommentCommands, lead: SyncedLead) -> list[Reply]:
        """Return the reply to each command."""
        before = await lead.overview()
        outcomes: list[tuple[Result, Overview]] = []
        for command, taken in zip(request.commands, _taken_before(request, before.timeline), strict=True):
            result = await self._result(request, lead, command, taken, before.lead)
            view = await lead.overview()
            outcomes.append((await self._with_samples(request, lead, result, view), view))
        return [
            render_reply(command, result, view)
            for command, (result, view) in zip(request.commands, outcomes, strict=True)
        ]

    async def _result(
        self,
        request: CommentCommands,
        lead: SyncedLead,
        command: ParsedCommand,
        taken: TimelineLine | None,
        before: Lead,
    ) -> Result:
        if taken and taken.key == request.key(command):
            return Taken(taken.summary, taken.seq)
        if taken:
            return AlreadyTaken(taken)
        match command.name:
            case "help":
                return Help()
            case "options":
                return Options(await ask_lead(self._leads.options(lead.handle)), request.actor)
            case "preview":
                return await self._preview(request, lead, command)
            case _ if request.edited and command.known:
                return Rejected(EDITED)
            case "retry":
                return await self._retry(request, lead, command)
        kind = DECISIONS.get(command.name)
        if kind is None:
            return unknown_command(command)
        return await self._decide(request, lead, command, kind, before)

    async def _decide(
        self,
        request: CommentCommands,
        lead: SyncedLead,
        command: ParsedCommand,
        kind: type[Decision],
        before: Lead,
    ) -> Result:
        given = request.given | {"key": request.key(command)}
        decision = commands.parse_decision(kind, command.arguments, given)
        if isinstance(decision, Refused):
            if refusal := lacking_role(request.actor, kind, before):
                return Rejected(explain(refusal))
            return Rejected(explain(decision), kind=kind, incomplete=True)
        try:
            answer = await ask_lead(self._leads.decide(lead.handle, _located(decision, request.context)))
        except DecisionRefused as failed:
            _log.info("command refused", kind=kind.kind)
            lead.changed()
            return Rejected(explain(failed.refusal), kind=kind, refusal=failed.refusal)
        except LeadsError as failed:
            return Rejected(str(failed))
        if isinstance(answer, Waiting):
            raise again(f"The lead did not answer in time. {answer.why}")
        _log.info("command taken", kind=kind.kind)
        lead.changed()
        return Taken(answer.message, answer.seq, answer.follow_ups)

    async def _preview(self, request: CommentCommands, lead: SyncedLead, command: ParsedCommand) -> Result:
        name, _, rest = command.arguments.partition(" ")
        kind = DECISIONS.get(decision_name(name))
        if kind is None:
            return no_such_decision(command, name)
        whoever = request.actor.replaced(roles=None)  # people may look at what others can decide
        # The command may have been added by an edit, which decides nothing: so it counts from the edit.
        asked_at = request.comment.updated_at.isoformat()
        decision = commands.parse_decision(
            kind, rest, request.given | {"actor": whoever, "said_at": asked_at}
        )
        if isinstance(decision, Refused):
            return Rejected(explain(decision), samples=(f"/preview {commands.sample_line(kind)[1:]}",))
        try:
            preview = await ask_lead(self._leads.preview(lead.handle, _located(decision, request.context)))
        except DecisionRefused as failed:
            return Rejected(explain(failed.refusal))
        except LeadsError as failed:
            return Rejected(str(failed))
        if refusal := preview.answer.refused:
            return Rejected(explain(refusal))
        return Previewed(kind, preview)

    async def _retry(self, request: CommentCommands, lead: SyncedLead, command: ParsedCommand) -> Result:
        if not request.actor.roles:
            return Rejected("Only people with a role may retry.")
        try:
            return Retried(tuple(await ask_lead(self._leads.retry(lead.handle, command.arguments or None))))
        except LeadsError as failed:  # the lead has ended
            return Rejected(str(failed))

    # ---- samples for refused commands

    async def _with_samples(
        self, request: CommentCommands, lead: SyncedLead, result: Result, view: Overview
    ) -> Result:
        """Return a rejected decision with examples of commands that the lead would take now."""
        if not isinstance(result, Rejected) or result.kind is None:
            return result
        kind, state, refusal = result.kind, view.lead, result.refusal
        if result.incomplete:
            refusal = kind.allowed(state)
            if refusal is None:
                return Rejected(result.reason, samples=(commands.sample_line(kind, kind.example_for(state)),))
        assert refusal is not None  # noqa: S101 - a rejected decision is incomplete or refused by the lead
        suggested = tuple(samples(refusal, state))
        if not suggested and kind.allowed(state) is None:
            sample = commands.sample_line(kind, kind.example_for(state))
            suggested = (sample,) if await self._would_accept(request, lead, kind, sample) else ()
        return Rejected(explain(refusal), samples=suggested)

    async def _would_accept(
        self, request: CommentCommands, lead: SyncedLead, kind: type[Decision], sample: str
    ) -> bool:
        decision = commands.parse_decision(kind, sample.partition(" ")[2], request.given)
        if isinstance(decision, Refused):
            return False
        try:
            return (await ask_lead(self._leads.preview(lead.handle, decision))).answer.accepted
        except LeadsError:
            return False


def _taken_before(request: CommentCommands, timeline: Sequence[TimelineLine]) -> list[TimelineLine | None]:
    """Return, for each command, the decision that an earlier version of the comment led to, or None.

    An unchanged command is found by its key. Each other decision is assigned to a command of the same kind, or
    else to the next one, so that an edited comment never leads to a second decision in place of a taken one.
    """
    rest = [line for line in timeline if line.key and line.key.startswith(request.prefix)]
    by_key = {line.key: line for line in rest}
    found = [by_key.get(request.key(command)) for command in request.commands]
    rest = [line for line in rest if line not in found]
    for same_kind in (True, False):
        for n, command in enumerate(request.commands):
            fits = [line for line in rest if not same_kind or line.kind == command.name]
            if found[n] is None and fits and command.name in DECISIONS:
                found[n] = fits[0]
                rest.remove(fits[0])
    return found


def _located(decision: Decision, context: SyncedIssue) -> Decision:
    """Return the decision with a reference like `#12` completed by the issue's repository."""
    if isinstance(decision, Merged) and re.fullmatch(r"#\d+", decision.into):
        return decision.replaced(into=f"{context.repo}{decision.into}")
    return decision
