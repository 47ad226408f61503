"""Overview of a lead: next step, attention, and options."""

from collections.abc import Callable

import pytest

from process.core.decide import decide
from process.core.due import next_due
from process.core.events import Fact
from process.core.refusal import Refused, SuggestionKind
from process.decisions.parsing import parse
from process.decisions.registry import DECISIONS
from process.lead.qualification import MANIAC_T
from process.types import Role
from process.views.attention import attention
from process.views.lead_overview import Option
from process.views.next_step import next_step, step_of
from process.views.overview import options, overview
from tests.support.lives import BOOK_QUOTE, HUB, Life


def after(state: Callable[[], Life], kind: str, /, **body: object) -> Callable[[], Life]:
    def life() -> Life:
        life = state()
        life.does(kind, **body)
        return life

    return life


asked = after(Life, "questionnaire_sent")
answered = after(asked, "questionnaire_answered")
handed_over = after(lambda: Life().renewing(), "contract_handed_over")
hub_known = after(lambda: Life().contracted(), "hub_information_given", **HUB)

ONLY_THAT = ": the contract is signed, and only that is missing"

STEPS: list[tuple[Callable[[], Life], Role, str]] = [
    (Life, Role.SALES, "send the questionnaire"),
    (asked, Role.COMMUNITY, "answer the questionnaire"),
    (answered, Role.SALES, "assess by MANIAC-T whether it is in scope"),
    (after(answered, "maniac_t_assessed", in_scope=True), Role.SALES, "quote a price"),
    (
        after(answered, "maniac_t_assessed", in_scope=False),
        Role.SALES,
        "tell them it is out of scope, or assess again",
    ),
    (lambda: Life().quoted(), Role.COMMUNITY, "agree to the price by 2026-07-01"),
    (lambda: Life().quoted().wait(31), Role.SALES, "quote a price again, or record it as lost"),
    (lambda: Life().accepted(), Role.SALES, "hand the contract over to the contracts team"),
    (lambda: Life().handed_over(), Role.CONTRACTS, "acknowledge the hand-over"),
    (
        after(lambda: Life().handed_over(), "contract_acknowledged"),
        Role.CONTRACTS,
        "get the contract signed by 2026-06-29",
    ),
    (
        after(lambda: Life().handed_over(), "contract_progressed", state="in negotiation"),
        Role.CONTRACTS,
        "get the contract signed by 2026-06-29, in negotiation since 2026-06-01",
    ),
    (
        after(lambda: Life().signed(), "vendor_setup_progressed", forms="sent"),
        Role.CONTRACTS,
        f"finish the vendor set-up, forms sent on 2026-06-01{ONLY_THAT}",
    ),
    (
        lambda: Life().signed().until("2027-03-01").quoted(),
        Role.COMMUNITY,
        "agree to the price of the renewal by 2027-03-31; and set up as a vendor, or record that it is not needed",
    ),
    (
        lambda: Life().signed(),
        Role.CONTRACTS,
        f"set up as a vendor, or record that it is not needed{ONLY_THAT}",
    ),
    (
        after(lambda: Life().signed(), "vendor_setup_started"),
        Role.CONTRACTS,
        f"finish the vendor set-up{ONLY_THAT}",
    ),
    (hub_known, Role.SALES, "request the hub"),
    (
        after(hub_known, "hub_information_given", image="pending", url="pending"),
        Role.SALES,
        "request the hub; still missing: URL, Image",
    ),
    (
        after(lambda: Life(service="other").contracted(), "asset_attached", name="x"),
        Role.NOBODY,
        "nothing, no hub is to come; contract until 2027-05-31",
    ),
    (lambda: Life().requested(), Role.ENGINEERING, "bring the hub up"),
    (
        lambda: Life().live(),
        Role.ENGINEERING,
        "have the hub validated: a representative satisfied, five users logged in",
    ),
    (
        after(lambda: Life().live(), "hub_validated", representative="Ada", users=5),
        Role.NOBODY,
        "steady state, contract until 2027-05-31",
    ),
    (lambda: Life().live().until("2027-01-01"), Role.SALES, "renew: the contract ends on 2027-05-31"),
    (
        lambda: Life().live().until("2027-03-01").quoted(),
        Role.COMMUNITY,
        "agree to the price of the renewal by 2027-03-31",
    ),
    (lambda: Life().renewing(), Role.SALES, "hand the renewal over to the contracts team"),
    (handed_over, Role.CONTRACTS, "acknowledge the hand-over of the renewal"),
    (after(handed_over, "contract_acknowledged"), Role.CONTRACTS, "get the renewal signed by 2027-03-29"),
    (
        after(lambda: Life().renewed(), "hub_validated", representative="Ada", users=5),
        Role.NOBODY,
        "steady state, contract until 2028-05-31",
    ),
    (after(asked, "put_on_hold", until="2026-09-01"), Role.COMMUNITY, "on hold until 2026-09-01"),
    (after(asked, "put_on_hold", event="Their budget"), Role.COMMUNITY, "on hold, waiting for: Their budget"),
    (lambda: Life().lost(), Role.NOBODY, "nothing, it is lost"),
    (lambda: Life().decommissioned(), Role.NOBODY, "nothing, its service has ended"),
]


