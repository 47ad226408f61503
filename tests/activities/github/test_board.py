"""The lead's card stands in the column of its stage, once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.errors import PARKED
from activities.github.activities import GitHubActivities
from config.settings import Settings
from process.effects import PlaceCard, revert_effects
from process.effects.observations import CardPlaced
from process.effects.requests import EffectRequest
from process.github.edits import Edit, EditKind
from process.lead.lead import Loss
from process.policy import COLUMNS, Policy
from process.types import Stage
from sandbox.github.records import Option
from sandbox.server import Sandbox
from tests.support.github_world import TODAY, GitHub, a_lead, a_quote, contracted, opened, perform
from tests.support.performing import changed

QUOTED = {"quotes": (a_quote(),)}


def place_card(activities: GitHubActivities, lead: Any, **changes: Any) -> str | None:
    """The card's id, if that is news."""
    observation = perform(activities, "place_card", lead.replaced(**changes)).observation
    assert observation is None or isinstance(observation, CardPlaced)
    return observation.item if observation else None


def replace_field(github: GitHub, **changes: Any) -> None:
    """Change the board's Status field as a person."""
    project = github.state.project(1)
    assert project is not None
    title, status = project.fields
    github.state.projects[project.id] = project.replaced(fields=(title, status.replaced(**changes)))


def test_a_card_is_added_and_follows_the_stage(activities: GitHubActivities, github: GitHub) -> None:
    lead = opened(activities, a_lead())
    card = place_card(activities, lead)
    assert card is not None
    assert github.column() == "Lead"
    signed = contracted(issue=lead.issue)
    lost = {"lost": Loss(reason="budget", said_by="we", on=TODAY)}
    for now, changes, column in (
        (lead, QUOTED, "Quoted"),
        (signed, {}, "Contracted"),
        (signed, lost, "Lost"),
        (signed, {"closed_on": TODAY}, "Closed"),
    ):
        assert place_card(activities, now, **changes) == card
        assert github.column() == column


def test_where_a_card_is_is_reported_once(activities: GitHubActivities) -> None:
    lead = opened(activities, a_lead())
    observation = perform(activities, "place_card", lead).observation
    assert isinstance(observation, CardPlaced)
    assert observation.stage is Stage.LEAD
    assert place_card(activities, lead, card=observation.item, card_stage=observation.stage) is None
    assert (
        place_card(activities, lead, card=observation.item, card_stage=observation.stage, **QUOTED)
        == observation.item
    )


def test_placed_again_nothing_is_written(activities: GitHubActivities, github: GitHub) -> None:
    lead = opened(activities, a_lead())
    first = place_card(activities, lead)
    github.forget_requests()
    assert place_card(activities, lead) == first
    assert github.writes() == []


def test_placed_by_many_at_once_there_is_one_card(settings: Settings, github: GitHub) -> None:
    workers = [GitHubActivities(settings) for _ in range(4)]
    lead = opened(workers[0], a_lead())
    with ThreadPoolExecutor(4) as threads:
        cards = set(threads.map(lambda worker: place_card(worker, lead), workers))
    assert len(cards) == len(github.cards()) == 1
    assert github.column() == "Lead"


def test_a_card_that_a_person_took_off_comes_back_and_is_reported(
    activities: GitHubActivities, github: GitHub
) -> None:
    lead = opened(activities, a_lead())
    card = place_card(activities, lead)
    github.state.items.clear()
    again = place_card(activities, lead, card=card)
    assert again is not None
    assert again != card


def test_a_persons_move_of_a_card_stays_until_it_is_handled(
    activities: GitHubActivities, github: GitHub, sandbox: Sandbox
) -> None:
    lead = opened(activities, a_lead())
    lead = lead.replaced(card=place_card(activities, lead), card_stage=Stage.LEAD)
    sandbox.person("amara-sales").move("leads", 1, "Hub")
    for changes in ({}, QUOTED):
        assert place_card(activities, lead, **changes) is None
        assert github.column() == "Hub"
    quoted = lead.replaced(**QUOTED)
    for name, column in (("Contracted", "Hub"), ("Hub", "Quoted"), ("Hub", "Quoted")):
        (effect,) = revert_effects(quoted, [Edit(kind=EditKind.PLACED, name=name)])
        ActivityEnvironment().run(activities.revert_card, EffectRequest(effect=effect, lead=quoted))
        assert github.column() == column


def test_a_card_that_nobody_will_hear_of_follows_the_next_stage(
    settings: Settings, github: GitHub, sandbox: Sandbox
) -> None:
    unheard = GitHubActivities(changed(settings, "github", reconcile_minutes=0, webhook_secret=None))
    lead = opened(unheard, a_lead())
    lead = lead.replaced(card=place_card(unheard, lead), card_stage=Stage.LEAD)
    sandbox.person("amara-sales").move("leads", 1, "Hub")
    place_card(unheard, lead, **QUOTED)
    assert github.column() == "Quoted"


def archive(github: GitHub) -> None:
    (card,) = github.cards()
    github.state.items[card.id] = card.replaced(archived=True)


