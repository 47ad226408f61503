"""Forms made from the decisions' models: each field has its widget, and what is typed becomes the decision."""

import re
from typing import Any

import pytest

from process.decisions.base import SET_BY_SERVICE, SET_FOR_SIGNED_IN, Decision
from process.decisions.opening import LeadOpened
from process.decisions.registry import DECISIONS
from starter.web.forms.fields import FormField, Widget, fields_of, groups_of
from starter.web.forms.form import Form
from starter.web.forms.offers import offers_of
from starter.web.forms.values import body_of, typed, typed_values
from tests.support.lives import Life

ALL: dict[str, type[Decision]] = {**DECISIONS, LeadOpened.kind: LeadOpened}
EVERY_FIELD = [(kind, field) for kind, decision in ALL.items() for field in fields_of(decision)]
BY_HAND = {
    "amount": "12000",
    "compensate": "mail\nhub",
    "currency": "EUR",
    "discount_amount": "1200",
    "item": "Training: 2000 once\nSupport: 300",
    "month": "2026-07",
    "other": "lead-bo",
    "into": "lead-bo",
    "submitted_at": "2026-06-30T17:00+02:00",
    "zone": "Europe/Berlin",
}
"""Values of fields in which not any text will do."""


def a_value(field: FormField) -> str:
    """Return a text that somebody could type into this field."""
    if field.name in BY_HAND:
        return BY_HAND[field.name]
    match field.widget:
        case Widget.RADIOS | Widget.SELECT:
            return field.choices[-1][0]
        case Widget.CHECKBOX:
            return "true"
        case Widget.DATE:
            return "2026-07-31"
        case Widget.TEXT:
            return "Several\nlines – of text"
    return "12" if field.inputmode in ("numeric", "decimal") else "A line"


def field_of(kind: str, name: str) -> FormField:
    return next(field for field in fields_of(ALL[kind]) if field.name == name)


@pytest.mark.parametrize("kind", ALL)
def test_every_field_that_a_person_fills_in_is_asked_for_once(kind: str) -> None:
    names = [field.name for group in groups_of(ALL[kind]) for field in group.fields]
    hidden = SET_BY_SERVICE | SET_FOR_SIGNED_IN
    assert sorted(names) == sorted(ALL[kind].model_fields.keys() - hidden)
    assert names[-1] == "note"


@pytest.mark.parametrize(("kind", "field"), EVERY_FIELD, ids=lambda each: getattr(each, "name", each))
def test_no_field_needs_the_widget_for_unknown_types(kind: str, field: FormField) -> None:
    assert field.widget is not Widget.JSON
    assert field.label


@pytest.mark.parametrize("kind", ALL)
def test_what_is_typed_becomes_the_decision_and_can_be_typed_again(kind: str) -> None:
    decision = ALL[kind]
    pairs = [(field.name, a_value(field)) for field in fields_of(decision)]
    form, parsed = Form.sent(decision, [*pairs, ("key", "a-key")]).read(by="Ada")
    assert parsed is not None, (form.complaints, form.refusal)
    assert parsed.key == "a-key"
    assert parsed.by == "Ada"
    body = parsed.model_dump(mode="json", exclude_unset=True)
    for field in fields_of(decision):
        assert field.name in body
        again = typed_values(decision, [(field.name, typed(body[field.name]))])
        assert body_of(decision, again)
        assert decision.model_validate({**body, **body_of(decision, again)}) == parsed


@pytest.mark.parametrize("kind", ALL)
def test_the_example_is_read_from_the_form(kind: str) -> None:
    decision = ALL[kind]
    values = {name: typed(value) for name, value in decision.example.items()}
    body = body_of(decision, values)
    assert body.keys() == decision.example.keys()


@pytest.mark.parametrize(
    ("kind", "name", "widget"),
    [
        ("price_quoted", "per", Widget.RADIOS),
        ("lost", "reason", Widget.SELECT),
        ("price_quoted", "dedicated_cluster", Widget.CHECKBOX),
        ("maniac_t_assessed", "in_scope", Widget.RADIOS),
        ("price_quoted", "valid_until", Widget.DATE),
        ("price_quoted", "item", Widget.LINES),
        ("price_quoted", "discount_reason", Widget.TEXT),
        ("contract_signed", "signed_by", Widget.LINE),
    ],
)
def test_the_type_decides_the_widget(kind: str, name: str, widget: Widget) -> None:
    assert field_of(kind, name).widget is widget


def test_numbers_are_text_with_the_right_keyboard() -> None:
    assert field_of("price_quoted", "amount").inputmode == "decimal"
    assert field_of("usage_reported", "active_users").inputmode == "numeric"


