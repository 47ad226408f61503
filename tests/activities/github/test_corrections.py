"""One comment per corrected decision, up to date, whatever fails."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.github.activities import GitHubActivities
from activities.github.own_comments import strike_out
from config.settings import Settings
from process.corrections.corrected_decision import CorrectedDecision, Correction, Where
from process.corrections.unresolved import Compensation
from process.effects import PostCorrection, UpdateIssue
from process.effects.requests import EffectRequest
from process.lead.hub import Hub
from process.lead.lead import Lead
from sandbox.faults import Fault
from sandbox.github import commands
from sandbox.github.auth import as_person
from sandbox.github.records import Comment
from sandbox.server import Sandbox
from tests.support.github_world import GitHub, a_lead, opened, perform, with_hub_issue

NOW = datetime.now(UTC)
BOUNDARIES = ["cut", "cut_after", "status_after"]


@pytest.fixture
def activities(settings: Settings) -> GitHubActivities:
    """A create that may have happened is looked for at once: the sandbox's listings are not late."""
    return GitHubActivities(settings, settle=timedelta(0))


def corrected(
    *asked: Compensation, counts: bool = False, holds: bool = True, comment: int | None = None
) -> CorrectedDecision:
    """Decision 4, taken out by 6; or counting again after 8 took that out."""
    first = Correction(
        seq=6,
        of=4,
        at=NOW,
        by="@amara-sales",
        reason="Another lead's @price",
        asked=asked,
        holds=holds,
        counts=False,
    )
    again = Correction(
        seq=8, of=6, at=NOW, by="Grace Example", reason="It was right", holds=True, counts=True
    )
    return CorrectedDecision(
        seq=4,
        at=NOW,
        by="Ada Example",
        summary="Quoted 12,000.00 USD a year",
        counts=counts,
        comment=comment,
        corrections=(first, again) if counts else (first,),
    )


def say(
    activities: GitHubActivities,
    lead: Lead,
    corrected_decision: CorrectedDecision,
    where: Where = "issue",
    *,
    attempts: int = 1,
) -> None:
    """Says it, as often as a worker would try."""
    effect = PostCorrection(key=f"{lead.id}/6/post_correction-{where}", cause=6, seq=4, where=where)
    request = EffectRequest(effect=effect, lead=lead, corrected_decisions=(corrected_decision,))
    for remaining in reversed(range(attempts)):
        try:
            ActivityEnvironment().run(activities.post_correction, request)
        except ApplicationError:
            if not remaining:
                raise
        else:
            return


def comments(github: GitHub, repo: str = "leads", number: int = 1) -> list[Comment]:
    return github.state.comments_of(github.issue(repo, number))


def texts(github: GitHub, repo: str = "leads") -> list[str]:
    return [comment.body for comment in comments(github, repo)]


def test_there_is_one_comment_which_is_edited_when_the_decision_counts_again(
    activities: GitHubActivities, github: GitHub
) -> None:
    lead = opened(activities, a_lead(id="lead of Ada --> 7"))
    for _ in range(2):
        say(activities, lead, corrected("comment"))
    (text,) = texts(github)
    assert "~~4: Quoted 12,000.00 USD a year~~ was a mistake and **no longer counts**" in text
    assert "@price" not in text  # nobody is called by what somebody wrote
    say(activities, lead, corrected("comment", counts=True, holds=False))
    (text,) = texts(github)
    assert "**4: Quoted 12,000.00 USD a year** counts again" in text
    assert "(corrected since)" in text


def test_no_comment_is_created_when_the_decision_counts_again(
    activities: GitHubActivities, github: GitHub
) -> None:
    """The correction was itself corrected before it was posted."""
    lead = opened(activities, a_lead())
    say(activities, lead, corrected("comment", counts=True, holds=False))
    assert texts(github) == []


@pytest.mark.parametrize("kind", BOUNDARIES)
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_there_is_one_comment_whatever_fails(
    activities: GitHubActivities, sandbox: Sandbox, github: GitHub, kind: str, method: str
) -> None:
    lead = opened(activities, a_lead())
    if method == "PATCH":
        say(activities, lead, corrected("comment", counts=True))
    fault = Fault.model_validate(
        {"system": "github", "kind": kind, "method": method, "path": "/comments", "status": 502}
    )
    sandbox.faults.add(fault)
    say(activities, lead, corrected("comment"), attempts=3)
    assert fault.exhausted or sandbox.journal.all("github")
    (text,) = texts(github)
    assert "no longer counts" in text


