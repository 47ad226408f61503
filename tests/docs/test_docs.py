"""The documentation stays true: its links, paths, names, commands and settings exist."""

import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclopts import CoercionError, MissingArgumentError

from starter.cli.app import make_app

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "sandbox/README.md",
    *sorted(ROOT.glob("docs/*.md")),
]
TEXTS = {str(page.relative_to(ROOT)): page.read_text() for page in PAGES}
OURS = tuple(sorted(path.name for path in ROOT.iterdir()))

FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
NAME_IN_FILE = re.compile(r"`([A-Za-z_][\w.]*)(?:\(\))?` \(`([\w/]+\.py)`\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)

page = pytest.mark.parametrize("page", TEXTS)


def prose(text: str) -> str:
    """Return the text without its code blocks."""
    return FENCE.sub("", text)


def commands(text: str) -> Iterator[str]:
    """Yield every `leads …` command, from code blocks and from prose."""
    for block in FENCE.findall(text):
        for line in block.splitlines():
            if match := re.search(r"(?:^|exec worker )(leads .+)", line.strip()):
                yield match[1]
    for code in CODE.findall(prose(text)):
        if match := re.search(r"(?:^|/)(leads [a-z].*)", code):
            yield match[1]


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives to the headings."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)}


@page
def test_links_lead_somewhere(page: str) -> None:
    for target in LINK.findall(prose(TEXTS[page])):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file.read_text()), target


@page
def test_paths_exist(page: str) -> None:
    for code in CODE.findall(prose(TEXTS[page])):
        if re.fullmatch(r"[\w.*/-]+", code) and "/" in code and code.split("/")[0] in OURS:
            assert any(ROOT.glob(code.rstrip("/"))), code


@page
def test_names_are_in_the_file_beside_them(page: str) -> None:
    for name, path in NAME_IN_FILE.findall(prose(TEXTS[page]).replace("\n", " ")):
        source = (ROOT / path).read_text()
        for part in name.split("."):
            assert re.search(rf"\b{part}\b", source), f"{name} ({path})"


@page
def test_commands_parse(page: str) -> None:
    app = make_app()
    for command in commands(TEXTS[page]):
        words = [word.strip("[]") for word in shlex.split(command, comments=True)[1:]]
        words = ["1" if word == "N" else word for word in words]
        try:
            app.parse_args(words, exit_on_error=False, print_error=False)
        except MissingArgumentError:
            assert len(words) == 1 or "…" in words, command
        except CoercionError:
            assert "…" in words, command


@page
def test_modules_that_are_run_exist(page: str) -> None:
    for module in re.findall(r"python -m ([\w.]+)", TEXTS[page]):
        assert importlib.util.find_spec(module), module


@page
def test_settings_are_in_the_example(page: str) -> None:
    example = (ROOT / ".env.example").read_text()
    for setting in re.findall(r"LEADS_\w+", TEXTS[page]):
        assert setting in example, setting


@page
def test_make_targets_exist(page: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?:^|`)make ([a-z]+)", TEXTS[page], re.MULTILINE):
        assert f"\n{target}:" in makefile, target


@page
def test_prose_is_wrapped_at_100_columns(page: str) -> None:
    text = prose(TEXTS[page])
    long = [line for line in text.splitlines() if len(line) > 100 and "](" not in line]
    assert not [line for line in long if not line.lstrip().startswith("|") and not line.startswith("    ")]
