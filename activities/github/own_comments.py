"""What we say on an issue: a comment of ours is found again by its marker and edited, never posted twice.

GitHub promises no listing that shows the latest comment. Where one made us say something twice, the first one stays.
"""

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from activities.github.client import GitHubClient
from activities.github.text import unix

SETTLE = timedelta(seconds=30)
"""After a comment that may or may not have been posted: until a listing shows it."""
_OURS = "<!-- lead-to-hub:answer"
_TAKEN = r"^(?:~~)?(✅ .*?\(event {seq}\)\.)(?:~~ .*)?$"
"""The line of an answer that says that a decision was taken, crossed out or not (templates/commands/taken.md)."""
_MARKER = re.compile(rf"^{_OURS} (\S+)(?: (\S+))? -->$", re.MULTILINE)


class OwnComment(NamedTuple):
    """A comment of ours. `state`: what it answers to, as whoever wrote it put that."""

    id: int
    state: str
    text: str


def is_ours(text: str) -> bool:
    """Whether a comment claims to be one of ours; then it is no person's."""
    return _OURS in text


def strike_out(text: str, seq: int, why: str) -> str:
    """The text with what it says of the decision `seq` crossed out because of that; without a reason, put right again."""

    def line(found: re.Match[str]) -> str:
        return f"~~{found[1]}~~ {why}" if why else found[1]

    return re.sub(_TAKEN.format(seq=seq), line, text, flags=re.MULTILINE)


def has_refusal(text: str) -> bool:
    """Whether something in an answer was not obeyed, or counts no more."""
    return any(line.startswith(("❌", "~~✅")) for line in text.splitlines())


class OwnComments:
    """Our comments, by key. Blocks, as GitHub's client does; one for all threads."""

    def __init__(self, github: GitHubClient, settle: timedelta) -> None:
        self._github = github
        self.settle = settle

    def find(self, repo: str, issue: int, key: str, *, since: datetime) -> OwnComment | None:
        """The answer of this key, if there is one; `since` is when it can have been written at the earliest.

        Others of this key, near it, are deleted.
        """
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
                return first
        return None

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
        """Brings the answer of this key to say `text`; where there is none, it is given now, unless not `anew`.

        Says whether anything had to be written.
        """
        body = f"{text}\n\n{_OURS} {key}{f' {state}' if state else ''} -->"
        known = self.find(repo, issue, key, since=since)
        if known is None and create:
            self._github.create_comment(repo, issue, body, settle=self.settle)
        elif known and unix(known.text) != body:
            self._github.edit_comment(repo, known.id, body)
        else:
            return False
        return True

    def edit(self, repo: str, answer: OwnComment, text: str) -> None:
        """Brings an answer that is there to this text, which still has its marker."""
        if unix(answer.text) != text:
            self._github.edit_comment(repo, answer.id, text)

    def react(self, repo: str, comment: int, content: str) -> bool:
        """Our one reaction to a comment: another one of ours is taken back. Says whether we had reacted before."""
        ours = [r for r in self._github.reactions(repo, comment) if self._github.is_us(r.user)]
        if all(reaction.content != content for reaction in ours):
            self._github.react(repo, comment, content)
        for reaction in ours:
            if reaction.content != content:
                self._github.take_back(repo, comment, reaction.id)
        return bool(ours)