def test_an_archived_card_comes_back_when_it_moves(activities: GitHubActivities, github: GitHub) -> None:
    lead = opened(activities, a_lead())
    place_card(activities, lead)
    archive(github)
    place_card(activities, lead)
    assert github.cards()[0].archived
    place_card(activities, lead, **QUOTED)
    assert not github.cards()[0].archived
    assert github.column() == "Quoted"


def test_the_board_is_looked_up_once_for_many_cards(activities: GitHubActivities, sandbox: Sandbox) -> None:
    lead = opened(activities, a_lead())
    for changes in ({}, QUOTED, {}):
        place_card(activities, lead, **changes)
    looks = [
        each for each in sandbox.journal.all("github", path="graphql") if "projectV2(number" in str(each.body)
    ]
    assert len(looks) == 1


def test_columns_that_were_made_anew_are_found(activities: GitHubActivities, github: GitHub) -> None:
    lead = opened(activities, a_lead())
    place_card(activities, lead)
    names = ("Lead", "Quoted")
    replace_field(
        github, id=7777, options=tuple(Option(id=f"0000000{n}", name=name) for n, name in enumerate(names))
    )
    with pytest.raises(ApplicationError) as failure:
        place_card(activities, lead, **QUOTED)
    assert failure.value.type == "Again"
    perform(activities, "place_card", lead.replaced(**QUOTED), attempt=2)
    assert github.column() == "Quoted"


def test_a_column_that_was_just_added_is_found_at_once(activities: GitHubActivities, github: GitHub) -> None:
    project = github.state.project(1)
    assert project is not None
    options = project.fields[1].options
    replace_field(github, options=options[:1])
    lead = opened(activities, a_lead())
    place_card(activities, lead)
    with pytest.raises(ApplicationError, match="no column 'Quoted'"):
        place_card(activities, lead, **QUOTED)
    replace_field(github, options=options)
    place_card(activities, lead, **QUOTED)
    assert github.column() == "Quoted"


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("project_number", 9, "no board 9"),
        ("status_field", "Phase", "no single-select field 'Phase'"),
        ("status_field", "Title", "no single-select field 'Title'"),
        ("columns", {"lead": "Prospect"}, "no column 'Prospect'"),
        ("columns", {"quoted": "Quoted"}, "no column for the stage lead"),
        ("org", "nobody", "no organization nobody"),
    ],
)
def test_missing_columns_are_named(
    activities: GitHubActivities, settings: Settings, github: GitHub, setting: str, value: Any, named: str
) -> None:
    lead = opened(activities, a_lead())
    wrong = changed(settings, "github", **{setting: value})
    with pytest.raises(ApplicationError, match=named) as failure:
        place_card(GitHubActivities(wrong), lead)
    assert (failure.value.type, failure.value.non_retryable) == (PARKED, True)
    assert github.cards() == []


def test_an_issue_that_graphql_does_not_show_yet_is_waited_for(
    activities: GitHubActivities, github: GitHub
) -> None:
    lead = opened(activities, a_lead())
    issues = dict(github.state.issues)
    github.state.issues.clear()
    with pytest.raises(ApplicationError) as failure:
        place_card(activities, lead)
    assert failure.value.type == "Again"
    with pytest.raises(ApplicationError) as failure:
        perform(activities, "place_card", lead, attempt=5)
    assert failure.value.type == PARKED
    github.state.issues.update(issues)
    place_card(activities, lead)
    assert github.column() == "Lead"


def test_the_columns_of_the_leads_own_policy_count(activities: GitHubActivities, github: GitHub) -> None:
    replace_field(
        github, options=tuple(Option(id=f"0{n}", name=name) for n, name in enumerate(("Inbox", "Lead")))
    )
    named = Policy(version="2026-09", columns=COLUMNS | {Stage.LEAD: "Inbox"})
    lead = opened(activities, a_lead(policy=named))
    place_card(activities, lead)
    assert github.column() == "Inbox"
    place_card(activities, lead, policy=Policy())
    assert github.column() == "Lead"


def test_a_card_that_a_person_had_put_there_follows_into_the_column_of_another_policy(
    activities: GitHubActivities, github: GitHub, sandbox: Sandbox
) -> None:
    options = tuple(
        Option(id=f"0{n}", name=name) for n, name in enumerate(("Lead", "Quoted", "Priced", "Hub"))
    )
    replace_field(github, options=options)
    lead = opened(activities, a_lead())
    lead = lead.replaced(**({"card": place_card(activities, lead), "card_stage": Stage.QUOTED} | QUOTED))
    sandbox.person("amara-sales").move("leads", 1, "Quoted")  # it was handled, and became true
    under = lead.replaced(policy=Policy(version="2026-09", columns=COLUMNS | {Stage.QUOTED: "Priced"}))
    assert place_card(activities, under) is None
    assert github.column() == "Quoted", "a person's move that is not handled yet stays"
    effect = PlaceCard(key="lead-7/3/place_card", cause=3, stood_in="Quoted")
    ActivityEnvironment().run(activities.place_card, EffectRequest(effect=effect, lead=under))
    assert github.column() == "Priced"
    sandbox.person("amara-sales").move("leads", 1, "Hub")
    ActivityEnvironment().run(activities.place_card, EffectRequest(effect=effect, lead=under))
    assert github.column() == "Hub", "a move that is not handled yet is not reverted"
