"""Opens each issue once, and updates issues without overwriting people's edits.

GitHub has no idempotency key, so an issue carries a marker. An attempt that is not certainly the first one searches the
plain listing for the marker before and after opening; of several issues the oldest is kept, and the others are closed as
its duplicates. A listing may lag behind, so updates of an issue that such an attempt opened search again for a day.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from activities.errors import park
from activities.github import issue_block, seals
from activities.github.client import GitHubClient
from activities.github.issue_block import Boxes, LastWritten
from activities.github.models import Issue
from activities.github.overwritten import text_of
from process.github.edits import Edit, EditKind
from process.github.titles import same_title
from process.types import Link

MAX_TITLE = 256
MAX_BODY = 65_536
CLIPS = (4_000, 1_000, 250, 60)
"""Limits for a person's text in our block, in characters. The first one with which the body fits is used."""

_CLOCK_SKEW = timedelta(days=1)
_YOUNG = timedelta(days=1)

Reason = Literal["completed", "not_planned", "duplicate", "reopened"]


@dataclass(frozen=True)
class DesiredIssue:
    """The state that an issue should have."""

    repo: str
    key: str
    title: str
    labels: tuple[str, ...]
    state: Literal["open", "closed"]
    reason: Reason
    text: Callable[[int], str]
    """Returns our block's text, with people's texts cut to this many characters."""
    boxes: tuple[str, ...] = ()
    """Names of the boxes in it, in order."""
    free_boxes: frozenset[str] = frozenset()
    """Names of the boxes that people tick as they like."""


