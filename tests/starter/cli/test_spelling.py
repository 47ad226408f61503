"""Refusals as the command line writes them: suggestions become commands that can be typed as they stand."""

import pytest

from process.core.refusal import Suggestion, SuggestionKind, example, give, leave_out, refuse, suggest
from process.decisions.registry import DECISIONS
from starter.cli.choosing import one_of_options
from starter.cli.spelling import APPROVALS, write_refusal


@pytest.mark.parametrize(
    ("suggestion", "written"),
    [
        (suggest("Quote a price first", "price_quoted"), "Quote a price first (leads price-quoted lead-x)."),
        (
            suggest("Correct 5 first", "corrected", seq=5, reason="it's wrong", tell=True),
            """Correct 5 first (leads corrected lead-x --seq 5 --reason 'it'"'"'s wrong' --tell).""",
        ),
        (
            example("corrected", {"seq": 4, "compensate": ["mail", "hub"]}),
            "For example: leads corrected lead-x --seq 4 --compensate mail --compensate hub.",
        ),
        (
            Suggestion(kind=SuggestionKind.TIMELINE, text="Look it up"),
            "Look it up (leads history lead-x).",
        ),
        (Suggestion(kind=SuggestionKind.START, text="Start a new lead"), "Start a new lead (leads start)."),
        (
            Suggestion(
                kind=SuggestionKind.LEAD, text="Go on there", lead_id="lead-y", url="https://example.org"
            ),
            "Go on there (leads show lead-y).",
        ),
        ("Write it shorter", "Write it shorter."),
        (
            suggest("If that was a mistake, correct it", "corrected"),
            "If that was a mistake, correct it (leads corrected lead-x --seq NUMBER --reason REASON).",
        ),
        (
            suggest("Correct the correction", "corrected", seq=7),
            "Correct the correction (leads corrected lead-x --reason REASON --seq 7).",
        ),
        (
            Suggestion(kind=SuggestionKind.ROLES, text="Roles are given in the service's configuration"),
            "Roles are given in the service's configuration (LEADS_PEOPLE in the settings of the service).",
        ),
        (give(("valid_until",)), "Give --valid-until."),
        (
            give(("amount", "currency", "per"), ("book", "plan")),
            "Give --amount, --currency and --per, or --book and --plan.",
        ),
        (give(("org",), ("title",), ("zone",)), "Give at least one of --org, --title, --zone."),
        (leave_out(("discount_percent",), ("item",)), "Leave --discount-percent or --item out."),
        (
            leave_out(("valid_until",), text="or give a later day"),
            "Leave --valid-until out, or give a later day.",
        ),
        (
            suggest("Have that done first", "discount_approved"),
            "Have that done first (/discount-approved in a comment on the lead's issue).",
        ),
    ],
)
def test_a_suggestion_becomes_a_command(suggestion: Suggestion | str, written: str) -> None:
    assert write_refusal(refuse("No", suggestion), "lead-x") == f"No. {written}"


def test_approvals_are_the_decisions_that_always_need_somebody_who_is_known() -> None:
    decisions = {kind: decision.model_construct() for kind, decision in DECISIONS.items()}
    assert {kind for kind, decision in decisions.items() if decision.needs_authentication} == APPROVALS


def test_other_faces_name_the_fields() -> None:
    assert str(refuse("No", give(("book", "plan"), ("amount",)))) == "No. Give book and plan, or amount."
    assert str(refuse("No", leave_out(("valid_until",)))) == "No. Leave valid_until out."


@pytest.mark.parametrize(
    ("field_sets", "written"),
    [
        ((), ""),
        ((("until",), ("event",)), "--until or --event"),
        ((("amount", "currency", "per"), ("book", "plan")), "--amount --currency --per or --book --plan"),
        (DECISIONS["hub_information_given"].one_of, "one of --name, --background, --auth-type …"),
    ],
)
def test_a_list_of_options_says_of_which_one_is_needed(
    field_sets: tuple[tuple[str, ...], ...], written: str
) -> None:
    assert one_of_options(field_sets) == written
