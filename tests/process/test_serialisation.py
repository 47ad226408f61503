"""Stored values can be read back, by this code and by older and newer code."""

import json
from typing import Any

import pytest

from process.core.aggregate import LeadAggregate
from process.core.events import Event, Fact, Unknown
from process.core.fold import fold
from process.decisions.opening import LeadOpened
from process.decisions.registry import DECISIONS
from process.duplicates import observations as duplicates
from process.effects import Effect, RecordEvents, SendMail, revert_effects
from process.effects import observations as observations
from process.effects.requests import EffectRequest, Outcome
from process.github.edits import Edit, EditKind
from process.lead.lead import Lead
from process.types import Role, Stage
from tests.support.lives import MONDAY, ORIGINAL, SIGNED, Life


def full_life() -> Life:
    """Return a lead with as many kinds of events and effects as possible."""
    life = Life(
        email="ada@example.org",
        zone="Europe/Berlin",
        policy={"holidays": ["2026-12-25"]},
        originals=[ORIGINAL],
    )
    life.does("kept_apart")
    life.receives_notice_from(Life(lead_id="lead-twin", originals=[ORIGINAL | {"lead_id": "lead-example"}]))
    life.does("questionnaire_sent")
    life.wait(9).perform()
    life.does("questionnaire_answered", response_id="one")
    life.does("maniac_t_assessed", need="yes", need_evidence="x", in_scope=True)
    life.does("asset_attached", type="budget", name="Budget", url="https://example.org/budget")
    life.refused("quote_accepted", by="Ada", key="k1")
    life.does("price_quoted", book="2022-05", plan="Partnership", amount="60000", dedicated_cluster=False)
    life.does("price_quoted", book="2026-06", plan="Premier", key="k2")
    life.wait(25).perform()
    life.does("quote_accepted")
    life.does("contract_handed_over")
    life.wait(16).perform()
    life.does("contract_signed", **SIGNED, billing="yearly")
    life.does("vendor_setup_done", vendor_number="4711")
    life.does("hub_information_given", name="Example Hub", url="pending")
    life.does("hub_requested")
    life.does("hub_live")
    life.does("usage_reported", month="2026-07", active_users=280, cloud_cost="412.07")
    life.wait(400).perform()
    life.does("service_extended", reason="x")
    life.checks_drift().does("put_on_hold", until="2028-01-01")
    corrected_decision = life.aggregate.event_log.events[-1].seq
    life.does("corrected", seq=corrected_decision, reason="x", tell=True, compensate="comment")
    taken_down = life.does("decommission_decided", on="2028-06-01", reason="x").seq
    life.perform().does("corrected", seq=taken_down, reason="x", compensate="all")
    life.repaired()
    parked = life.aggregate.startable(frozenset())[0]
    life.aggregate = life.aggregate.park(parked, "401 bad credentials", life.now)
    return life


LIFE = full_life()
MOVES = (
    Edit(kind=EditKind.TICKED, name="Price quoted", by="amara-sales", id="UCE_1"),
    Edit(kind=EditKind.CLOSED, name="completed", hub=True),
    Edit(kind=EditKind.PLACED, name="Hub"),
)
PLANNED = (*LIFE.planned, *revert_effects(LIFE.lead, MOVES))


def test_an_aggregate_survives_storage() -> None:
    aggregate = LIFE.aggregate
    stored = aggregate.model_dump_json()
    loaded = LeadAggregate.model_validate_json(stored)
    assert loaded == aggregate
    assert loaded.model_dump_json() == stored
    assert loaded.lead == fold(loaded.event_log.events, aggregate.lead.id)
    assert loaded.outbox
    assert all(type(item.effect) is not Effect for item in loaded.outbox)
    assert LeadAggregate.model_validate(aggregate.model_dump(mode="json")) == aggregate


@pytest.mark.parametrize(
    "event", LIFE.aggregate.event_log.events, ids=lambda event: f"{event.seq}-{event.kind}"
)
def test_an_event_survives_storage_with_its_kind(event: Event) -> None:
    stored = json.loads(event.model_dump_json())
    loaded = Event.model_validate(stored)
    assert stored["fact"]["kind"] == event.kind
    assert (loaded, type(loaded.fact)) == (event, type(event.fact))