class GitHubIssues:
    """Opens and updates issues."""

    def __init__(self, client: GitHubClient, settle: timedelta, *, follows_changes: bool) -> None:
        """`settle` is the pause after a create that may have failed. Without `follows_changes`, people's ticks and labels
        are never handled, and so are reverted by every update.
        """
        self._client = client
        self._settle = settle
        self._follows_changes = follows_changes

    def open(self, desired: DesiredIssue, *, since: datetime, first_attempt: bool) -> Link:
        """Return the link to the issue, opened now or by an earlier attempt, but not before `since`.

        With `first_attempt`, there was certainly none, so nothing is searched. The issue is always created open; `update`
        closes it.
        """
        if first_attempt:
            return _link(self._create(desired, copies=False))
        since = min(since, datetime.now(UTC)) - _CLOCK_SKEW
        ours = self._ours(desired, since)
        if not ours:
            created = self._create(desired, copies=True)
            ours = {created.number: created} | self._ours(desired, since)
        first = ours.pop(min(ours))
        self.retire(desired, ours.values(), first)
        return _link(first)

    def _create(self, desired: DesiredIssue, *, copies: bool) -> Issue:
        values = LastWritten(
            state="open",
            title=issue_block.checksum(_title(desired)),
            labels=desired.labels,
            copies=copies,
        )
        return self._client.create_issue(
            desired.repo,
            title=_title(desired),
            body=self._client.seal.sealed(_body("", desired, values, ()), desired.key),
            labels=list(desired.labels),
            settle=self._settle,
        )

    def update(self, desired: DesiredIssue, number: int, reverted: Collection[Edit] = ()) -> None:
        """Bring the issue to the desired state, and revert the given edits.

        A title, label, state or tick is set only where the desired value changed since the last writing: a person's edit
        stays until it is handled, and then is reverted or has become the desired value. Labels come first, because the
        block remembers them: a repeated attempt repairs a crash in between. Text that somebody saves between our read
        and our write is restored when their edit is synced (`overwritten`): then it is among the reverted ones.
        """
        issue = self._client.issue(desired.repo, number)
        if _may_have_copies(issue, desired):
            self.retire(desired, self._ours(desired, issue.created_at - _CLOCK_SKEW).values(), issue)
        issue = self._with_labels(issue, desired, reverted)
        changes = self._changes(self._restored(issue, desired, reverted), desired, reverted)
        changes["body"] = self._client.seal.sealed(changes["body"], desired.key)
        if changes["body"] == issue.text:
            del changes["body"]
        if changes:
            self._client.edit_issue(desired.repo, number, changes)

    def _restored(self, issue: Issue, desired: DesiredIssue, reverted: Collection[Edit]) -> Issue:
        """Return the issue with the text of an overwritten edit among these, unless it was edited since."""
        for edit in reverted:
            if edit.kind is EditKind.OVERWRITTEN:
                theirs = text_of(self._client, desired.repo, issue.number, edit.id)
                if theirs is not None:
                    return issue.model_copy(update={"body": theirs})
        return issue

    def _with_labels(self, issue: Issue, desired: DesiredIssue, reverted: Collection[Edit]) -> Issue:
        """Add and remove labels. Return the issue, read again if that took time in which somebody may have edited it."""
        before, wish = set(_last_written(issue, desired).labels), set(desired.labels)
        ours = (before ^ wish) | {
            edit.name for edit in reverted if edit.kind in (EditKind.LABELLED, EditKind.UNLABELLED)
        }
        if not self._follows_changes:
            ours |= wish
        off = [name for name in sorted(ours - wish) if issue.has_label(name)]
        on = [name for name in desired.labels if name in ours and not issue.has_label(name)]
        for name in off:
            self._client.remove_label(desired.repo, issue.number, name)
        if on:
            self._client.add_labels(desired.repo, issue.number, on)
        return self._client.issue(desired.repo, issue.number) if off or on else issue

    def _changes(self, issue: Issue, desired: DesiredIssue, reverted: Collection[Edit]) -> dict[str, str]:
        last, title = _last_written(issue, desired), self._title(issue, desired, reverted)
        changes = {"title": title} if title and title != issue.title else {}
        kind = EditKind.CLOSED if issue.state == "closed" else EditKind.REOPENED
        handled = kind in {edit.kind for edit in reverted}
        if issue.state != desired.state and (last.state != desired.state or handled):
            changes |= {"state": desired.state, "state_reason": desired.reason}
        boxes = {edit.name for edit in reverted if edit.kind in (EditKind.TICKED, EditKind.UNTICKED)}
        now = LastWritten(
            state=desired.state,
            title=issue_block.checksum(title) if title else last.title,
            labels=desired.labels,
            copies=_may_have_copies(issue, desired),
            reverted=tuple(sorted(boxes)),
        )
        kept = [name for name in desired.boxes if name not in boxes] if self._follows_changes else []
        same = _body(issue.text, desired, now.model_copy(update={"reverted": last.reverted}), kept)
        # an edit that the last writing has reverted is no reason to write again
        body = same if same == issue.text else _body(issue.text, desired, now, kept)
        return changes | {"body": body}

    def _title(self, issue: Issue, desired: DesiredIssue, reverted: Collection[Edit]) -> str | None:
        """Return the title to set, or None to keep a person's title that is not handled yet."""
        last, title = _last_written(issue, desired), _title(desired)
        if same_title(issue.title, title):
            return issue.title
        if self._follows_changes and last.title and last.title != issue_block.checksum(issue.title):
            handled = any(edit.kind is EditKind.RETITLED and edit.name == issue.title for edit in reverted)
            return title if handled else None
        return title if last.title != issue_block.checksum(title) else None

    def _ours(self, desired: DesiredIssue, since: datetime) -> dict[int, Issue]:
        found = self._client.issues(desired.repo, since=since)
        return {issue.number: issue for issue in found if issue_block.find(issue.text, desired.key)}

    def retire(self, desired: DesiredIssue, ours: Iterable[Issue], kept: Issue) -> list[int]:
        """Close duplicates of `kept` that we opened, and return their numbers. They lose the marker.

        A copy that a person made stays as it is.
        """
        retired = []
        for issue in ours:
            found = issue_block.find(issue.text, desired.key)
            if issue.number == kept.number or found is None or not self._client.is_us(issue.user):
                continue
            note = f"Opened twice by mistake: see #{kept.number}."
            body = found.before + note + found.after
            changes = {"body": body, "state": "closed", "state_reason": "duplicate"}
            self._client.edit_issue(desired.repo, issue.number, changes)
            retired.append(issue.number)
        return retired


def _link(issue: Issue) -> Link:
    return Link(id=str(issue.number), url=issue.html_url)


def _may_have_copies(issue: Issue, desired: DesiredIssue) -> bool:
    """Return True if a listing may soon show another issue that an earlier attempt opened."""
    return _last_written(issue, desired).copies and datetime.now(UTC) - issue.created_at < _YOUNG


def _last_written(issue: Issue, desired: DesiredIssue) -> LastWritten:
    """Return the values of the last writing. Without a record, every desired value counts as changed."""
    found = issue_block.find(issue.text, desired.key)
    if found and found.last_written:
        return found.last_written
    return LastWritten(state="closed" if desired.state == "open" else "open", title="")


def _title(desired: DesiredIssue) -> str:
    return desired.title if len(desired.title) <= MAX_TITLE else f"{desired.title[: MAX_TITLE - 1].rstrip()}…"


def _body(body: str, desired: DesiredIssue, values: LastWritten, kept: Collection[str]) -> str:
    """Return the body with our block in it, short enough for GitHub."""
    boxes = Boxes(desired.boxes, desired.free_boxes, kept)
    for clip in CLIPS:
        written = issue_block.write(body, desired.key, desired.text(clip), values, boxes)
        if len(written) + seals.LENGTH <= MAX_BODY:
            return written
    raise park(
        f"The issue's text is full: it exceeds GitHub's {MAX_BODY} characters. Move some of the text that people "
        "wrote into comments, then retry"
    )
