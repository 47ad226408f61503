"""Results of commands, and their rendering as replies."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from activities.github.own_comments import strike_out
from activities.issue_sync.suggestions import explain
from client.answers import DecisionPreview
from client.previews import sections
from process.actor import Actor
from process.authorization import deciders_of, lacking_role
from process.core.refusal import Refused
from process.decisions.base import Decision
from process.decisions.registry import DECISIONS
from process.effects import RecordEvents, ReserveIds, UpdateIssue
from process.github import commands
from process.github.commands import ParsedCommand, decision_name, slash_name
from process.lead.lead import Lead
from process.views.lead_overview import Option, Overview, TimelineLine
from templates.rendering import render

ROUTINE_EFFECTS = frozenset({UpdateIssue.kind, RecordEvents.kind, ReserveIds.kind})
"""Effects of nearly every decision, which a reply leaves out."""

_ADDRESS = re.compile(r"(?<![^\s,;@])[^\s,;@]+@([\w.-]+)")
"""A mail address, which is shortened on the issue."""

Reaction = Literal["+1", "confused", "eyes"]


@dataclass(frozen=True)
class Reply:
    """The reply to one command: a reaction, and a text."""

    reaction: Reaction
    text: str


# ---- results


@dataclass(frozen=True)
class Taken:
    """A decision was taken, now or when the comment was synced before."""

    summary: str
    seq: int | None
    follow_ups: Refused | None = None
    """Tasks that are left."""


@dataclass(frozen=True)
class AlreadyTaken:
    """An earlier version of the comment led to another decision."""

    line: TimelineLine


@dataclass(frozen=True)
class Rejected:
    """A command was not carried out. `kind` is set if it was a decision."""

    reason: str
    samples: tuple[str, ...] = ()
    kind: type[Decision] | None = None
    refusal: Refused | None = None
    """The lead's refusal."""
    incomplete: bool = False
    """True if the command's fields were missing or invalid."""


@dataclass(frozen=True)
class Help:
    """Help was asked for."""


@dataclass(frozen=True)
class Options:
    """The decisions that are allowed now, and the others with their reasons."""

    found: Sequence[Option]
    asker: Actor
    """The person who asked: of decisions of other roles, the reply names the role."""


@dataclass(frozen=True)
class Previewed:
    """A decision's consequences."""

    kind: type[Decision]
    preview: DecisionPreview


@dataclass(frozen=True)
class Retried:
    """Keys of the effects that are tried again."""

    keys: tuple[str, ...]


Result = Taken | AlreadyTaken | Rejected | Help | Options | Previewed | Retried


def unknown_command(command: ParsedCommand) -> Rejected:
    """Return the rejection of a command that does not exist, with the nearest name."""
    near = commands.closest_name(command.name)
    meant = (
        (commands.sample_line(DECISIONS[near]) if near in DECISIONS else slash_name(near)) if near else None
    )
    hint = f"Did you mean {slash_name(near)}?" if near else f"{slash_name('help')} lists all commands."
    return Rejected(f"There is no such command. {hint}", samples=(meant,) if meant else ())


def no_such_decision(command: ParsedCommand, name: str) -> Rejected:
    """Return the rejection of a question about a decision that does not exist, with the nearest name."""
    near = commands.closest_name(decision_name(name))
    sample = f"{slash_name(command.name)} {near.replace('_', '-')}" if near else "/help"
    return Rejected("Name one of the decisions that /help lists.", samples=(sample,))


# ---- rendering


def refused(command: ParsedCommand, reason: str) -> Reply:
    """Return the reply to a command that was not carried out."""
    return _rejected(command, Rejected(reason))


def render_reply(command: ParsedCommand, result: Result, view: Overview) -> Reply:
    """Return the reply to a command, with the lead as `view` shows it after that command."""
    match result:
        case Taken():
            return _taken(result, view)
        case AlreadyTaken(line):
            sample = f'{slash_name("corrected")} seq={line.seq} reason="…"'
            return _reply(
                "confused", "taken_before", command, seq=line.seq, summary=line.summary, sample=sample
            )
        case Rejected():
            return _rejected(command, result)
        case Help():
            return _help(command, view.lead)
        case Options(found, asker):
            return _options(found, asker, view)
        case Previewed(kind, preview):
            return _preview(kind, preview)
        case Retried(keys):
            return Reply("+1" if keys else "eyes", render("commands/retried.md", keys=keys))


