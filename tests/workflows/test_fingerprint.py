"""The commands that the workflow can give, and what each decision plans: changing either can break leads in flight."""

import ast
import inspect
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from process.behaviour import CHANGES
from process.core import inbox, intake
from process.core.aggregate import LeadAggregate
from process.core.due import pass_deadlines
from process.core.events import Change, Deadline, Event, EventLog, Fact, Observation
from process.core.fold import fold
from process.core.outbox import DriftCheck
from process.core.plan import plan
from process.decisions.opening import LeadOpened
from process.decisions.registry import DECISIONS
from process.duplicates.notices import relation_notices
from process.duplicates.observations import DuplicatesFlagged, OriginalsNotified, RelationNoticed
from process.effects import Effect, ReserveIds
from process.effects.observations import (
    AnswersRead,
    CardPlaced,
    ChangesAdopted,
    DriftFound,
    FolderCreated,
    HubIssueOpened,
    IdsReserved,
    InvoicePrepared,
    IssueOpened,
    MailSent,
    MailUndeliverable,
    PersonErased,
    PricesRead,
    Repaired,
    Restored,
    TeamChanged,
)
from process.effects.requests import Outcome
from process.lead.duplicate_links import DuplicateLink
from process.types import Link, Role, Stage
from tests.support.accepted import ACCEPTED
from tests.support.lives import MONDAY, known_person
from tests.support.states import STATES
from workflows import alarm, changes, lead, performing, recording

COMMITTED = Path(__file__).parent / "fingerprint.json"
COMMANDS = {
    "continue_as_new",
    "execute_activity",
    "execute_local_activity",
    "patched",
    "sleep",
    "upsert_memo",
    "upsert_search_attributes",
    "wait_condition",
}
ADVICE = """
The order of the workflow's commands may have changed. Leads in flight replay what they did under the old code, and get
stuck if the new code does something else. Read docs/changing-the-process.md: keep the old way behind a changed rule
(process/behaviour.py) for runs that began under it, replay the committed histories (tests/workflows/test_replay.py), and
then write the new fingerprint with `python -m tests.workflows.test_fingerprint`.
"""


def commands() -> list[str]:
    """Return each command of a lead's workflow: its function and the names of its arguments, in order."""
    return [
        f"{function.name}: {call.func.attr}({', '.join(sorted(each.arg or '**' for each in call.keywords))})"
        for module in (lead, changes, alarm, performing, recording)
        for function in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in COMMANDS
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "workflow"
    ]


