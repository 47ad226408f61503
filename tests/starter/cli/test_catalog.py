"""The catalog says what the commands are, and everything that is answered from it loads none of them."""

import io
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from cyclopts import App
from rich.console import Console

from keys.master_keys import MasterKeys
from keys.sql_store import SqlKeyStore
from process.decisions.registry import DECISIONS
from starter.cli.app import make_app, outline
from starter.cli.catalog import FILE, read_catalog
from starter.cli.describe import written
from starter.cli.loading import decision_names, load_decision
from starter.cli.spelling import as_command
from tests.support.lives import Life
from tests.support.rows import write_rows

HEAVY = (
    "temporalio",
    "pydantic",
    "sqlalchemy",
    "psycopg",
    "github",
    "googleapiclient",
    "fpdf",
    "fastapi",
    "process",
    "client",
)
"""Modules that take most of a second to load."""


def test_the_catalog_is_that_of_the_commands() -> None:
    assert FILE.read_text("utf-8") == written(), "write it anew: python -m starter.cli.describe"


def help_of(app: App, command: str) -> str:
    printed = io.StringIO()
    app.help_print([command], console=Console(file=printed, width=10_000))
    return printed.getvalue()


def test_help_from_the_catalog_is_that_of_the_command() -> None:
    real = make_app()
    for command in read_catalog():
        assert f"leads {command}" in help_of(real, command)
        assert help_of(outline(command), command) == help_of(real, command)


QUICK = {
    "help": (["--help"], 0),
    "no command": ([], 0),
    "help of a command": (["list", "--help"], 0),
    "help of a decision": (["help", "price-quoted"], 0),
    "an unknown command": (["lst"], 2),
    "an unknown option": (["show", "lead-x", "--jsn"], 2),
    "a missing argument": (["price-quoted"], 2),
    "a wrong value": (["list", "--stage", "won"], 2),
    "a shell's script": (["completion", "bash"], 0),
    "commands to complete": (["__complete", "pr"], 0),
    "options to complete": (["__complete", "price-quoted", "lead-x", "--am"], 0),
}


COLLECTS = "collects-garbage"


def loaded(arguments: list[str], expected: int) -> set[str]:
    """Run `leads` in a process of its own; return the names of all packages and modules that it has loaded.

    COLLECTS is among them if Python looked for garbage at the end.
    """
    code = (
        "import atexit, gc, sys\n"
        "from starter.cli.__main__ import main\n"
        f"atexit.register(lambda: print('loaded', *sys.modules, {COLLECTS!r} if gc.isenabled() else ''))\n"
        "main()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    assert ended.returncode == expected, ended.stderr
    return set(ended.stdout.rpartition("loaded ")[2].split())


@pytest.mark.parametrize("case", QUICK)
def test_help_wrong_usage_and_completion_load_no_command(case: str) -> None:
    assert not loaded(*QUICK[case]) & set(HEAVY)


def test_near_names_are_offered() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "starter.cli", "lst"], capture_output=True, text=True, check=False
    )
    assert ended.stderr == (
        "leads: There is no command 'lst'. Did you mean lost or list? `leads --help` lists all commands.\n"
    )


OUTSIDE = {"github", "googleapiclient", "fpdf", "fontTools", "fastapi", "uvicorn", "jinja2", "psycopg"}
"""Modules that only a worker, a web server or a ledger on PostgreSQL needs."""


RULES = {"workflows.lead", "process.core.aggregate", "process.deadlines", "process.decisions.registry"}
"""Modules with the rules of the process, by which a lead decides. A command only asks it."""


FACTS = {"process.core.events", "process.effects", "process.decisions.base"}
"""Modules with what can become of a lead and is asked outside. A command that decides nothing reads only the lead."""

WRITES = {"ledger.recording", "ledger.lines", "ledger.conversion"}
"""Modules that write to the ledger."""

SDK = {"temporalio.client", "temporalio.converter"}
"""Modules of the client of Temporal's SDK. A question whether all leads go on does without."""

FROM_ROWS = {
    "list": (["list"], SDK),
    "list as data": (["list", "--json"], {"workflows"}),
    "list as a spreadsheet": (["list", "--csv"], {"workflows"}),
    "counts": (["list", "--count"], {"temporalio"}),
    "agenda": (["agenda"], SDK),
    "report": (["report", "forecast"], {"temporalio", "vl_convert"}),
}
"""Commands that read the rows of leads, each with further modules that it does without."""


@pytest.mark.parametrize("case", FROM_ROWS)
def test_a_list_loads_neither_lead_nor_rules(
    case: str, ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_rows(ledger_url, Life())
    monkeypatch.setenv("LEADS_LEDGER_URL", ledger_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    command, more = FROM_ROWS[case]
    needless = {*OUTSIDE, *RULES, *FACTS, *WRITES, "process.lead.lead", *more}
    assert loaded(command, 0) & needless == set()


def test_a_list_loads_one_dialect_of_sql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    write_rows(url, Life())
    monkeypatch.setenv("LEADS_LEDGER_URL", url)
    assert "sqlalchemy.dialects.postgresql" not in loaded(["list", "--count"], 0)


@pytest.mark.parametrize(
    "command",
    [
        "history lead-x",
        "options lead-x",
        "quote-accepted lead-x",
        "preview lead-x quote-accepted",
        "retry lead-x",
        "start --org Uni --person Ada --title Hub",
    ],
)
def test_a_command_about_one_lead_loads_no_ledger(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    url, master_key = f"sqlite:///{tmp_path / 'keys.sqlite'}", secrets.token_hex(32)
    SqlKeyStore(url, MasterKeys.of(master_key)).newest("store")
    monkeypatch.setenv("LEADS_KEYS__STORE_URL", url)
    monkeypatch.setenv("LEADS_KEYS__MASTER_KEY", master_key)
    monkeypatch.setenv("LEADS_KEYS__PEPPER", secrets.token_hex(32))
    needless = {*OUTSIDE, *RULES, "sqlalchemy", "ledger", "nacl", "cyclopts.help"}
    assert loaded(command.split(), 5) & needless == set()


def test_the_catalog_has_all_decisions() -> None:
    assert [*decision_names()] == [*map(as_command, DECISIONS)]
    for kind, decision in DECISIONS.items():
        assert load_decision(as_command(kind)) is decision


@pytest.mark.parametrize("command", ["history", "options"])
def test_a_command_that_asks_loads_no_decision(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    known = loaded([command, "lead-x"], 5)
    assert not known & FACTS
    assert "client.leads" in known
    assert COLLECTS in known, "while a command runs, it does"
