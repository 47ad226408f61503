"""Completion in a shell: commands, options, their values and ids of leads."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.lead_ids import ids_beginning
from starter.cli.completing import completions
from starter.cli.completion import SCRIPTS, Shell
from tests.support.lives import Life
from tests.support.rows import write_rows

IDS = [("lead-a", "A hub"), ("lead-b", "Another hub")]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("pric", ["price-list-requested", "price-quoted"]),
        ("help what", ["what-if"]),
        ("completion ", ["bash", "zsh", "fish"]),
        ("show ", ["lead-a", "lead-b"]),
        ("show lead-b", ["lead-b"]),
        ("show --timeout 3 ", ["lead-a", "lead-b"]),
        ("show --timeout ", []),
        ("show lead-a ", []),
        ("show lead-a --as", ["--as-of"]),
        ("merged lead-a --into lead-b", ["lead-b"]),
        ("list --stage h", ["hub"]),
        ("list --stage hub --stage ", ["lead", "quoted", "contracted", "hub", "lost", "closed"]),
        ("list --json --js", []),
        ("agenda --for s", ["sales"]),
        ("adopt --al", ["--all"]),
        ("price-quoted lead-a --per ", ["year", "month", "once"]),
        ("preview lead-a price-q", ["price-quoted"]),
        ("preview lead-a price-quoted --amo", ["--amount"]),
        ("lst ", []),
    ],
)
def test_a_line_is_completed(line: str, words: list[str]) -> None:
    assert [word for word, _ in completions(line.split(" "), lambda _: IDS)] == words


def test_a_completion_explains_itself() -> None:
    found = dict(completions(["list", "--"], lambda _: IDS))
    assert found["--owner"] == "Only leads that wait for this role."


def test_ids_of_leads_come_from_the_ledger(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    assert list(ids_beginning(url, "lead-")) == []
    odd = ("lead-x y", "lead-$(id)", "lead-;id", "lead-é")
    write_rows(url, *(Life(lead_id=lead_id) for lead_id in ("lead-a1", "lead-a2", "lead-b", *odd)))
    found = list(ids_beginning(url, "lead-a"))
    assert found == [
        ("lead-a1", "[Example University / Ada Example] - Hub for a course"),
        ("lead-a2", "[Example University / Ada Example] - Hub for a course"),
    ]
    assert [lead_id for lead_id, _ in ids_beginning(url, "")] == ["lead-a1", "lead-a2", "lead-b"]
    assert list(ids_beginning("postgresql://localhost/leads", "lead-")) == []


@pytest.mark.parametrize("shell", SCRIPTS)
def test_a_shell_understands_its_script(shell: Shell) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell} here")
    subprocess.run([program, "-n"], input=SCRIPTS[shell], text=True, check=True)


def test_bash_completes(tmp_path: Path) -> None:
    program = shutil.which("bash")
    assert program
    script = (
        f'leads() {{ "{sys.executable}" -m starter.cli "$@"; }}\n{SCRIPTS["bash"]}\n'
        'COMP_WORDS=(leads price-quoted lead-a --per ""); COMP_CWORD=4; _leads; printf "%s," "${COMPREPLY[@]}"\n'
    )
    ended = subprocess.run([program, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout == "year,month,once,"