LONG: list[tuple[str, dict[str, Any]]] = [
    ("questionnaire_sent", {}),
    ("questionnaire_answered", {"response_id": "r1"}),
    ("maniac_t_assessed", {"in_scope": True}),
    ("asset_attached", {"name": "Budget"}),
    ("details_changed", {"person": "Grace Example"}),
    ("price_list_requested", {}),
    ("price_quoted", {"amount": 12000, "currency": "USD", "per": "year"}),
    ("quote_declined", {}),
    ("price_quoted", {"book": "2026-06", "plan": "Premier"}),
    ("quote_accepted", {}),
    ("contract_handed_over", {}),
    ("set_team", {"addresses": {"contracts": ["deals@example.org"]}}),
    ("policy_adopted", {"policy": {"version": "2", "labels": {"hub": "hub"}}}),
    ("contract_acknowledged", {}),
    ("contract_progressed", {"state": "drafted"}),
    ("contract_signed", {"evidence": "mail", "evidence_kind": "email"}),
    ("vendor_setup_started", {}),
    ("vendor_setup_progressed", {"forms": "sent"}),
    ("vendor_setup_done", {"vendor_number": "4711"}),
    ("hub_information_given", {"name": "Example Hub"}),
    ("hub_requested", {}),
    ("assigned", {"role": "engineering", "person": "Grace Example"}),
    ("event_announced", {"name": "Summer school", "first": "2026-09-05", "users": 120}),
    ("put_on_hold", {"event": "the new cluster"}),
    ("resumed", {}),
    ("hub_live", {}),
    ("hub_validated", {"representative": "Ada Example", "users": 12}),
    ("issue_replaced", {}),
    ("folder_replaced", {}),
    ("corrected", {"seq": "questionnaire_sent", "reason": "a slip", "tell": True}),
    ("usage_reported", {"month": "2026-07", "active_users": 280}),
    ("invoice_sent", {"number": 1}),
    ("invoice_paid", {"number": 1}),
    ("invoice_voided", {"number": 2, "reason": "another price"}),
    ("service_extended", {"reason": "lawyers"}),
    ("price_quoted", {"amount": 15000, "currency": "USD", "per": "year"}),
    ("quote_accepted", {}),
    ("contract_handed_over", {}),
    ("contract_signed", {"evidence": "renewed.pdf", "start": "2027-12-15"}),
    ("gap_explained", {"reason": "a gift"}),
    ("decommission_decided", {"on": "2028-01-01", "reason": "over"}),
    ("decommission_cancelled", {"reason": "funded"}),
    ("decommission_decided", {"on": "2027-12-01", "reason": "over"}),
    ("hub_decommissioned", {"data_confirmed_by": "Ada Example"}),
]
SHORT: list[tuple[str, dict[str, Any]]] = [
    ("questionnaire_sent", {}),
    ("price_quoted", {"amount": 12000, "currency": "USD", "per": "year"}),
    ("quote_expired", {}),
    ("price_quoted", {"amount": 11000, "currency": "USD", "per": "year"}),
    ("quote_accepted", {}),
    ("contract_handed_over", {}),
    ("vendor_setup_not_needed", {}),
    ("lost", {"reason": "budget"}),
    ("reopened", {"reason": "a grant"}),
    ("repaired", {"run_id": "stuck", "taken_until": 9}),
]
DISCOUNTED = {"amount": 9000, "currency": "USD", "per": "year", "item": "Training: 500 once"}
DISCOUNTED |= {"discount_percent": 20, "discount_reason": "a pilot", "by": "Ada Example"}
COMPENSATED: list[tuple[str, dict[str, Any]]] = [
    ("price_quoted", DISCOUNTED),
    ("discount_declined", {"reason": "too much"}),
    ("price_quoted", {**DISCOUNTED, "amount": 10000}),
    ("discount_approved", {"by": "Grace Example"}),
    ("quote_accepted", {}),
    ("contract_signed", {"evidence": "signed.pdf", "reference": "PO-1"}),
    ("vendor_setup_not_needed", {}),
    ("hub_requested", {}),
    ("corrected", {"seq": "hub_requested", "reason": "a slip", "compensate": "all"}),
]
"""A life with items, discounts and a compensated correction."""

DUPLICATE: list[tuple[str, dict[str, Any]]] = [
    ("questionnaire_answered", {"response_id": "r1"}),
    ("kept_apart", {}),
    ("corrected", {"seq": "kept_apart", "reason": "it is the same"}),
    ("merged", {"into": "lead-original"}),
    ("corrected", {"seq": "merged", "reason": "it is not"}),
    ("merged", {"into": "lead-third"}),
]
"""Decisions of a lead that begins as a possible duplicate."""
OBSERVATIONS: dict[str, Observation] = {
    "open_issue": IssueOpened(link=Link(id="1")),
    "reserve_ids": IdsReserved(invoice_ids={}),
    "create_folder": FolderCreated(link=Link(id="f")),
    "open_hub_issue": HubIssueOpened(link=Link(id="2")),
    "prepare_invoice": InvoicePrepared(number=1, file=Link(id="i")),
    "send_mail": MailSent(
        template="handover",
        recipients=("contracts@example.org",),
        message_id="<m@example.org>",
        reached={Role.CONTRACTS: ("contracts@example.org",)},
        cause=1,
    ),
    "check_issues": DriftFound(checked=("issue", "card"), broken={"issue": "It is gone"}),
    "check_folder": DriftFound(checked=("folder",), broken={"folder": "It is gone"}),
}
DRIFT_CHECKS = {"issue_replaced": DriftCheck(folder=False), "folder_replaced": DriftCheck(issues=False)}
WAITS = {
    "discount_approved": 7,
    "usage_reported": 20,
    "invoice_sent": 20,
    "service_extended": 366,
    "hub_decommissioned": 120,
}
"""Days that pass before a decision of this kind."""
AT_ONCE = ("set_team", "policy_adopted")
"""An hour passes before each decision except these."""


