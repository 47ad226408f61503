"""The rules of the whole house: which room may import which, and that every room says what it is for."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from tests.support.rooms import ROOMS

ROOT = Path(__file__).parents[1]
PACKAGES = sorted(file for room in ROOMS for file in (ROOT / room).rglob("__init__.py"))
MODULES = sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py"))
COMMAND = re.compile(r"`leads |\bleads [a-z]+-[a-z]+ |(?<!\w)--[a-z]{3,}")
RIDDLE = re.compile(
    r'"""\s*(?:What|Whether|Whom?|Whose|Whoever|How|Where|When|Why|Which|That|As it|As the)\b[^\n]*'
)
"""The beginning of a docstring, or of a text below a name, that needs a second reading."""


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def docstring(file: Path) -> str:
    return ast.get_docstring(ast.parse(file.read_text())) or ""


def test_imports_between_rooms_point_one_way() -> None:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert linter["contracts"][0]["layers"] == [
        "starter",
        "activities : upkeep",
        "client",
        "workflows",
        "ledger",
        "keys : config : templates",
        "sql",
        "process",
    ]


@pytest.mark.parametrize("package", PACKAGES, ids=name_of)
def test_a_room_says_in_one_sentence_what_it_is_for(package: Path) -> None:
    first = docstring(package).partition("\n\n")[0]
    assert first.endswith((".", ":")), f"{name_of(package)} needs a docstring"


@pytest.mark.parametrize("module", [file for file in MODULES if file.name != "__init__.py"], ids=name_of)
def test_a_module_has_a_docstring(module: Path) -> None:
    assert docstring(module), f"{name_of(module)} needs a docstring"


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_only_the_command_line_knows_exit_codes(module: Path) -> None:
    if module.parent != ROOT / "starter" / "cli":
        assert not re.search(r"\b(CommandFailed|ExitCode)\b", module.read_text())


@pytest.mark.parametrize("module", sorted((ROOT / "client").glob("*.py")), ids=name_of)
def test_the_client_names_no_command_and_no_option(module: Path) -> None:
    texts = [
        node.value
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert [text for text in texts if COMMAND.search(text)] == []


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_a_docstring_begins_with_a_verb_or_its_subject(module: Path) -> None:
    assert RIDDLE.findall(module.read_text()) == [], "say what it is or does: docs/contributing.md, Style"


def test_a_test_takes_no_helper_from_another_test() -> None:
    taking = re.compile(r"^from \S*\btest_\w+ import ", re.MULTILINE)
    assert [name_of(file) for file in (ROOT / "tests").rglob("*.py") if taking.search(file.read_text())] == []