@pytest.mark.parametrize(("state", "owner", "what"), STEPS, ids=[what for *_, what in STEPS])
def test_the_next_step_has_an_owner(state: Callable[[], Life], owner: Role, what: str) -> None:
    assert next_step(state().lead) == (owner, what)


def test_attention_lists_the_concerns() -> None:
    life = Life().live(BOOK_QUOTE)
    assert attention(life.lead, life.today) == ()
    life.until("2026-06-10").does("invoice_sent", number=1)
    life.until("2026-08-20")
    assert attention(life.lead, life.today) == (
        "Usage is not reported, so not billed, for 2026-06, 2026-07",
        "Invoice 1 (1,250.00 USD) is overdue",
        "Prepared more than 14 days ago and not sent: invoice 2, 3",
    )


def test_a_lead_that_nobody_moves_and_a_hub_that_lacks_information_are_seen() -> None:
    life = Life().wait(40)
    assert attention(life.lead, life.today) == ("Nothing has moved since 2026-06-01",)
    life = Life().contracted()
    life.does("hub_requested")
    (worry,) = [text for text in attention(life.lead, life.today) if "information" in text]
    assert worry.startswith("The hub's information still lacks Hub name, Background")


def test_allowed_decisions_come_first_with_a_preview() -> None:
    life = Life().quoted()
    found = options(life.aggregate, life.now)
    assert {option.kind for option in found} == set(DECISIONS)
    assert [option.allowed for option in found] == sorted((option.allowed for option in found), reverse=True)
    by_kind = {option.kind: option for option in found}
    accepted = by_kind["quote_accepted"]
    assert accepted.would[0] == "The quote was accepted: 12,000.00 USD a year"
    assert accepted.does.startswith("The customer agreed to the price.")
    assert accepted.takes == ("note", "version", "accepted_by")
    assert str(by_kind["contract_signed"].refused) == (
        "They have not agreed to a price yet. Record that first (quote_accepted)."
    )
    assert by_kind["contract_signed"].would == ()


def test_the_overview_is_complete() -> None:
    life = Life().quoted().perform()
    life.refused("contract_signed", evidence="x", by="Ada")
    seen = overview(life.aggregate, life.now)
    assert (seen.lead_id, seen.stage, seen.owner) == ("lead-example", "quoted", "community")
    assert seen.heading == "[Example University / Ada Example] - Hub for a course"
    assert seen.next_date == next_due(life.aggregate.lead)
    assert [line.seq for line in seen.timeline] == list(range(1, len(seen.timeline) + 1))
    assert [refusal.by for refusal in seen.refused] == ["Ada"]
    assert {line.status for line in seen.effects} == {"done"}
    waiting = overview(Life().quoted().aggregate, life.now).effects
    assert {line.status for line in waiting} == {"waiting", "blocked"}


def option(life: Life, kind: str) -> Option:
    return next(each for each in options(life.aggregate, life.now) if each.kind == kind)


