"""Opens issues once, and brings them to what they ought to be without fighting people over them.

Never twice: GitHub has no key for a create, so an issue carries a marker, every open first looks for it in the plain
listing, and looks again afterwards; of several the oldest is the one, the others are closed as its duplicates. GitHub
promises no listing that shows the latest write, so the issue's updates look again for a day.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from temporalio import activity

from activities.errors import park
from activities.github import issue_block
from activities.github.client import GitHubClient
from activities.github.issue_block import Boxes, LastWritten
from activities.github.models import Issue
from activities.github.overwritten import overwritten
from activities.github.text import unix
from process.github.edits import Edit, EditKind
from process.github.titles import same_title
from process.types import Link

LONGEST_TITLE = 256
LONGEST_BODY = 65_536
CLIPS = (4_000, 1_000, 250, 60)
"""How long a person's text may be in our block: the first of these with which the body fits."""

_CLOCKS_DIFFER = timedelta(days=1)
_YOUNG = timedelta(days=1)

Reason = Literal["completed", "not_planned", "duplicate", "reopened"]


@dataclass(frozen=True)
class DesiredIssue:
    """An issue as it ought to be."""

    repo: str
    key: str
    title: str
    labels: tuple[str, ...]
    state: Literal["open", "closed"]
    reason: Reason
    text: Callable[[int], str]
    """Our block's text, with no person's text in it longer than this."""
    boxes: tuple[str, ...] = ()
    """Names of the boxes in it, in order."""
    people: frozenset[str] = frozenset()
    """Those of them that belong to people."""


