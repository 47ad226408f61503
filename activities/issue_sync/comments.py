"""Reads the commands in a person's comment, has them carried out, and replies below it."""

from collections.abc import Sequence

import structlog
from temporalio import activity

from activities.errors import again
from activities.github.client import GitHubClient
from activities.github.models import Comment
from activities.github.own_comments import OwnComments, is_ours
from activities.issue_sync.commands import CommandRunner, CommentCommands
from activities.issue_sync.context import SyncedIssue, in_thread
from activities.issue_sync.replies import Reply, refused
from activities.issue_sync.roles import RoleDirectory
from client.leads import LeadsClient
from process.actor import Face
from process.github import commands
from process.github.commands import slash_name
from templates.rendering import render

INSIDERS = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
"""Author associations that get a reply. Other people get only a reaction."""
REACTIONS = ("confused", "+1", "eyes")
"""The kinds of our reactions. Of several replies, the first kind among them counts."""
WAITS = "waits"
"""State of a reply that says that the lead is stuck. The answer takes its place."""
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
        request = await self._request(context, comment)
        if request is None:
            return ()
        if not request.actor.roles and comment.author_association not in INSIDERS:
            await self._react(context, comment, "confused", first=_is_untouched(comment))
            _log.info("comment by an outsider", repo=context.repo, issue=context.number)
            return (f"Ignored the commands in comment {comment.id}: its author has no role",)
        return await self._answer(request)

    async def hold(self, context: SyncedIssue, number: int) -> None:
        """Say once below a person's commands that they are carried out as soon as the lead is repaired."""
        comment = await self.read(context.repo, number)
        request = await self._request(context, comment) if comment else None
        if request is None or not request.actor.roles or context.lead is None or context.lead.stuck is None:
            return
        key = (context.repo, context.number, str(number))
        known = await in_thread(self._own_comments.find, *key, since=request.comment.created_at)
        if known is None:
            # as before an answer: a reaction tells a later sync to look for this reply
            await in_thread(self._own_comments.react, context.repo, number, "eyes")
            text = render("commands/waits.md", lead_id=context.lead.id, cause=context.lead.stuck.cause)
            await in_thread(self._own_comments.write, *key, None, text, state=WAITS)

    async def _request(self, context: SyncedIssue, comment: Comment) -> CommentCommands | None:
        """Return the commands of a person's comment on this issue, or None if it has none."""
        given = commands.parse_commands(comment.text)
        if not comment.user or not given or comment.issue != context.number:
            return None
        if comment.user.is_bot or is_ours(comment.text):
            return None
        user = comment.user
        actor = await in_thread(self._roles.actor, Face.COMMENT, user.login, user.id)
        return CommentCommands(context, comment, user.login, actor, given)

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
        text = "\n\n".join(reply.text for reply in replies)
        await in_thread(self._own_comments.write, *key, known, text, state=request.checksum)
        names = ", ".join(slash_name(command.name) for command in request.commands)
        return (f"Answered comment {comment.id}: {names}",)

    async def _react(self, context: SyncedIssue, comment: Comment, content: str, *, first: bool) -> bool:
        react = self._own_comments.react_first if first else self._own_comments.react
        return await in_thread(react, context.repo, comment.id, content)

    async def _replies(self, request: CommentCommands) -> list[Reply]:
        first = request.commands[0]
        if request.context.lead is None:
            return [refused(first, request.context.no_lead)]
        if len(request.commands) > commands.MAX_COMMANDS:
            return [refused(first, f"A comment may give at most {commands.MAX_COMMANDS} commands.")]
        if await self._edited_by_another(request):
            return [
                refused(
                    first, "Somebody else has edited this comment. Please write the command in a new one."
                )
            ]
        return await self._runner.run(request, request.context.lead)

    async def _edited_by_another(self, request: CommentCommands) -> bool:
        """Return True if somebody else edited the comment: they must not decide in its author's name."""
        if request.comment.updated_at == request.comment.created_at:
            return False
        editor = await in_thread(self._github.last_editor, request.comment)
        return editor is not None and editor.casefold() != request.login.casefold()


def _is_untouched(comment: Comment) -> bool:
    """Return True if no earlier sync seems to have replied to the comment."""
    edited = comment.updated_at != comment.created_at
    return activity.info().attempt == 1 and not edited and not any(map(comment.reactions.get, REACTIONS))