@pytest.mark.parametrize("effect", PLANNED, ids=lambda effect: effect.key)
def test_an_effect_survives_the_way_to_its_activity(effect: Effect) -> None:
    request = EffectRequest(effect=effect, lead=LIFE.lead.brief(), events=LIFE.aggregate.event_log.events[:2])
    loaded = EffectRequest.model_validate_json(request.model_dump_json())
    assert (loaded, type(loaded.effect)) == (request, type(effect))


def test_every_kind_of_effect_is_among_the_planned() -> None:
    assert {effect.kind for effect in PLANNED} == set(Effect.kinds) - {RecordEvents.kind}


@pytest.mark.parametrize("kind", DECISIONS)
def test_a_decisions_example_survives_storage(kind: str) -> None:
    decision = DECISIONS[kind].model_validate(DECISIONS[kind].example)
    event = Event(seq=2, at=MONDAY, fact=decision)
    assert Event.model_validate_json(event.model_dump_json()).fact == decision


@pytest.mark.parametrize(
    "fact",
    [
        fact.model_construct()
        for module in (observations, duplicates)
        for fact in vars(module).values()
        if isinstance(fact, type) and issubclass(fact, Fact) and fact.__module__ == module.__name__
    ],
    ids=lambda fact: fact.kind,
)
def test_every_kind_of_fact_can_be_found_by_its_kind(fact: Fact) -> None:
    assert Fact.kinds[fact.kind] is type(fact)
    assert fact.kind == fact.kind.lower()


def test_an_outcome_survives_storage() -> None:
    outcome = Outcome(observation=observations.CardPlaced(item="card", stage=Stage.LEAD), recorded=3)
    assert Outcome.model_validate_json(outcome.model_dump_json()) == outcome


FUTURE: list[dict[str, Any]] = [
    {
        "kind": "moon_landed",
        "by": "Ada",
        "source": "signal",
        "where": {"crater": [1, None, 2.5]},
        "note": None,
    },
    {"kind": "moon_landed"},
    {"kind": 5, "x": 1},
    {"no": "kind"},
    {},
]


@pytest.mark.parametrize("fact", FUTURE)
def test_an_event_of_an_unknown_kind_is_kept_and_changes_nothing(fact: dict[str, Any]) -> None:
    event_log = Life().quoted().aggregate.event_log
    stored = json.loads(LeadAggregate.of(event_log).model_dump_json())
    stored["event_log"]["events"]["recent"].append(
        {"seq": 3, "at": "2026-06-02T00:00:00Z", "summary": "?", "fact": fact}
    )
    aggregate = LeadAggregate.model_validate(stored)
    loaded = aggregate.event_log.events[-1]
    assert isinstance(loaded.fact, Unknown)
    assert json.loads(loaded.model_dump_json())["fact"] == fact
    assert LeadAggregate.model_validate_json(aggregate.model_dump_json()) == aggregate
    lead = fold(aggregate.event_log.events, aggregate.lead.id)
    assert lead == aggregate.lead.replaced(last_seq=3)


def test_a_lead_of_newer_code_can_be_loaded() -> None:
    stored = json.loads(Life().quoted().aggregate.model_dump_json())
    stored["new_field"] = stored["event_log"]["lead"]["new_field"] = 1
    stored["event_log"]["events"]["recent"][1]["fact"]["new_field"] = {"x": 1}
    assert LeadAggregate.model_validate(stored).lead.quote is not None


def test_a_lead_of_older_code_can_be_loaded() -> None:
    required = {"id", "opened_at", "progressed_at", "org", "person", "title"}
    assert {name for name, field in Lead.model_fields.items() if field.is_required()} == required
    assert Lead.model_validate({name: str(LIFE.lead.model_dump(mode="json")[name]) for name in required})


def test_mail_goes_to_roles() -> None:
    mail = next(effect for effect in LIFE.planned if isinstance(effect, SendMail))
    assert all(isinstance(role, Role) for role in mail.to)
    assert mail.model_dump(mode="json")["kind"] == SendMail.kind == "send_mail"


def test_a_leads_opening_survives_storage() -> None:
    opened = LIFE.aggregate.event_log.events[0].fact
    assert isinstance(opened, LeadOpened)
    assert LeadOpened.model_validate_json(opened.model_dump_json()) == opened
