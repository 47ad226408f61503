"""The service's own comments: each is found by its marker and edited, not posted twice.

A listing on GitHub may lag behind, so a process remembers for a while what it wrote. If another process wrote a second
comment, the first one is kept and the other deleted: with the next search, or by reconciliation (`duplicates`).
"""

import re
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from activities.github.client import GitHubClient
from activities.github.models import Comment
from activities.github.text import unix

SETTLE = timedelta(seconds=30)
"""Time until a listing shows a comment whose posting may have failed."""
REMEMBERED = timedelta(minutes=5)
"""Time for which a process remembers what it wrote, since a listing may not show it yet."""
MAX_REMEMBERED = 1_000
AT_ONCE = timedelta(minutes=10)
"""Time within which two comments with the same key answer the same thing."""
_OURS = "<!-- lead-to-hub:answer"
_DECISION_LINE = r"^(?:~~)?(✅ .*?\(event {seq}\)\.)(?:~~ .*)?$"
"""Matches the line that says that a decision was taken, struck out or not (templates/commands/taken.md)."""
_MARKER = re.compile(rf"^{_OURS} (\S+)(?: (\S+))? -->$", re.MULTILINE)


class OwnComment(NamedTuple):
    """A comment of ours. `state` is a value that the poster keeps in the marker."""

    id: int
    state: str
    text: str


def is_ours(text: str) -> bool:
    """Return True if a comment has our marker, so that it is not read as a person's."""
    return _OURS in text


def strike_out(text: str, seq: int, why: str) -> str:
    """Return the text with the line about decision `seq` struck out for a reason, or restored if `why` is empty."""

    def line(found: re.Match[str]) -> str:
        return f"~~{found[1]}~~ {why}" if why else found[1]

    return re.sub(_DECISION_LINE.format(seq=seq), line, text, flags=re.MULTILINE)


def has_refusal(text: str) -> bool:
    """Return True if an answer refuses a command, or a decision in it was struck out."""
    return any(line.startswith(("❌", "~~✅")) for line in text.splitlines())


def duplicates(comments: Iterable[Comment]) -> Iterator[Comment]:
    """Yield the comments whose marker one on the same issue has that was written shortly before them."""
    seen: dict[tuple[str, str], Comment] = {}
    for comment in sorted(comments, key=lambda comment: comment.id):
        if marker := _MARKER.search(unix(comment.text)):
            first = seen.setdefault((comment.issue_url, marker[1]), comment)
            if first.id != comment.id and comment.created_at - first.created_at < AT_ONCE:
                yield comment


class OwnComments:
    """Finds, posts and edits our comments. Methods block; one instance serves all threads."""

    def __init__(self, github: GitHubClient, settle: timedelta) -> None:
        self._github = github
        self.settle = settle
        self._written: dict[tuple[str, int, str], tuple[float, OwnComment]] = {}
        """Repository, issue and key -> time of writing and comment; oldest first."""
        self._lock = threading.Lock()

    def find(self, repo: str, issue: int, key: str, *, since: datetime) -> OwnComment | None:
        """Return our comment with this key, written at or after `since`, or None. Delete further ones on the same page."""
        for page in self._github.comments(repo, issue, since=since):
            ours = [
                OwnComment(comment.id, marker[2] or "", comment.text)
                for comment in page
                if (marker := _MARKER.search(comment.text))
                and marker[1] == key
                and self._github.is_us(comment.user)
            ]
            if ours:
                first, *others = ours
                for other in others:
                    self._github.delete_comment(repo, other.id)
                written = self.written(repo, issue, key)
                return written if written and written.id == first.id else first
        return self.written(repo, issue, key)

    def written(self, repo: str, issue: int, key: str) -> OwnComment | None:
        """Return our comment as this process wrote it a short while ago, or None. GitHub may not show it yet."""
        with self._lock:
            known = self._written.get((repo, issue, key))
        recent = known and time.monotonic() - known[0] < REMEMBERED.total_seconds()
        return known[1] if known and recent else None

    def _remember(self, repo: str, issue: int, key: str, written: OwnComment) -> None:
        with self._lock:
            self._written.pop((repo, issue, key), None)
            self._written[repo, issue, key] = (time.monotonic(), written)
            if len(self._written) > MAX_REMEMBERED:
                del self._written[next(iter(self._written))]

    def retire(self, repo: str, comments: Iterable[Comment]) -> int:
        """Delete each comment of ours that says again what an earlier one of these says. Return their number."""
        again = [each for each in duplicates(comments) if self._github.is_us(each.user)]
        for comment in again:
            self._github.delete_comment(repo, comment.id)
        return len(again)

    def post(
        self,
        repo: str,
        issue: int,
        key: str,
        text: str,
        *,
        since: datetime,
        state: str | None = None,
        create: bool = True,
    ) -> bool:
        """Bring our comment with this key to this text. A missing one is created, unless `create` is False.

        Return True if anything was written.
        """
        known = self.find(repo, issue, key, since=since)
        return self.write(repo, issue, key, known, text, state=state, create=create)

    def write(
        self,
        repo: str,
        issue: int,
        key: str,
        known: OwnComment | None,
        text: str,
        *,
        state: str | None = None,
        create: bool = True,
    ) -> bool:
        """Do the same as `post` with our comment as it was found, or with None if there is certainly none."""
        body = f"{text}\n\n{_OURS} {key}{f' {state}' if state else ''} -->"
        if known and unix(known.text) == body:
            return False
        if known and self._github.edit_comment(repo, known.id, body):
            number = known.id
        elif create:
            number = self._github.create_comment(repo, issue, body, settle=self.settle)
        else:
            return False
        self._remember(repo, issue, key, OwnComment(number, state or "", body))
        return True

    def edit(self, repo: str, own: OwnComment, text: str) -> None:
        """Bring an existing comment to this text, which includes its marker."""
        if unix(own.text) != text:
            self._github.edit_comment(repo, own.id, text)

    def react_first(self, repo: str, comment: int, content: str) -> bool:
        """Set our reaction to a comment that shows none. Return True if we had reacted before all the same."""
        return not self._github.react(repo, comment, content)

    def react(self, repo: str, comment: int, content: str) -> bool:
        """Set our one reaction to a comment. Return True if we had reacted before."""
        ours = [r for r in self._github.reactions(repo, comment) if self._github.is_us(r.user)]
        new = all(reaction.content != content for reaction in ours)
        if new:  # the list may lag behind; the answer to a reaction does not
            new = self._github.react(repo, comment, content)
        for reaction in ours:
            if reaction.content != content:
                self._github.remove_reaction(repo, comment, reaction.id)
        return bool(ours) or not new
