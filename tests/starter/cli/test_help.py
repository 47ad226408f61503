"""Help, options made from the models' fields, and wrong usage: all without a server."""

import inspect
from collections.abc import Callable

import pytest

from process.decisions.base import SET_BY_LEAD
from process.decisions.opening import LeadOpened
from process.decisions.registry import DECISIONS
from starter.cli.app import make_app
from tests.support.commands import Ended

Say = Callable[..., Ended]
OTHERS = [
    "start",
    "list",
    "show",
    "history",
    "options",
    "preview",
    "reconcile",
    "what-if",
    "retry",
    "adopt",
    "demo",
    "up",
    "check",
    "verify",
    "repair",
    "rebuild",
    "init-server",
    "init-repos",
    "agenda",
    "digest",
    "policy",
    "promote",
]
KINDS = {kind.replace("_", "-"): decision for kind, decision in DECISIONS.items()}


def options(command: str) -> set[str]:
    """Names of the options of a command, as Python has them."""
    function = make_app()[command].default_command
    assert function
    return {
        name.removesuffix("_")
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }


def test_help_names_every_command_and_exit_code(say: Say) -> None:
    ended = say("--help")
    assert ended.code == 0
    for command in (*OTHERS, *KINDS):
        assert f"\n  {command}: " in ended.out
    assert "3    refused" in ended.out
    assert say().out == ended.out


@pytest.mark.parametrize("command", KINDS)
def test_a_decision_has_its_command(say: Say, command: str) -> None:
    decision = KINDS[command]
    ended = say(command, "--help")
    assert ended.code == 0
    assert " ".join((decision.__doc__ or "").split()) in " ".join(ended.out.split())
    fields = set(decision.model_fields) - {"source", "said_at", "policy", "changed", *SET_BY_LEAD}
    assert options(command) == fields | {"timeout", "verbose", "json"}
    for name in fields:
        field = decision.model_fields[name]
        option = f"  --{name.replace('_', '-')}"
        line = next(line for line in ended.out.splitlines() if line.startswith((f"{option} ", f"{option},")))
        assert (field.description or "?")[1:] in line
        assert line.endswith("[required]") == field.is_required()


@pytest.mark.parametrize("command", OTHERS)
def test_other_commands_have_help(say: Say, command: str) -> None:
    ended = say(command, "--help")
    assert ended.code == 0
    assert ended.out.startswith(f"Usage: leads {command}")


@pytest.mark.parametrize("command", [*OTHERS, *KINDS])
def test_everything_can_print_json(command: str) -> None:
    assert "json" in options(command)


def test_start_takes_the_fields_of_a_lead() -> None:
    ours = {"source", "actor", "said_at", "policy", "price_books", "changes", "key", "issue", "originals"}
    fields = set(LeadOpened.model_fields) - ours
    assert options("start") == fields | {"id", "opaque_id", "not_a_duplicate", "json"}


def test_version(say: Say) -> None:
    assert say("--version").out.strip() == "1.0.0"


WRONG = [
    (["price-quotd", "lead-x"], "Did you mean"),
    (["price-quoted"], "LEAD"),
    (["price-quoted", "lead-x", "--price", "3"], "--price"),
    (
        ["price-quoted", "lead-x", "3"],
        "`leads price-quoted` takes no '3' here: a value stands after its option.",
    ),
    (["list", "my leads", "3"], "`leads list` takes no 'my leads', '3' here"),
    (["price-quoted", "lead-x", "--amount", "much"], "leads: --amount: write a number"),
    (["price-quoted", "lead-x", "--amount", "nan"], "leads: --amount: "),
    (["price-quoted", "lead-x", "--per", "week"], "year"),
    (["put-on-hold", "lead-x", "--until", "tomorrow"], "--until"),
    (["put-on-hold", "lead-x", "--until", "tomorrow"], "Write it as 2026-03-31"),
    (["list", "--since", "tomorrow"], "Write it as 2026-03-31"),
    (["start", "--org", "X"], "needs --person and --title"),
    (["contract-signed"], "needs LEAD and --evidence"),
    (["corrected", "lead-x", "--seq", "6", "--reason", "slip", "--compensate"], "--compensate needs a value"),
    (
        ["price-quoted", "lead-x", "--currency", "DOLLAR"],
        "write a currency as its three letters, such as USD",
    ),
    (["usage-reported", "lead-x", "--month", "July", "--active-users", "3"], "leads: --month: "),
    (["usage-reported", "lead-x", "--month", "2026-07", "--active-users", "few"], "leads: --active-users: "),
    (["quote-accepted", "lead-x", "--by", "x" * 300], "leads: --by: "),
    (["lost", "lead-x"], "--reason"),
    (["start", "--org", "", "--person", "Ada", "--title", "A hub"], "leads: --org: "),
    (["preview", "lead-x", "price-quotd"], "price-quotd"),
    (["preview", "lead-x", "price-quoted", "--valid-until", "2026-13-01"], "--valid-until"),
    (["preview", "lead-x", "price-quoted", "--discount-percent", "200"], "leads: --discount-percent: write "),
    (
        ["price-quoted", "lead-x", "--amount", "x", "--discount-percent", "200"],
        "; --discount-percent: write less than 100, not '200'.",
    ),
    (["list", "--stage", "won"], "contracted"),
]


@pytest.mark.parametrize(("summary", "notice"), WRONG, ids=[" ".join(summary)[:50] for summary, _ in WRONG])
def test_wrong_usage_is_explained_in_one_sentence(say: Say, summary: list[str], notice: str) -> None:
    ended = say(*summary)
    assert ended.code == 2
    assert not ended.out
    assert ended.err.startswith("leads: ")
    assert ended.err.count("\n") == 1
    assert notice in ended.err
    as_json = say(*summary, "--json")
    assert as_json.code == 2
    assert as_json.json == {"error": as_json.err.removeprefix("leads: ").strip(), "code": 2}


@pytest.mark.parametrize(
    "before",
    [
        [],
        ["list", "--stage"],
        ["preview", "lead-x"],
        ["preview", "lead-x", "lost", "--reason"],
        ["list", "--timeout"],
    ],
    ids=" ".join,
)
def test_a_complaint_about_a_long_word_can_be_read(say: Say, before: list[str]) -> None:
    ended = say(*before, "x" * 100_000)
    assert ended.code == 2
    assert len(ended.err) < 3000
    assert ended.err.startswith("leads: ")
    assert "--help` " in ended.err


def test_a_wrong_setting_is_named(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADS_GITHUB__PROJECT_NUMBER", "first")
    ended = say("list")
    assert ended.code == 2
    assert "LEADS_GITHUB__PROJECT_NUMBER" in ended.err


def test_without_a_server_it_says_how_to_get_one(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    ended = say("show", "lead-x", "--json")
    assert ended.code == 5
    assert "127.0.0.1:1" in ended.err
    assert "leads up" in ended.err
    assert ended.json["code"] == 5


def test_a_traceback_only_if_asked_for(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Traceback" not in say("price-quotd").err
    monkeypatch.setenv("LEADS_DEBUG", "1")
    assert "Traceback" in say("price-quotd").err
