"""What people say in comments: each command is decided once by the lead, and answered under the comment."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import structlog
from temporalio import activity

from activities.errors import again
from activities.github.client import GitHubClient
from activities.github.models import Comment
from activities.github.own_comments import OwnComments, is_ours, strike_out
from activities.issue_sync.asking import asked
from activities.issue_sync.context import Place, in_thread
from activities.issue_sync.people import People
from activities.issue_sync.suggestions import explain, samples
from client.directory import LeadHandle
from client.errors import DecisionRefused, LeadsError
from client.leads import LeadsClient
from client.previews import sections
from process.authorization import deciders, may_decide
from process.core.refusal import Refused
from process.corrections.history import COMMENT_KEY
from process.decisions.base import Decision
from process.decisions.merging import Merged
from process.decisions.registry import DECISIONS
from process.github import commands
from process.github.commands import Said, written
from process.lead.lead import Lead
from process.types import Role
from process.views.overview import Line, Overview
from templates.rendering import render

SOURCE = "github comment"
INSIDERS = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
"""Whom GitHub knows to belong to us: they are answered in words, others only by a reaction."""
TIMEOUT = 3
"""Attempts within which GitHub is to show the answer to a comment to which we have reacted."""
CHORES = frozenset({"update_issue", "record_events", "reserve_folder", "reserve_invoice"})
"""Effects that follow from nearly everything, and would hide the others."""

_ADDRESS = re.compile(r"[^\s,;@]+@([\w.-]+)")
"""A mail address: whoever may read the issue need not see the whole of it."""

_log = structlog.get_logger("desk")

Reaction = Literal["+1", "confused", "eyes"]


@dataclass(frozen=True)
class Reply:
    """What one command is answered: by which reaction, and in which words."""

    reaction: Reaction
    text: str


@dataclass(frozen=True)
class Talk:
    """A person's comment with commands in it, and what is known before the first of them is looked at."""

    place: Place
    comment: Comment
    login: str
    roles: frozenset[Role]
    said: Sequence[Said]

    @property
    def prefix(self) -> str:
        """All keys of decisions from this comment begin so."""
        return f"{COMMENT_KEY}{self.comment.id}/"

    @property
    def digest(self) -> str:
        """The same as long as the comment gives the same commands."""
        return hashlib.sha256("".join(said.digest for said in self.said).encode()).hexdigest()[:12]