def _taken(result: Taken, view: Overview) -> Reply:
    effects = [
        effect.summary
        for effect in view.effects_of(result.seq)
        if effect.key.rpartition("/")[2] not in ROUTINE_EFFECTS
    ]
    left = _ADDRESS.sub(r"…@\1", explain(result.follow_ups)) if result.follow_ups else ""
    text = render(
        "commands/taken.md",
        summary=result.summary,
        seq=result.seq,
        effects=effects,
        left=left,
        **_next_step(view),
    )
    corrected = next((line.corrected_by for line in view.timeline if line.seq == result.seq), None)
    if result.seq and corrected:
        struck = strike_out(text, result.seq, f"No longer counts, corrected as {corrected}.")
        return Reply("confused", struck)
    return Reply("+1", text)


def _rejected(command: ParsedCommand, result: Rejected) -> Reply:
    return _reply("confused", "refused", command, reason=result.reason, samples=result.samples)


def _options(found: Sequence[Option], asker: Actor, view: Overview) -> Reply:
    text = render(
        "commands/options.md",
        allowed=[
            {
                "command": slash_name(each.kind),
                "text": each.does,
                "deciders": _other_deciders(each, asker, view.lead),
            }
            for each in found
            if each.allowed
        ],
        others=[
            {"command": slash_name(each.kind), "text": explain(each.refused)}
            for each in found
            if each.refused
        ],
        **_next_step(view),
    )
    return Reply("eyes", text)


def _other_deciders(option: Option, asker: Actor, lead: Lead) -> list[str]:
    """Return the roles that take the decision if the person has none of them."""
    kind = DECISIONS[option.kind]
    return sorted(deciders_of(kind, lead)) if lacking_role(asker, kind, lead) else []


def _preview(kind: type[Decision], preview: DecisionPreview) -> Reply:
    text = render(
        "commands/preview.md",
        command=slash_name(kind.kind),
        summary=preview.answer.message,
        stage=preview.stage,
        sections=[
            (title, [_ADDRESS.sub(r"…@\1", line) for line in lines])
            for title, lines in sections(preview, ask="compensate={}")
        ],
    )
    return Reply("eyes", text)


def _help(command: ParsedCommand, lead: Lead) -> Reply:
    if not command.arguments:
        decisions = [
            {"command": slash_name(name), "does": _description(kind).partition(". ")[0].rstrip(".")}
            for name, kind in DECISIONS.items()
        ]
        return Reply("eyes", render("commands/help.md", decisions=decisions))
    kind = DECISIONS.get(decision_name(command.arguments))
    if kind is None:
        return _rejected(command, no_such_decision(command, command.arguments))
    fields = [
        {
            "name": name,
            "description": field.description or "",
            "required": field.is_required(),
            "choices": _choices(field.annotation),
        }
        for name in commands.accepted_fields(kind)
        for field in (kind.model_fields[name],)
    ]
    return _reply(
        "eyes",
        "help_one",
        ParsedCommand(kind.kind, ""),
        does=_description(kind),
        deciders=sorted(deciders_of(kind, lead)),
        fields=fields,
        sample=commands.sample_line(kind),
    )


def _choices(annotation: Any) -> list[str]:
    """Return the values that a field takes, if they are limited."""
    if get_origin(annotation) is Literal:
        return [str(choice) for choice in get_args(annotation)]
    return [choice for part in get_args(annotation) for choice in _choices(part)]


def _description(kind: type[Decision]) -> str:
    return " ".join((kind.__doc__ or "").split())


def _next_step(view: Overview) -> Mapping[str, str]:
    return {"stage": view.stage, "owner": view.owner, "next_step": view.next_step}


def _reply(reaction: Reaction, template: str, command: ParsedCommand, **values: Any) -> Reply:
    return Reply(reaction, render(f"commands/{template}.md", command=slash_name(command.name), **values))
