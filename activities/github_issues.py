"""Opens issues once, and brings them to what they ought to be without fighting people over them.

Never twice: GitHub has no key for a create, so an issue carries a marker, every open first looks for it in the plain
listing, and looks again afterwards; of several the oldest is the one, the others are closed as its duplicates. GitHub
promises no listing that shows the latest write, so the issue's updates look again for a day.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from activities import issue_block
from activities.errors import park
from activities.github_client import GitHubClient, IssueSeen
from activities.issue_block import Memory
from process.lead import Link

LONGEST_TITLE = 256
LONGEST_BODY = 65_536
CLIPS = (4_000, 1_000, 250, 60)
"""How long a person's text may be in our block: the first of these with which the body fits."""

_CLOCKS_DIFFER = timedelta(days=1)
_YOUNG = timedelta(days=1)

Reason = Literal["completed", "not_planned", "reopened"]


@dataclass(frozen=True)
class Wanted:
    """An issue as it ought to be."""

    repo: str
    key: str
    title: str
    labels: tuple[str, ...]
    state: Literal["open", "closed"]
    reason: Reason
    text: Callable[[int], str]
    """Our block's text, with no person's text in it longer than this."""
    boxes: frozenset[str] = frozenset()
    """Boxes in it that people tick."""


class GitHubIssues:
    """`settle`: how long after a create that may or may not have happened the next attempt comes."""

    def __init__(self, client: GitHubClient, settle: timedelta) -> None:
        self._client = client
        self._settle = settle

    def open(self, wanted: Wanted, *, since: datetime) -> Link:
        """The issue, opened now or by an earlier attempt; `since` is when it can have been opened at the earliest.

        It is opened open, whatever it ought to be; `update` sees to that.
        """
        since = min(since, datetime.now(UTC)) - _CLOCKS_DIFFER
        ours = self._ours(wanted, since)
        if not ours:
            memory = Memory(state="open", title=issue_block.digest(_title(wanted)), labels=wanted.labels)
            created = self._client.create_issue(
                wanted.repo,
                title=_title(wanted),
                body=_body("", wanted, memory),
                labels=list(wanted.labels),
                settle=self._settle,
            )
            ours = {created.number: created} | self._ours(wanted, since)
        first = ours.pop(min(ours))
        self.retire(wanted, ours.values(), first)
        return Link(id=str(first.number), url=first.html_url)

    def update(self, wanted: Wanted, number: int) -> bool:
        """Writes what differs, and says whether that was anything.

        A title, label or state is set only where our wish has changed since we last wrote: what a person set
        meanwhile stays. Labels: taken off before, and put on after the block remembers them, so that a crash in
        between leaves nothing that is not mended by doing it again.
        """
        issue = self._client.issue(wanted.repo, number)
        if datetime.now(UTC) - issue.created_at < _YOUNG:
            self.retire(wanted, self._ours(wanted, issue.created_at - _CLOCKS_DIFFER).values(), issue)
            issue = self._client.issue(wanted.repo, number)
        memory = _memory(issue, wanted)
        unwanted = [name for name in memory.labels if name not in wanted.labels and issue.has_label(name)]
        for name in unwanted:
            self._client.remove_label(wanted.repo, number, name)
        if unwanted:
            issue = self._client.issue(wanted.repo, number)
        missing = [name for name in wanted.labels if not issue.has_label(name)]
        changes = self._changes(issue, wanted, memory, missing)
        if changes:
            self._client.edit_issue(wanted.repo, number, changes)
        if missing:
            self._client.add_labels(wanted.repo, number, missing)
        return bool(unwanted or changes or missing)

    def _changes(
        self, issue: IssueSeen, wanted: Wanted, memory: Memory, missing: list[str]
    ) -> dict[str, str]:
        changes = {}
        title = _title(wanted)
        if memory.title != issue_block.digest(title) and _bare(issue.title) != _bare(title):
            changes["title"] = title
        if memory.state != wanted.state and issue.state != wanted.state:
            changes |= {"state": wanted.state, "state_reason": wanted.reason}
        ours = {*memory.labels, *missing}
        now = Memory(
            state=wanted.state,
            title=issue_block.digest(title),
            labels=tuple(name for name in wanted.labels if name in ours),
        )
        body = _body(issue.text, wanted, now)
        if body != issue.text:
            changes["body"] = body
        return changes

    def _ours(self, wanted: Wanted, since: datetime) -> dict[int, IssueSeen]:
        found = self._client.issues(wanted.repo, since=since)
        return {issue.number: issue for issue in found if issue_block.find(issue.text, wanted.key)}

    def retire(self, wanted: Wanted, ours: Iterable[IssueSeen], kept: IssueSeen) -> list[int]:
        """Closes those that were opened twice. They lose the marker, so they are not found again.

        What another account opened is a copy that somebody made: it is theirs.
        """
        retired = []
        for issue in ours:
            found = issue_block.find(issue.text, wanted.key)
            if issue.number == kept.number or issue.user != kept.user or found is None:
                continue
            note = f"Opened twice by mistake: see #{kept.number}."
            body = found.before + note + found.after
            changes = {"body": body, "state": "closed", "state_reason": "duplicate"}
            self._client.edit_issue(wanted.repo, issue.number, changes)
            retired.append(issue.number)
        return retired


def _memory(issue: IssueSeen, wanted: Wanted) -> Memory:
    """What we set when we last wrote; if nothing tells any more, all that is wanted is news."""
    found = issue_block.find(issue.text, wanted.key)
    if found and found.memory:
        return found.memory
    return Memory(state="closed" if wanted.state == "open" else "open", title="")


def _bare(title: str) -> str:
    """A title as it counts for comparison: a person who opens an issue need not set brackets and dashes as we do."""
    return " ".join(re.sub(r"[\[\]–—-]", " ", title).split())


def _title(wanted: Wanted) -> str:
    return (
        wanted.title
        if len(wanted.title) <= LONGEST_TITLE
        else f"{wanted.title[: LONGEST_TITLE - 1].rstrip()}…"
    )


def _body(body: str, wanted: Wanted, memory: Memory) -> str:
    """The body with our block in it, short enough for GitHub."""
    for clip in CLIPS:
        written = issue_block.write(body, wanted.key, wanted.text(clip), memory, boxes=wanted.boxes)
        if len(written) <= LONGEST_BODY:
            return written
    raise park(
        f"The issue's text is full: with what people wrote it passes GitHub's {LONGEST_BODY} characters. Move some of "
        "that into comments, then retry"
    )