def _live(
    decisions: list[tuple[str, dict[str, Any]]],
    changes: tuple[str, ...],
    originals: tuple[DuplicateLink, ...] = (),
) -> tuple[Event, ...]:
    now = datetime(2026, 7, 20, 9, tzinfo=UTC)
    opened = LeadOpened(
        org="Example University", person="Ada Example", title="A hub", changes=changes, originals=originals
    )
    aggregate = LeadAggregate.open("lead-fingerprint", opened, now).replaced(keys=())
    for kind, body in decisions:
        if kind in DRIFT_CHECKS:
            aggregate = aggregate.check_drift(DRIFT_CHECKS[kind])
        while found := next((i.effect for i in aggregate.outbox if i.effect.kind in OBSERVATIONS), None):
            aggregate = aggregate.done(found, Outcome(observation=_observation(found)), now)
        now += timedelta(days=WAITS.get(kind, 0), hours=kind not in AT_ONCE)
        if kind == "set_team":
            aggregate = inbox.set_team(aggregate, (body,), now)
            continue
        if kind == "repaired":
            aggregate = aggregate.record(Repaired.model_validate(body), now)
            continue
        aggregate = pass_deadlines(aggregate, now)
        person = known_person(str(body.get("by", "")))
        aggregate, answer = intake.take_from(aggregate, kind, (_numbered(body, aggregate),), person, now)
        assert answer.accepted, (kind, str(answer))
    return tuple(pass_deadlines(aggregate, now + timedelta(days=100)).event_log.events)


def _numbered(body: dict[str, Any], aggregate: LeadAggregate) -> dict[str, Any]:
    """Return the body with `seq` as the number of the newest event of the kind that it names."""
    if "seq" not in body:
        return body
    events = reversed(aggregate.event_log.events)
    return body | {"seq": next(event.seq for event in events if event.kind == body["seq"])}


def _observation(effect: Effect) -> Observation:
    """Return the observation of this effect, with the invoices that it is about."""
    if isinstance(effect, ReserveIds):
        return IdsReserved(folder_id="f", invoice_ids={number: f"i{number}" for number in effect.numbers})
    observation = OBSERVATIONS[effect.kind]
    numbered = isinstance(observation, InvoicePrepared) and effect.invoice_number
    return observation.replaced(**{"number": effect.invoice_number}) if numbered else observation


def plans(changes: tuple[str, ...] = CHANGES) -> list[str]:
    """Return the effects that each event of these lives plans, under these changes of the process."""
    found = []
    lives = (LONG, SHORT, COMPENSATED)
    duplicate = _live(DUPLICATE, changes, (DuplicateLink(lead_id="lead-original"),))
    for events in (*(_live(life, changes) for life in lives), duplicate):
        logs = [
            EventLog.of(events[:n], fold(events[:n], "lead-fingerprint")) for n in range(1, len(events) + 1)
        ]
        found += [_planned(change) for change in map(Change, [logs[0], *logs], logs)]
    return found


def decisions() -> list[str]:
    """Return the effects that each accepted case of a decision plans, by its state."""
    found = []
    for state, kind, body, *_ in ACCEPTED:
        life = STATES[state]()
        before = life.aggregate.event_log
        life.does(kind, **body)
        found.append(f"{state}: {_planned(Change(before, life.aggregate.event_log))}")
    return found