def test_lines_and_texts_know_their_length() -> None:
    assert field_of("contract_signed", "signed_by").max_length == 200
    assert field_of("details_changed", "billing_address").max_length == 500


def test_fields_whose_names_begin_alike_stand_together() -> None:
    groups = {
        group.label: [field.label for field in group.fields] for group in groups_of(ALL["price_quoted"])
    }
    assert groups["Discount"] == ["Percent", "Amount", "Reason"]
    letters = [group.label for group in groups_of(ALL["maniac_t_assessed"]) if group.label]
    assert letters == [
        "Money",
        "Authority",
        "Need",
        "Impending event",
        "Application",
        "Competition",
        "Timeline",
    ]


def test_a_type_that_no_widget_knows_is_asked_for_as_json() -> None:
    class Strange(Decision, abstract=True):
        where: dict[str, int] = {}

    (field,) = (each for each in fields_of(Strange) if each.name == "where")
    assert field.widget is Widget.JSON
    assert body_of(Strange, {"where": '{"a": 1}'}) == {"where": {"a": 1}}
    form, parsed = Form.sent(Strange, [("where", '{"a": 1')]).read()
    assert parsed is None
    assert list(form.complaints) == ["where"]


# ---- complaints


def read(kind: str, **values: str) -> Form:
    form, parsed = Form.sent(ALL[kind], list(values.items())).read(by="Ada")
    assert parsed is None
    return form


def test_each_wrong_field_gets_its_own_complaint_in_the_words_of_the_command_line() -> None:
    form = read("price_quoted", amount="12.000", currency="dollar", discount_percent="10.000,5.0")
    assert [field.name for field, _ in form.wrong] == ["currency", "discount_percent"]
    assert form.complaints["currency"].startswith("Currency: write a currency as its three letters")


def test_a_missing_field_is_named() -> None:
    assert read("contract_signed").complaints == {"evidence": "Evidence is missing"}


def test_a_wrong_line_is_counted() -> None:
    complaints = read("price_quoted", item="Training: 2000 once\nSupport").complaints
    assert re.match("Item, line 2: write an item as", complaints["item"])


def test_nothing_typed_is_lost_in_a_form_that_is_wrong() -> None:
    form = read("lost", reason="whatever", note="They said\nno")
    assert form.values == {"reason": "whatever", "note": "They said\nno"}


@pytest.mark.parametrize("text", ["\x00", "\ud800", "1e999999", "9" * 9_000, "NaN", "﷽" * 5_000, "\u202e"])
@pytest.mark.parametrize("kind", ALL)
def test_any_text_is_read_or_refused(kind: str, text: str) -> None:
    for field in fields_of(ALL[kind]):
        form, parsed = Form.sent(ALL[kind], [(field.name, text)]).read(by="Ada")
        assert parsed or form.complaints or form.refusal
        assert all(len(each) < 500 for each in form.complaints.values())


# ---- what the page fills in


def test_nobody_types_who_they_are() -> None:
    sent: list[tuple[str, Any]] = [("by", "Grace"), ("source", "signal"), ("actor", "{}"), ("note", "Hello")]
    form, parsed = Form.sent(ALL["resumed"], sent).read(by="Ada")
    assert parsed is not None
    assert (parsed.by, parsed.actor, form.values) == ("Ada", None, {"note": "Hello"})


@pytest.mark.parametrize("key", ["", " ", "x" * 101, "a\nb", "\x00"])
def test_a_form_with_a_broken_key_gets_a_new_one(key: str) -> None:
    assert Form.sent(ALL["resumed"], [("key", key)]).key.startswith("form-")


def test_each_form_has_its_own_key() -> None:
    assert Form.empty(ALL["resumed"]).key != Form.empty(ALL["resumed"]).key


def test_an_address_fills_in_what_it_names() -> None:
    form = Form.empty(ALL["contract_signed"], [("evidence", "a"), ("evidence", "b"), ("unknown", "c")])
    assert form.values == {"evidence": "b", "evidence_kind": "contract", "billing": "monthly"}


# ---- what the lead offers


def test_a_quote_offers_the_plans_and_currencies_that_the_lead_knows() -> None:
    lead = Life().quoted(amount="9000", currency="EUR", per="year").lead
    offers = offers_of(ALL["price_quoted"], lead)
    assert [each.value for each in offers["currency"][:2]] == ["EUR", "USD"]
    assert offers["plan"][0].value in {plan.name for plan in lead.price_books[-1].plans}


def test_a_new_lead_offers_zones() -> None:
    assert "Europe/Berlin" in {each.value for each in offers_of(LeadOpened, None)["zone"]}