@pytest.mark.parametrize(
    ("state", "kind", "reason"),
    [
        (Life, "hub_requested", "No contract is signed"),
        (Life, "issue_replaced", "No issue of this lead is known to be gone"),
        (Life, "folder_replaced", "No folder of this lead is known to be gone"),
        (lambda: Life().live(), "price_quoted", "its renewal is quoted in the last 180 days"),
    ],
)
def test_a_decision_that_is_refused_is_no_option(state: Callable[[], Life], kind: str, reason: str) -> None:
    found = option(state(), kind)
    assert not found.allowed
    assert reason in str(found.refused)


@pytest.mark.parametrize(
    ("state", "first"),
    [
        (Life, ["questionnaire_sent"]),
        (lambda: Life().quoted(), ["quote_accepted", "quote_declined"]),
        (lambda: Life().handed_over(), ["contract_acknowledged"]),
        (lambda: Life().signed(), ["vendor_setup_started", "vendor_setup_not_needed"]),
        (hub_known, ["hub_requested"]),
        (lambda: Life().requested(), ["hub_live"]),
        (lambda: Life().live(), ["hub_validated"]),
    ],
)
def test_the_next_decisions_come_first(state: Callable[[], Life], first: list[str]) -> None:
    life = state()
    found = options(life.aggregate, life.now)
    assert [each.kind for each in found if each.next] == first
    assert [each.kind for each in found[: len(first)]] == first


@pytest.mark.parametrize("life", [each for each, _, _ in STEPS])
def test_every_next_decision_exists(life: Callable[[], Life]) -> None:
    assert set(step_of(life().lead).decisions) <= set(DECISIONS)


@pytest.mark.parametrize(
    ("kind", "needs"),
    [
        ("lost", ("reason",)),
        ("corrected", ("seq", "reason")),
        ("questionnaire_sent", ()),
        ("policy_adopted", ()),
        ("merged", ("into",)),
        ("asset_attached", ("name",)),
    ],
)
def test_an_option_names_the_fields_that_it_needs(kind: str, needs: tuple[str, ...]) -> None:
    found = option(Life(), kind)
    assert found.allowed
    assert found.needs == needs
    assert found.one_of == ()


VALUES = {
    "org": "Other University",
    "email": "ada@example.org",
    "service": "other",
    "zone": "Europe/Berlin",
    "billing_address": "Example University, Street 1",
    "in_scope": True,
    "amount": "9000",
    "currency": "USD",
    "per": "year",
    "until": "2026-08-01",
} | dict.fromkeys(MANIAC_T, "unknown")


@pytest.mark.parametrize("kind", [kind for kind, decision in DECISIONS.items() if decision.one_of])
def test_an_option_names_the_fields_of_which_it_needs_one(kind: str) -> None:
    life = Life()
    found = option(life, kind)
    assert (found.needs, found.one_of) == ((), DECISIONS[kind].one_of)
    assert isinstance(none := preview_of(life, kind, {}), Refused)
    assert any(each.kind is SuggestionKind.GIVE for each in none.suggestions)
    for each in found.one_of:
        body = {name: VALUES.get(name, "Something else") for name in each}
        assert not isinstance(preview_of(life, kind, body), Refused) or each == ("book", "plan"), each


def test_every_option_is_allowed_with_what_it_needs_and_refused_with_less() -> None:
    looked_at = set()
    for state in [each for each, _, _ in STEPS]:
        life = state()
        for each in options(life.aggregate, life.now, effects=False):
            if not each.allowed or each.one_of or not DECISIONS[each.kind].example_suffices:
                continue
            body = {name: each.example[name] for name in each.needs if name in each.example}
            if isinstance(preview_of(life, each.kind, dict(each.example)), Refused):
                continue  # the example is of another lead
            looked_at.add(each.kind)
            assert not isinstance(preview_of(life, each.kind, body), Refused), each
            for name in each.needs:
                less = {other: value for other, value in body.items() if other != name}
                assert isinstance(preview_of(life, each.kind, less), Refused), (each.kind, name)
    assert len(looked_at) > 20


def preview_of(life: Life, kind: str, body: dict[str, object]) -> Fact | Refused:
    """Return what the lead would make of the decision."""
    decision = parse(kind, (body,))
    return decision if isinstance(decision, Refused) else decide(life.aggregate.event_log, decision, life.now)