DAYS = 400
"""Days that each state is followed, so that every deadline passes in one of them."""
REPORTED: tuple[Observation, ...] = (
    *OBSERVATIONS.values(),
    AnswersRead(response_id="one", answers=()),
    CardPlaced(item="card", stage=Stage.LEAD),
    ChangesAdopted(changes=("a-change",)),
    DuplicatesFlagged(originals=(DuplicateLink(lead_id="lead-original"),)),
    MailUndeliverable(template="handover", recipients=("contracts@example.org",)),
    OriginalsNotified(originals=()),
    PersonErased(request_id="one"),
    PricesRead(origin="a sheet", books=()),
    RelationNoticed(notice=relation_notices(STATES["probable duplicate"]().lead)["lead-original"]),
    Repaired(run_id="stuck", taken_until=9),
    Restored(run_id="lost"),
    TeamChanged(people={}, addresses={}, since=MONDAY, roles=(Role.CONTRACTS,)),
)
"""An observation of each kind. `OBSERVATIONS` holds those by which the lives go on."""


def deadlines() -> list[str]:
    """Return when each deadline passes in each state if nobody acts, whatever other decisions there are."""
    found = []
    for state, start in STATES.items():
        life = start()
        known = life.lead.last_seq
        life.at(life.now + timedelta(days=DAYS))
        found += [
            f"{state}: {event.kind} at {event.at:%Y-%m-%dT%H:%M}"
            for event in life.aggregate.event_log.events[known:]
            if event.fact.is_by_date
        ]
    return found


def observations() -> list[str]:
    """Return the effects that an observation of each kind plans, for a running hub."""
    before = STATES["live"]().aggregate
    found = []
    for observation in REPORTED:
        after = before.record(observation, MONDAY + timedelta(days=1))
        found.append(_planned(Change(before.event_log, after.event_log)))
    return sorted(set(found))


def effects() -> list[str]:
    """Return how effects of each kind go out: by which queue, with which others, and in which order."""
    flags = (
        "alone",
        "brings_link",
        "coalesces",
        "comes_last",
        "is_searched",
        "is_shown",
        "suspended_with_cause",
    )
    return [
        " ".join([kind, f"queue={effect.queue}", *(flag for flag in flags if getattr(effect, flag))])
        for kind, effect in sorted(Effect.kinds.items())
    ]


def _planned(change: Change) -> str:
    effects = (f"{effect.kind} {getattr(effect, 'template', '')}".strip() for effect in plan(change))
    return f"{change.event.kind} -> {', '.join(effects)}"


def fingerprint() -> dict[str, list[str]]:
    found = {
        "commands": commands(),
        "deadlines": deadlines(),
        "decisions": decisions(),
        "effects": effects(),
        "observations": observations(),
        "plans": plans(),
    }
    return found | ({"plans without the changes": plans(())} if CHANGES else {})


def test_the_fingerprint_is_the_committed_one() -> None:
    assert fingerprint() == json.loads(COMMITTED.read_text()), ADVICE


def test_the_fingerprint_covers_every_decision() -> None:
    covered = {line.partition(": ")[2].partition(" ")[0] for line in decisions()}
    assert covered == set(DECISIONS)


def test_the_fingerprint_covers_every_deadline_observation_and_effect() -> None:
    committed = json.loads(COMMITTED.read_text())
    facts = Fact.kinds.items()
    due = {line.partition(": ")[2].partition(" at ")[0] for line in committed["deadlines"]}
    assert due >= {kind for kind, fact in facts if issubclass(fact, Deadline)}
    reported = {line.partition(" -> ")[0] for line in committed["observations"]}
    assert reported == {kind for kind, fact in facts if issubclass(fact, Observation)}
    assert {line.partition(" ")[0] for line in committed["effects"]} == set(Effect.kinds)


if __name__ == "__main__":
    COMMITTED.write_text(json.dumps(fingerprint(), indent=1, ensure_ascii=False) + "\n")
