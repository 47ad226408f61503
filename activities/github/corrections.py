"""What we say on GitHub of a decision that was corrected: in a comment on an issue, and in the answer that took it.

Whatever was said before, and however often this is done, afterwards it says what is true by now.
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

_CLOCKS_DIFFER = timedelta(days=1)
_TIMEOUT = 5
"""Attempts after which an answer that is not there counts as deleted; a decision that was just given has none yet."""


class IssueRef(NamedTuple):
    """An issue."""

    repo: str
    number: int


class GitHubCorrections:
    def __init__(self, answers: OwnComments) -> None:
        self._answers = answers

    def comment(
        self, spot: IssueRef, lead: Lead, corrected_decision: CorrectedDecision, *, hub: bool
    ) -> None:
        """One comment on the issue for each decision that was ever corrected; nothing new where nobody asked for it."""
        self._answers.post(
            spot.repo,
            spot.number,
            f"{quote(lead.id, safe='')}/correction/{corrected_decision.seq}",
            render("correction.md", corrected_decision=corrected_decision, lead=lead, hub=hub),
            since=corrected_decision.at - _CLOCKS_DIFFER,
            create=corrected_decision.is_asked("hub" if hub else "comment"),
        )

    def answer(self, spots: Iterable[IssueRef], corrected_decision: CorrectedDecision) -> None:
        """The answer to the comment that gave the decision, on whichever of these issues it stands."""
        why = (
            _why(corrected_decision)
            if not corrected_decision.counts and corrected_decision.is_asked("answer")
            else ""
        )
        for spot in spots:
            found = self._answers.find(
                spot.repo,
                spot.number,
                str(corrected_decision.comment),
                since=corrected_decision.at - _CLOCKS_DIFFER,
            )
            if found is None:
                continue
            text = strike_out(found.text.replace("\r\n", "\n"), corrected_decision.seq, why)
            self._answers.edit(spot.repo, found, text)
            if corrected_decision.comment:
                self._answers.react(
                    spot.repo, corrected_decision.comment, "confused" if has_refusal(text) else "+1"
                )
            return
        if why and activity.info().attempt < _TIMEOUT:
            raise again("The answer that is to be crossed out is not there yet")


def _why(corrected_decision: CorrectedDecision) -> str:
    newest = next(
        each
        for each in reversed(corrected_decision.corrections)
        if each.of == corrected_decision.seq and each.holds
    )
    return f"No longer counts, corrected as {newest.seq}: {markdown(newest.reason, 300)}"
