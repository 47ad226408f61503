"""Comments about corrected decisions: one on the issue, and the answer to the comment that took the decision.

Each method brings the comment to the present truth, whatever it said before, and may be repeated.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import quote

from temporalio import activity

from activities.errors import again
from activities.github.own_comments import OwnComments, has_refusal, strike_out
from process.corrections.corrected_decision import CorrectedDecision
from process.lead.lead import Lead
from templates.rendering import markdown, render

_CLOCK_SKEW = timedelta(days=1)
_TIMEOUT = 5
"""Attempts after which a missing answer counts as deleted. A decision that was just taken has none yet."""


class IssueRef(NamedTuple):
    """An issue by repository and number."""

    repo: str
    number: int


class GitHubCorrections:
    """Posts and edits comments about corrections."""

    def __init__(self, comments: OwnComments) -> None:
        self._comments = comments

    def comment(
        self, issue: IssueRef, lead: Lead, corrected_decision: CorrectedDecision, *, hub: bool
    ) -> None:
        """Bring the issue's comment about this decision up to date. It is created only if somebody asked for it."""
        self._comments.post(
            issue.repo,
            issue.number,
            f"{quote(lead.id, safe='')}/correction/{corrected_decision.seq}",
            render("github/correction.md", corrected_decision=corrected_decision, lead=lead, hub=hub),
            since=corrected_decision.at - _CLOCK_SKEW,
            create=corrected_decision.is_asked("hub" if hub else "comment"),
        )

    def answer(self, issues: Iterable[IssueRef], corrected_decision: CorrectedDecision) -> None:
        """Strike out or restore the decision in the answer to its comment, on the first of these issues that has it."""
        why = (
            _why(corrected_decision)
            if not corrected_decision.counts and corrected_decision.is_asked("answer")
            else ""
        )
        for issue in issues:
            found = self._comments.find(
                issue.repo,
                issue.number,
                str(corrected_decision.comment),
                since=corrected_decision.at - _CLOCK_SKEW,
            )
            if found is None:
                continue
            text = strike_out(found.text.replace("\r\n", "\n"), corrected_decision.seq, why)
            self._comments.edit(issue.repo, found, text)
            if corrected_decision.comment:
                self._comments.react(
                    issue.repo, corrected_decision.comment, "confused" if has_refusal(text) else "+1"
                )
            return
        if why and activity.info().attempt < _TIMEOUT:
            raise again("The answer to strike out is not there yet")


def _why(corrected_decision: CorrectedDecision) -> str:
    newest = next(
        each
        for each in reversed(corrected_decision.corrections)
        if each.of == corrected_decision.seq and each.holds and not each.completes
    )
    return f"No longer counts, corrected as {newest.seq}: {markdown(newest.reason, 300)}"