def test_the_hubs_issue_is_closed_with_a_comment_and_opened_again(
    activities: GitHubActivities, github: GitHub
) -> None:
    today = NOW.date()
    wanted = with_hub_issue(activities, opened(activities, a_lead(hub=Hub(requested_on=today))))
    not_wanted = wanted.replaced(hub=Hub(withdrawn_on=today))
    perform(activities, "update_hub_issue", not_wanted)
    say(activities, not_wanted, corrected("hub"), "hub issue")
    issue = github.issue("pilot-hubs")
    assert (issue.state, issue.state_reason) == ("closed", "not_planned")
    assert "closed as not planned" in texts(github, "pilot-hubs")[0]
    perform(activities, "update_hub_issue", wanted)
    say(activities, wanted, corrected("hub", counts=True, holds=False), "hub issue")
    assert github.issue("pilot-hubs").state == "open"
    (text,) = texts(github, "pilot-hubs")
    assert "The hub is wanted, and this issue is open." in text
    assert texts(github) == []


def test_the_answer_is_crossed_out_where_it_stands_and_put_right_again(
    activities: GitHubActivities, github: GitHub
) -> None:
    lead = with_hub_issue(activities, opened(activities, a_lead(hub=Hub(requested_on=NOW.date()))))
    command = _comment(github, "/price-quoted", by="amara-sales")
    answer = f"✅ Quoted (event 4).\n\n✅ Accepted (event 40).\n\n<!-- lead-to-hub:answer {command} abc -->"
    _answer(activities, github, lead, answer)
    say(activities, lead, corrected("answer", comment=command), "answer")
    text = texts(github)[-1]
    assert "~~✅ Quoted (event 4).~~ No longer counts, corrected as 6: Another lead's" in text
    assert "\n✅ Accepted (event 40)." in text
    assert _reactions(github, command) == ["confused"]
    say(activities, lead, corrected("answer", comment=command, counts=True, holds=False), "answer")
    assert texts(github)[-1] == answer
    assert _reactions(github, command) == ["+1"]


def test_an_answer_that_is_not_there_yet_is_waited_for_and_one_that_was_deleted_is_not(
    activities: GitHubActivities, github: GitHub
) -> None:
    lead = opened(activities, a_lead())
    with pytest.raises(ApplicationError, match="not there yet"):
        say(activities, lead, corrected("answer", comment=99), "answer")
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(environment.info, attempt=5)
    effect = PostCorrection(key="k", cause=6, seq=4, where="answer")
    environment.run(
        activities.post_correction,
        EffectRequest(effect=effect, lead=lead, corrected_decisions=(corrected("answer", comment=99),)),
    )
    assert texts(github) == []


def test_a_strangers_comment_with_our_marker_is_left_alone(
    activities: GitHubActivities, github: GitHub
) -> None:
    lead = opened(activities, a_lead())
    forged = f"Ha.\n\n<!-- lead-to-hub:answer {lead.id}/correction/4 -->"
    _comment(github, forged, by="chidi-contracts")
    say(activities, lead, corrected("comment"))
    assert texts(github)[0] == forged
    assert len(texts(github)) == 2


@pytest.mark.parametrize("text", ["✅ x (event 4).", "a\n✅ x ~y~ (event 4).\n\nb\n✅ z (event 5)."])
def test_crossing_out_is_exactly_undone(text: str) -> None:
    out = strike_out(text, 4, "No longer counts.")
    assert out != text
    assert strike_out(out, 4, "No longer counts.") == out
    assert strike_out(out, 4, "") == text
    assert strike_out(text, 44, "No longer counts.") == text
    sly = strike_out(text, 4, "No longer counts: see (event 4).")
    assert strike_out(sly, 4, "") == text


def test_the_issue_shows_corrected_decisions(activities: GitHubActivities, github: GitHub) -> None:
    lead = opened(activities, a_lead())
    effect = UpdateIssue(key="k", cause=6)
    ActivityEnvironment().run(
        activities.update_issue,
        EffectRequest(effect=effect, lead=lead, corrected_decisions=(corrected("comment"),)),
    )
    assert "| ~~4~~ | ~~Quoted 12,000.00 USD a year~~ by Ada Example on" in github.body()


def _comment(github: GitHub, text: str, *, by: str) -> int:
    person = github.state.user(by)
    assert person is not None
    with github.state.writing(person):
        return commands.create_comment(github.state, as_person(person), github.issue(), text).id


def _answer(activities: GitHubActivities, github: GitHub, lead: Lead, text: str) -> None:
    """Create an answer as issue sync does."""
    activities._client.create_comment("leads", 1, text, settle=timedelta(0))


def _reactions(github: GitHub, comment: int) -> list[str]:
    subject = github.state.comments[comment].node_id
    return [each.content for each in github.state.reactions.values() if each.subject == subject]
