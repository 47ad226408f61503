"""Reads the commands in a person's comment, has them carried out, and replies below it.

Anybody may comment on a public issue. So a comment is parsed only after its author's role is known, in a thread, and up
to a maximum length.
"""

from collections.abc import Sequence
from dataclasses import replace

import structlog
from temporalio import activity

from activities.errors import again
from activities.github.client import GitHubClient
from activities.github.models import Comment
from activities.github.own_comments import OwnComments, is_ours
from activities.issue_sync.commands import QUESTIONS, CommandRunner, CommentCommands
from activities.issue_sync.context import SyncedIssue, in_thread
from activities.issue_sync.replies import Reply, refused
from activities.issue_sync.roles import RoleDirectory
from client.leads import LeadsClient
from process.actor import Face
from process.github import commands
from process.github.commands import ParsedCommand, slash_name
from templates.rendering import render

INSIDERS = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
"""Author associations that get a reply. Other people get only a reaction."""
TOO_LONG = (
    f"This comment is too long to be searched for commands: they count in a comment of at most {commands.MAX_CHARACTERS:,} "
    f"characters and {commands.MAX_LINES} lines. Please write the command in a new one."
)
REACTIONS = ("confused", "+1", "eyes")
"""The kinds of our reactions. Of several replies, the first kind among them counts."""
WAITS = "waits"
"""State of a reply that says that the lead is stuck. The answer takes its place."""
MAX_REPLY = 65_000
"""Characters of a reply. GitHub takes 65,536."""
ATTEMPTS = 3
"""Attempts until GitHub is expected to show the reply to a comment that has our reaction."""

_log = structlog.get_logger("issue_sync")


class CommentSync:
    """Carries out each comment's commands once, however often the comment is synced."""

    def __init__(
        self, leads: LeadsClient, github: GitHubClient, roles: RoleDirectory, own_comments: OwnComments
    ) -> None:
        self._github = github
        self._roles = roles
        self._own_comments = own_comments
        self._runner = CommandRunner(leads)

    async def read(self, repo: str, number: int) -> Comment | None:
        """Return the comment, or None if GitHub shows none."""
        return await in_thread(self._github.comment, repo, number)

    async def sync(self, context: SyncedIssue, comment: Comment) -> Sequence[str]:
        """Carry out and answer one comment. Returns what was done.

        It may be repeated: a reply names the commands that it answers, and each decision has a key.
        """
        user = comment.user
        if user is None or not _may_hold_command(context, comment):
            return ()
        actor = await in_thread(self._roles.actor, Face.COMMENT, user.login, user.id)
        if not actor.roles and comment.author_association not in INSIDERS:
            await self._react(context, comment, "confused", first=_is_untouched(comment))
            _log.info("comment by an outsider", repo=context.repo, issue=context.number)
            return (f"Ignored comment {comment.id}: its author has no role",)
        request = CommentCommands(context, comment, user.login, actor, await _commands(comment))
        return await self._answer(request) if request.commands else ()

    async def hold(self, context: SyncedIssue, number: int) -> None:
        """Say once below a person's commands that they are carried out as soon as the lead is repaired."""
        comment = await self.read(context.repo, number)
        if comment is None or comment.user is None or not _may_hold_command(context, comment):
            return
        if context.lead is None or context.lead.stuck is None:
            return
        if not await in_thread(self._roles.roles_of, comment.user.login) or not await _commands(comment):
            return
        key = (context.repo, context.number, str(number))
        known = await in_thread(self._own_comments.find, *key, since=comment.created_at)
        if known is None:
            # as before an answer: a reaction tells a later sync to look for this reply
            await in_thread(self._own_comments.react, context.repo, number, "eyes")
            text = render("commands/waits.md", lead_id=context.lead.id, cause=context.lead.stuck.cause)
            await in_thread(self._own_comments.write, *key, None, text, state=WAITS)

    async def _answer(self, request: CommentCommands) -> Sequence[str]:
        """Reply to the commands.

        We react before we answer, and GitHub says if our reaction was there already. So our answer is looked for only
        if there may be one.
        """
        context, comment = request.context, request.comment
        key = (context.repo, context.number, str(comment.id))
        since, first = comment.created_at, _is_untouched(comment)
        known = self._own_comments.written(*key)
        if known is None and not first:
            known = await in_thread(self._own_comments.find, *key, since=since)
        if known and known.state == request.checksum:
            return ()
        replies = await self._replies(request)
        reactions = {reply.reaction for reply in replies}
        reaction = next(each for each in REACTIONS if each in reactions)
        reacted = await self._react(context, comment, reaction, first=first)
        if reacted and first and known is None:
            known = await in_thread(self._own_comments.find, *key, since=since)
        if reacted and known is None and activity.info().attempt < ATTEMPTS:
            raise again(
                "GitHub does not show yet whether this comment was answered", after=self._own_comments.settle
            )
        text = _joined([reply.text for reply in replies])
        await in_thread(self._own_comments.write, *key, known, text, state=request.checksum)
        names = ", ".join(slash_name(command.name) for command in request.commands)
        return (f"Answered comment {comment.id}: {names}",)

    async def _react(self, context: SyncedIssue, comment: Comment, content: str, *, first: bool) -> bool:
        react = self._own_comments.react_first if first else self._own_comments.react
        return await in_thread(react, context.repo, comment.id, content)

    async def _replies(self, request: CommentCommands) -> list[Reply]:
        first, lead = request.commands[0], request.context.lead
        if lead is None:
            return [refused(first, request.context.no_lead)]
        if len(request.commands) > commands.MAX_COMMANDS:
            return [refused(first, f"A comment may give at most {commands.MAX_COMMANDS} commands.")]
        if commands.is_too_long(request.comment.text):
            return [refused(first, TOO_LONG)]
        if any(command.known and command.name not in QUESTIONS for command in request.commands):
            request = replace(request, edited=await in_thread(self._github.is_edited, request.comment))
        return await self._runner.run(request, lead)


def _joined(texts: Sequence[str]) -> str:
    """Return the replies as one text that GitHub takes: escaped, what a command quotes may be longer than the comment."""
    joined = "\n\n".join(texts)
    while len(joined) > MAX_REPLY:
        texts = texts[:-1]
        joined = "\n\n".join([*texts, "The other answers are too long to be shown here."])
    return joined


async def _commands(comment: Comment) -> Sequence[ParsedCommand]:
    """Return the comment's commands; of one that is too long, the first that there seems to be."""
    if commands.is_too_long(comment.text):
        seeming = commands.unparsed_command(comment.text)
        return [seeming] if seeming else []
    return await in_thread(commands.parse_commands, comment.text)


def _may_hold_command(context: SyncedIssue, comment: Comment) -> bool:
    """Return True for a person's comment on this issue that may have commands. It is not parsed for that."""
    if comment.user is None or comment.user.is_bot or comment.issue != context.number:
        return False
    return not is_ours(comment.text) and commands.may_hold_command(comment.text)


def _is_untouched(comment: Comment) -> bool:
    """Return True if no earlier sync seems to have replied to the comment."""
    edited = comment.updated_at != comment.created_at
    return activity.info().attempt == 1 and not edited and not any(map(comment.reactions.get, REACTIONS))