class GitHubIssues:
    """`settle`: how long after a create that may or may not have happened the next attempt comes.

    `heard`: whether anybody looks at what people tick and label. Otherwise that is set back, or it would stay for ever.
    """

    def __init__(self, client: GitHubClient, settle: timedelta, *, heard: bool) -> None:
        self._client = client
        self._settle = settle
        self._heard = heard

    def open(self, wanted: DesiredIssue, *, since: datetime) -> Link:
        """The issue, opened now or by an earlier attempt; `since` is when it can have been opened at the earliest.

        It is opened open, whatever it ought to be; `update` sees to that.
        """
        since = min(since, datetime.now(UTC)) - _CLOCKS_DIFFER
        ours = self._ours(wanted, since)
        if not ours:
            memory = LastWritten(state="open", title=issue_block.digest(_title(wanted)), labels=wanted.labels)
            created = self._client.create_issue(
                wanted.repo,
                title=_title(wanted),
                body=_body("", wanted, memory, ()),
                labels=list(wanted.labels),
                settle=self._settle,
            )
            ours = {created.number: created} | self._ours(wanted, since)
        first = ours.pop(min(ours))
        self.retire(wanted, ours.values(), first)
        return Link(id=str(first.number), url=first.html_url)

    def update(self, wanted: DesiredIssue, number: int, undone: Collection[Edit] = ()) -> None:
        """Writes what differs.

        A title, label, state or tick is set only where our wish has changed since we last wrote: what a person set
        meanwhile is theirs, until it is heard; then it is one of the moves to be `undone`, or has become our wish.
        Labels come first, because the block remembers them: a crash in between is mended by doing it again.
        What somebody saves between our look and our writing is given back.
        """
        issue = self._client.issue(wanted.repo, number)
        if datetime.now(UTC) - issue.created_at < _YOUNG:
            self.retire(wanted, self._ours(wanted, issue.created_at - _CLOCKS_DIFFER).values(), issue)
            issue = self._client.issue(wanted.repo, number)
        if self._set_labels(issue, wanted, undone):
            issue = self._client.issue(wanted.repo, number)
        changes = self._changes(issue, wanted, undone)
        if changes:
            self._client.edit_issue(wanted.repo, number, changes)
        if "body" in changes or activity.info().attempt > 1:  # an earlier attempt may have got no further
            self._give_back(issue, wanted, undone, changes.get("body", issue.text))

    def _give_back(self, issue: Issue, wanted: DesiredIssue, undone: Collection[Edit], wrote: str) -> None:
        """Writes what we would have written, had we seen what somebody saved just before we `wrote`."""
        theirs = overwritten(self._client, wanted.repo, issue.number, wrote)
        if theirs is None:
            return
        body = self._changes(issue.model_copy(update={"body": theirs}), wanted, undone).get("body", theirs)
        if unix(body) != unix(wrote):
            self._client.edit_issue(wanted.repo, issue.number, {"body": body})

    def _set_labels(self, issue: Issue, wanted: DesiredIssue, undone: Collection[Edit]) -> bool:
        """Puts on and takes off, and says whether that was anything."""
        before, wish = set(_memory(issue, wanted).labels), set(wanted.labels)
        ours = (before ^ wish) | {
            edit.name for edit in undone if edit.kind in (EditKind.LABELLED, EditKind.UNLABELLED)
        }
        if not self._heard:
            ours |= wish
        off = [name for name in sorted(ours - wish) if issue.has_label(name)]
        on = [name for name in wanted.labels if name in ours and not issue.has_label(name)]
        for name in off:
            self._client.remove_label(wanted.repo, issue.number, name)
        if on:
            self._client.add_labels(wanted.repo, issue.number, on)
        return bool(off or on)

    def _changes(self, issue: Issue, wanted: DesiredIssue, undone: Collection[Edit]) -> dict[str, str]:
        memory, title = _memory(issue, wanted), self._stands(issue, wanted, undone)
        changes = {"title": title} if title and title != issue.title else {}
        moved = EditKind.CLOSED if issue.state == "closed" else EditKind.REOPENED
        heard = moved in {edit.kind for edit in undone}
        if issue.state != wanted.state and (memory.state != wanted.state or heard):
            changes |= {"state": wanted.state, "state_reason": wanted.reason}
        now = LastWritten(
            state=wanted.state,
            title=issue_block.digest(title) if title else memory.title,
            labels=wanted.labels,
        )
        boxes = {edit.name for edit in undone if edit.kind in (EditKind.TICKED, EditKind.UNTICKED)}
        kept = [name for name in wanted.boxes if name not in boxes] if self._heard else []
        body = _body(issue.text, wanted, now, kept)
        if body != issue.text:
            changes["body"] = body
        return changes

    def _stands(self, issue: Issue, wanted: DesiredIssue, undone: Collection[Edit]) -> str | None:
        """The title that is to stand; None where a person's stands, and is no wish of ours."""
        memory, title = _memory(issue, wanted), _title(wanted)
        if same_title(issue.title, title):
            return issue.title
        if self._heard and memory.title and memory.title != issue_block.digest(issue.title):
            heard = any(edit.kind is EditKind.RETITLED and edit.name == issue.title for edit in undone)
            return title if heard else None
        return title if memory.title != issue_block.digest(title) else None

    def _ours(self, wanted: DesiredIssue, since: datetime) -> dict[int, Issue]:
        found = self._client.issues(wanted.repo, since=since)
        return {issue.number: issue for issue in found if issue_block.find(issue.text, wanted.key)}

    def retire(self, wanted: DesiredIssue, ours: Iterable[Issue], kept: Issue) -> list[int]:
        """Closes those that were opened twice. They lose the marker, so they are not found again.

        What we did not open is a copy that somebody made: it is theirs, and steers nothing.
        """
        retired = []
        for issue in ours:
            found = issue_block.find(issue.text, wanted.key)
            if issue.number == kept.number or found is None or not self._client.is_us(issue.user):
                continue
            note = f"Opened twice by mistake: see #{kept.number}."
            body = found.before + note + found.after
            changes = {"body": body, "state": "closed", "state_reason": "duplicate"}
            self._client.edit_issue(wanted.repo, issue.number, changes)
            retired.append(issue.number)
        return retired


def _memory(issue: Issue, wanted: DesiredIssue) -> LastWritten:
    """What we set when we last wrote; if nothing tells any more, all that is wanted is news."""
    found = issue_block.find(issue.text, wanted.key)
    if found and found.memory:
        return found.memory
    return LastWritten(state="closed" if wanted.state == "open" else "open", title="")


def _title(wanted: DesiredIssue) -> str:
    return (
        wanted.title
        if len(wanted.title) <= LONGEST_TITLE
        else f"{wanted.title[: LONGEST_TITLE - 1].rstrip()}…"
    )


def _body(body: str, wanted: DesiredIssue, memory: LastWritten, kept: Collection[str]) -> str:
    """The body with our block in it, short enough for GitHub."""
    boxes = Boxes(wanted.boxes, wanted.people, kept)
    for clip in CLIPS:
        written = issue_block.write(body, wanted.key, wanted.text(clip), memory, boxes)
        if len(written) <= LONGEST_BODY:
            return written
    raise park(
        f"The issue's text is full: with what people wrote it passes GitHub's {LONGEST_BODY} characters. Move some of "
        "that into comments, then retry"
    )
