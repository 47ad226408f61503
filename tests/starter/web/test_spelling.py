"""Refusals as pages show them: sentences, with a link for each suggestion that can be followed."""

import pytest

from process.core.refusal import Refused, Suggestion, SuggestionKind, example, refuse, suggest
from process.decisions.registry import DECISIONS
from starter.web.spelling import WrittenSuggestion, decision_address, write_refusal


def written(suggestion: Suggestion | str, *, known: bool = False) -> WrittenSuggestion:
    (only,) = write_refusal(refuse("It is too early", suggestion), "lead-ada", known=known).suggestions
    return only


def test_a_refusal_is_a_sentence() -> None:
    assert write_refusal(refuse("It is too early for that"), "lead-ada").reason == "It is too early for that."


def test_another_decision_is_a_link_to_its_form_with_its_fields() -> None:
    assert written(suggest("Void that one first", "invoice_voided", number=3)) == (
        "Void that one first.",
        "/leads/lead-ada/decide/invoice-voided?number=3",
    )


def test_an_example_is_a_link_to_the_form_that_holds_it() -> None:
    assert written(example("price_quoted", {"amount": "12000", "per": "year"})) == (
        "For example: amount 12000, per year.",
        "/leads/lead-ada/decide/price-quoted?amount=12000&per=year",
    )


def test_an_example_without_fields_is_left_out() -> None:
    assert write_refusal(refuse("No", example("resumed", {})), "lead-ada").suggestions == ()


def test_a_correction_leads_to_the_event_or_to_the_timeline() -> None:
    assert written(suggest("Correct it", "corrected", seq=4, compensate=["mail", "hub"])).href == (
        "/leads/lead-ada/correct/4?compensate=mail&compensate=hub"
    )
    assert written(suggest("Correct it", "corrected")).href == "/leads/lead-ada#timeline"


@pytest.mark.parametrize(
    ("kind", "href"),
    [
        (SuggestionKind.OPTIONS, "/leads/lead-ada#decide"),
        (SuggestionKind.TIMELINE, "/leads/lead-ada#timeline"),
        (SuggestionKind.NEWS, "/leads/lead-ada#timeline"),
        (SuggestionKind.LEADS, "/board"),
        (SuggestionKind.START, "/leads/new"),
        (SuggestionKind.POLICY, ""),
        (SuggestionKind.ADOPT, ""),
        (SuggestionKind.ADVICE, ""),
    ],
)
def test_other_suggestions_lead_to_their_page(kind: SuggestionKind, href: str) -> None:
    assert written(Suggestion(kind=kind, text="Look there")) == ("Look there.", href)


def test_another_lead_is_a_link_to_its_page() -> None:
    other = Suggestion(
        kind=SuggestionKind.LEAD, text="Go on there", lead_id="lead-bo", url="https://x.example"
    )
    assert written(other).href == "/leads/lead-bo"


def test_advice_may_lead_to_the_issue() -> None:
    assert written(Suggestion(text="Decide it there", url="https://github.example.org/1")).href == (
        "https://github.example.org/1"
    )


def test_an_address_that_runs_a_script_is_only_text() -> None:
    assert written(Suggestion(text="Look", url="javascript:alert(1)")).href == ""


def test_any_text_fits_into_an_address() -> None:
    address = decision_address("lost", "lead/../x", {"reason": "a&b=\ud800 \x00", "note": ["ü", True]})
    assert address == "/leads/lead%2F..%2Fx/decide/lost?reason=a%26b%3D%3F+%00&note=%C3%BC&note=true"


@pytest.mark.parametrize("kind", DECISIONS)
def test_the_example_of_each_decision_has_an_address(kind: str) -> None:
    refused = Refused(reason="No", suggestions=(example(kind, DECISIONS[kind].example),))
    assert all(each.href.isascii() for each in write_refusal(refused, "lead-ada").suggestions)


@pytest.mark.parametrize(
    ("known", "issue", "text", "href"),
    [
        (True, "", "Quote it again: here.", "/leads/lead-ada/decide/price-quoted"),
        (
            True,
            "https://x.example",
            "Quote it again: here or in a comment on the lead's issue.",
            "/leads/lead-ada/decide/price-quoted",
        ),
        (
            False,
            "https://x.example",
            "Quote it again: in a comment on the lead's issue.",
            "https://x.example",
        ),
        (False, "", "Quote it again. Nobody signs in to these pages, so that is not here.", ""),
    ],
)
def test_where_people_are_known_is_said_as_it_is(known: bool, issue: str, text: str, href: str) -> None:
    there = Suggestion(kind=SuggestionKind.KNOWN, text="Quote it again", decision="price_quoted", url=issue)
    assert written(there, known=known) == WrittenSuggestion(text, href)