class Comments:
    def __init__(
        self, leads: LeadsClient, github: GitHubClient, people: People, answers: OwnComments
    ) -> None:
        self.leads = leads
        self.github = github
        self.people = people
        self.answers = answers

    async def hear(self, place: Place, number: int) -> Sequence[str] | None:
        """Obeys and answers this comment; says in words what it did, if anything. None: GitHub shows no such comment.

        Done again, it does nothing twice: an answer stands for the commands that it answers, and each decision has a key.
        """
        comment = await in_thread(self.github.comment, place.repo, number)
        if comment is None:
            return None
        said = commands.commands(comment.text)
        if not comment.user or not said or comment.issue != place.issue.number:
            return ()
        if comment.user.is_bot or is_ours(comment.text):
            return ()
        login = comment.user.login
        roles = await in_thread(self.people.roles, login)
        if not roles and comment.author_association not in INSIDERS:
            await in_thread(self.answers.react, place.repo, number, "confused")
            _log.info("comment of a stranger", repo=place.repo, issue=place.issue.number)
            return (f"Did not obey a stranger's comment {number}",)
        return await self._answer(Talk(place, comment, login, roles, said))

    async def _answer(self, talk: Talk) -> Sequence[str]:
        place, comment = talk.place, talk.comment
        where = (place.repo, place.issue.number, str(comment.id))
        since = comment.created_at
        known = await in_thread(self.answers.find, *where, since=since)
        if known and known.state == talk.digest:
            return ()
        replies = await self._replies(talk)
        moods = {reply.reaction for reply in replies}
        reaction = next(reaction for reaction in ("confused", "+1", "eyes") if reaction in moods)
        reacted = await in_thread(self.answers.react, place.repo, comment.id, reaction)
        if reacted and known is None and activity.info().attempt < TIMEOUT:
            raise again(
                "GitHub does not show yet whether this comment was answered", after=self.answers.settle
            )
        text = "\n\n".join(reply.text for reply in replies)
        await in_thread(self.answers.post, *where, text, since=since, state=talk.digest)
        return (f"Answered comment {comment.id}: {', '.join(written(said.name) for said in talk.said)}",)

    async def _replies(self, talk: Talk) -> list[Reply]:
        first = talk.said[0]
        lead = talk.place.lead
        if lead is None:
            return [_refused(first, talk.place.no_lead)]
        if len(talk.said) > commands.MOST:
            return [_refused(first, f"A comment may give at most {commands.MOST} commands.")]
        if await self._edited_by_another(talk):
            return [
                _refused(
                    first, "Somebody else has edited this comment, so it is nobody's word. Write a new one."
                )
            ]
        view = await asked(self.leads.overview(lead))
        taken = _taken(talk, view.timeline)
        return [
            await self._reply(talk, lead, said, before, view.facts)
            for said, before in zip(talk.said, taken, strict=True)
        ]

    async def _edited_by_another(self, talk: Talk) -> bool:
        """Who may edit all comments must not thereby decide in other people's names."""
        if talk.comment.updated_at == talk.comment.created_at:
            return False
        editor = await in_thread(self.github.last_editor, talk.comment)
        return editor is not None and editor.casefold() != talk.login.casefold()

    async def _reply(
        self, talk: Talk, lead: LeadHandle, said: Said, before: Line | None, facts: Lead
    ) -> Reply:
        if before and before.key == talk.prefix + said.digest:
            return await self._taken_as(lead, before.summary, before.seq)
        if before:
            return _reply(
                "confused",
                "taken_before",
                said,
                seq=before.seq,
                summary=before.summary,
                sample=_correct(before),
            )
        match said.name:
            case "help":
                return _help(said, facts)
            case "options":
                return await self._options(lead)
            case "preview":
                return await self._preview(talk, lead, said)
            case "retry":
                return await self._retry(talk, lead, said)
        kind = DECISIONS.get(said.name)
        if kind is None:
            return _unknown(said)
        if wrong := may_decide(talk.roles, kind, facts):
            return _refused(said, explain(wrong))
        return await self._decide(talk, lead, said, kind)

    # ---- decisions

    async def _decide(self, talk: Talk, lead: LeadHandle, said: Said, kind: type[Decision]) -> Reply:
        decision = commands.read(kind, said.rest, _given(talk, said))
        if isinstance(decision, Refused):
            return await self._incomplete(lead, said, kind, decision)
        try:
            answer = await asked(self.leads.decide(lead, _here(decision, talk.place)))
        except DecisionRefused as failed:
            _log.info("command refused", kind=kind.kind)
            return await self._lead_refused(lead, said, kind, failed.refusal)
        except LeadsError as failed:
            return _refused(said, str(failed))
        if answer is None:
            raise again("The lead did not answer in time; it is asked again")
        _log.info("command taken", kind=kind.kind)
        return await self._taken_as(lead, answer.message, answer.seq)

    async def _taken_as(self, lead: LeadHandle, summary: str, seq: int | None) -> Reply:
        view = await asked(self.leads.overview(lead))
        effects = [e.summary for e in view.effects_of(seq) if e.key.rpartition("/")[2] not in CHORES]
        text = render("commands/taken.md", summary=summary, seq=seq, effects=effects, **_step(view))
        corrected = next((line.corrected_by for line in view.timeline if line.seq == seq), None)
        if seq and corrected:
            return Reply("confused", strike_out(text, seq, f"No longer counts, corrected as {corrected}."))
        return Reply("+1", text)

    async def _incomplete(
        self, lead: LeadHandle, said: Said, kind: type[Decision], refused: Refused
    ) -> Reply:
        """With an example; unless the lead could not take one either, and says why."""
        facts = (await asked(self.leads.overview(lead))).facts
        if no := kind.allowed(facts):
            return await self._lead_refused(lead, said, kind, no)
        return _refused(said, explain(refused), commands.sample(kind, kind.example_for(facts)))

    async def _lead_refused(
        self, lead: LeadHandle, said: Said, kind: type[Decision], refused: Refused
    ) -> Reply:
        """Answer with the decisions that the refusal suggests, or with an example of this one if that would be taken."""
        facts = (await asked(self.leads.overview(lead))).facts
        suggested = samples(refused, facts)
        if not suggested and kind.allowed(facts) is None:
            sample = commands.sample(kind, kind.example_for(facts))
            suggested = [sample] if await self._would_do(lead, kind, sample) else []
        return _refused(said, explain(refused), *suggested)

    async def _would_do(self, lead: LeadHandle, kind: type[Decision], sample: str) -> bool:
        decision = commands.read(kind, sample.partition(" ")[2], {"by": "@example", "source": SOURCE})
        try:
            return (
                isinstance(decision, Decision)
                and (await asked(self.leads.preview(lead, decision))).answer.accepted
            )
        except LeadsError:
            return False

    # ---- questions

    async def _options(self, lead: LeadHandle) -> Reply:
        found = await asked(self.leads.options(lead))
        view = await asked(self.leads.overview(lead))
        text = render(
            "commands/options.md",
            allowed=[{"command": written(o.kind), "text": o.does} for o in found if o.allowed],
            others=[{"command": written(o.kind), "text": explain(o.refused)} for o in found if o.refused],
            **_step(view),
        )
        return Reply("eyes", text)

    async def _preview(self, talk: Talk, lead: LeadHandle, said: Said) -> Reply:
        name, _, rest = said.rest.partition(" ")
        kind = DECISIONS.get(_name(name))
        if kind is None:
            return _no_such(said, name)
        decision = commands.read(kind, rest, {"by": f"@{talk.login}", "source": SOURCE})
        if isinstance(decision, Refused):
            return _refused(said, explain(decision), f"/preview {commands.sample(kind)[1:]}")
        preview = await asked(self.leads.preview(lead, _here(decision, talk.place)))
        if not preview.answer.accepted:
            return _refused(said, preview.answer.message)
        text = render(
            "commands/preview.md",
            command=written(kind.kind),
            summary=preview.answer.message,
            stage=preview.stage,
            sections=[
                (title, [_ADDRESS.sub(r"…@\1", line) for line in lines])
                for title, lines in sections(preview, ask="compensate={}")
            ],
        )
        return Reply("eyes", text)

    async def _retry(self, talk: Talk, lead: LeadHandle, said: Said) -> Reply:
        if not talk.roles:
            return _refused(said, "Only those who have a role may have it tried again.")
        keys = await asked(self.leads.retry(lead, said.rest or None))
        return Reply("+1" if keys else "eyes", render("commands/retried.md", keys=keys))


