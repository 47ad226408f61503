"""Parsing of the commands in a comment."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.issue_sync.suggestions import explain
from process.core.refusal import Refused
from process.decisions.base import Decision
from process.decisions.quoting import PriceQuoted
from process.decisions.registry import DECISIONS
from process.github.commands import (
    ParsedCommand,
    closest_name,
    parse_commands,
    parse_decision,
    sample_line,
    slash_name,
)

COMMENT = {"by": "@amara-sales", "source": "github comment", "key": "k"}
LOST = "/lost reason=budget"
IGNORED = [
    f"`{LOST}`",
    f"``{LOST}``",
    f"> {LOST}",
    f"> said\n{LOST}",
    f">> {LOST}",
    f"```\n{LOST}\n```",
    f"~~~\n{LOST}",
    f"    {LOST}",
    f"\t{LOST}",
    f"- x\n\n      {LOST}",
    f"<!-- {LOST} -->",
    f"<!--\n{LOST}\n-->",
    f"text <!--\n{LOST}\n--> text",
    f"text `code\n{LOST}\nmore` text",
    f"text `code\n{LOST} note=x`",
    f"text <!--\n{LOST} -->",
    f"text <!-- {LOST}\n{LOST} note=x -->",
    f"<pre>\n{LOST}\n</pre>",
    f"<details>\n\n{LOST}\n\n</details>",
    f"# {LOST}",
    f"{LOST}\n===",
    f"| a | b |\n| - | - |\n| {LOST} | x |",
    f"so {LOST}",
    f"[x]: {LOST}",
    f"\\{LOST}",
    "/usr/bin/env python",
    "/etc/hosts is where it stands",
    "/tmp",
    "/cc @somebody",
    "/close",
    "/",
    "//",
    "/ lost",
    "lost reason=budget",
    "and/or",
    "https://example.org/lost",
    "",
]
HEARD = [
    LOST,
    f"  {LOST}  ",
    f"Hello\n{LOST}",
    f"Hello\r\n{LOST}\r\n",
    f"Hello  \n{LOST}\nBye",
    f"- {LOST}",
    f"1. {LOST}",
    f"> quoted\n\n{LOST}",
    f"`code` and\n{LOST}",
    f"\ue0000\ue000\n{LOST}",
]


@pytest.mark.parametrize("text", IGNORED)
def test_ordinary_text_is_no_command(text: str) -> None:
    assert parse_commands(text) == []


@pytest.mark.parametrize("text", HEARD)
def test_a_line_of_a_paragraph_is_a_command(text: str) -> None:
    assert parse_commands(text) == [ParsedCommand("lost", "reason=budget")]


def test_a_name_with_a_full_stop_is_an_unknown_command() -> None:
    (command,) = parse_commands("/lost. It is over.")
    assert (command.known, closest_name(command.name)) == (False, "lost")


def test_invisible_characters_are_ignored() -> None:
    (command,) = parse_commands("\u200b/lost reason=budget\u00a0note=x")
    decision = parse_decision(DECISIONS["lost"], command.arguments, COMMENT)
    assert not isinstance(decision, Refused)
    assert (decision.model_dump()["reason"], decision.note) == ("budget", "x")


def test_several_commands_keep_their_order() -> None:
    text = f"/Quote_Accepted\ntext\n{LOST}\n\n/quote-accepted version=1"
    assert [(command.name, command.arguments) for command in parse_commands(text)] == [
        ("quote_accepted", ""),
        ("lost", "reason=budget"),
        ("quote_accepted", "version=1"),
    ]


def test_arguments_are_kept_as_written() -> None:
    line = '/put-on-hold event="a *b* _c_ [d](e) <f@example.org> &amp; `g`" until=2049-01-01'
    assert parse_commands(line)[0].arguments == line.partition(" ")[2]


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("price_qouted", "price_quoted"),
        ("quoted", "price_quoted"),
        ("lsot", "lost"),
        ("hepl", "help"),
        ("lost.", "lost"),
        ("tmp", None),
    ],
)
def test_a_misspelled_name_has_a_closest_name(slip: str, meant: str | None) -> None:
    assert closest_name(slip) == meant


@given(
    st.text(alphabet=st.sampled_from("/lost reason=budget\n\r\t`>-#<!*_[]()\\\"'\ue000|~=x"), max_size=200)
)
def test_parsing_never_raises_for_a_comment(text: str) -> None:
    for command in parse_commands(text):
        assert command.known or closest_name(command.name)
        if command.name in DECISIONS:
            parse_decision(DECISIONS[command.name], command.arguments, COMMENT)


@given(st.text(max_size=300), st.sampled_from(["```", "~~~~"]))
def test_a_code_block_has_no_commands(text: str, fence: str) -> None:
    inside = text.replace("`", "").replace("~", "")
    assert parse_commands(f"{fence}\n{inside}\n{LOST}\n{fence}") == []


@given(st.text(max_size=300), st.sampled_from(sorted(DECISIONS)))
def test_parsing_never_raises_for_arguments(rest: str, kind: str) -> None:
    assert isinstance(parse_decision(DECISIONS[kind], rest, COMMENT), Decision | Refused)


@pytest.mark.parametrize("kind", DECISIONS)
def test_the_sample_line_of_each_decision_is_parsed_as_its_example(kind: str) -> None:
    (command,) = parse_commands(sample_line(DECISIONS[kind]))
    assert slash_name(command.name) == slash_name(kind)
    assert parse_decision(DECISIONS[kind], command.arguments, COMMENT) == DECISIONS[kind].model_validate(
        DECISIONS[kind].example | COMMENT
    )


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("reason=budget is gone", "'is' is no name=value"),
        ('reason="budget', "A quotation mark is not closed"),
        ("note=don't", "A quotation mark is not closed"),
        ("raeson=budget", "There is no field 'raeson'. Did you mean reason? It takes note, reason, said_by."),
        ("reason=nonsense", "reason: "),
        ("", "reason is missing"),
        ("reason=budget by=@boss", "by cannot be set in a comment"),
        ("reason=budget key=1", "key cannot be set in a comment"),
        ("reason=budget reason=timing", "reason: "),
        ("=x", "no name=value"),
    ],
)
def test_a_wrong_argument_gets_a_reason(arguments: str, reason: str) -> None:
    wrong = parse_decision(DECISIONS["lost"], arguments, COMMENT)
    assert isinstance(wrong, Refused)
    assert reason in str(wrong)
    assert "{" not in explain(wrong)  # a comment takes fields, not an object


def test_values_are_parsed_as_people_write_them() -> None:
    rest = "--amount=12000.50 Currency=usd per=year note=“on the phone” dedicated-cluster=no"
    quoted = parse_decision(DECISIONS["price_quoted"], rest, COMMENT)
    assert not isinstance(quoted, Refused), quoted
    assert quoted.model_dump(exclude={"key"}, exclude_defaults=True) == {
        "kind": "price_quoted",
        "by": "@amara-sales",
        "source": "github comment",
        "amount": Decimal("12000.50"),
        "currency": "USD",
        "per": "year",
        "note": "on the phone",
    }


def test_an_item_is_one_field_and_may_be_repeated() -> None:
    price = "amount=12000 currency=USD per=year"
    one, two = 'item="Training: 2,000.00 once"', 'item="Support: 300 a year"'
    for rest in (one, one.replace('"', "“")):
        quoted = parse_decision(PriceQuoted, f"{price} {rest}", COMMENT)
        assert isinstance(quoted, PriceQuoted), quoted
        assert [item.text for item in quoted.item] == ["Training"]
    both = parse_decision(PriceQuoted, f"{price} {one} {two}", COMMENT)
    assert isinstance(both, PriceQuoted), both
    assert [(item.text, item.amount, item.per) for item in both.item] == [
        ("Training", Decimal(2000), "once"),
        ("Support", Decimal(300), "year"),
    ]
    wrong = parse_decision(PriceQuoted, f'{price} {one} item="Support 300"', COMMENT)
    assert str(wrong).startswith(
        "item.1: write an item as `Training: 2000 once`: what it is, a colon, an amount"
    )


def test_a_discount_is_a_percentage_with_or_without_its_sign() -> None:
    rest = 'book=2026-06 plan=Premier discount-percent=12.5% discount_reason="A pilot"'
    quoted = parse_decision(PriceQuoted, rest, COMMENT)
    assert isinstance(quoted, PriceQuoted), quoted
    assert quoted.discount_percent == Decimal("12.5")