def _taken(talk: Talk, timeline: Sequence[Line]) -> list[Line | None]:
    """For each command, the decision that was taken because of it, as far as the comment said something else before.

    What is the same is found by its key. Of the rest, what was taken belongs to the command of the same kind, or else to
    the next one: an edited comment gives no second decision in the place of one that was taken.
    """
    rest = [line for line in timeline if line.key and line.key.startswith(talk.prefix)]
    found: list[Line | None] = [None] * len(talk.said)
    known = {line.key: line for line in rest}
    for n, said in enumerate(talk.said):
        found[n] = known.get(talk.prefix + said.digest)
    rest = [line for line in rest if line not in found]
    for same_kind in (True, False):
        for n, said in enumerate(talk.said):
            fits = [line for line in rest if not same_kind or line.kind == said.name]
            if found[n] is None and fits and said.name in DECISIONS:
                found[n] = fits[0]
                rest.remove(fits[0])
    return found


def _given(talk: Talk, said: Said) -> dict[str, str]:
    return {"by": f"@{talk.login}", "source": SOURCE, "key": talk.prefix + said.digest}


def _here(decision: Decision, place: Place) -> Decision:
    """With an issue that is called as people call one of the same repository: `#12`."""
    if isinstance(decision, Merged) and re.fullmatch(r"#\d+", decision.into):
        return decision.replaced(into=f"{place.repo}{decision.into}")
    return decision


def _step(view: Overview) -> dict[str, str]:
    return {"stage": view.stage, "owner": view.owner, "next_step": view.next_step}


def _help(said: Said, facts: Lead) -> Reply:
    if not said.rest:
        decisions = [
            {"command": written(kind), "does": _does(decision).partition(". ")[0].rstrip(".")}
            for kind, decision in DECISIONS.items()
        ]
        return Reply("eyes", render("commands/help.md", decisions=decisions))
    kind = DECISIONS.get(_name(said.rest))
    if kind is None:
        return _no_such(said, said.rest)
    fields = [
        {
            "name": name,
            "description": field.description or "",
            "required": field.is_required(),
            "choices": _choices(field.annotation),
        }
        for name in commands.takes(kind)
        for field in (kind.model_fields[name],)
    ]
    return _reply(
        "eyes",
        "help_one",
        Said(kind.kind, ""),
        does=_does(kind),
        deciders=sorted(deciders(kind, facts)),
        fields=fields,
        sample=commands.sample(kind),
    )


def _choices(annotation: Any) -> list[str]:
    """The words that a field takes, where only certain ones will do."""
    if get_origin(annotation) is Literal:
        return [str(choice) for choice in get_args(annotation)]
    return [choice for part in get_args(annotation) for choice in _choices(part)]


def _does(kind: type[Decision]) -> str:
    return " ".join((kind.__doc__ or "").split())


def _name(text: str) -> str:
    return text.strip().lower().lstrip("/").replace("-", "_")


def _unknown(said: Said) -> Reply:
    near = commands.nearest(said.name)
    meant = [commands.sample(DECISIONS[near]) if near in DECISIONS else written(near)] if near else []
    return _refused(said, "There is no such command.", *meant)


def _no_such(said: Said, name: str) -> Reply:
    near = commands.nearest(_name(name))
    return _refused(
        said,
        "Name one of the decisions that `/help` lists.".replace("`", ""),
        *([f"{written(said.name)} {near.replace('_', '-')}"] if near else ["/help"]),
    )


def _correct(line: Line) -> str:
    return f'{written("corrected")} seq={line.seq} reason="…"'


def _refused(said: Said, reason: str, *samples: str) -> Reply:
    return _reply("confused", "refused", said, reason=reason, samples=samples)


def _reply(reaction: Reaction, template: str, said: Said, **values: Any) -> Reply:
    return Reply(reaction, render(f"commands/{template}.md", command=written(said.name), **values))
