"""A reader of texts from outside takes a tenth of a second at most, for any text that GitHub, Google or a person can send.

The table names all such readers; regular expressions have a test of their own, which finds them in the source. A reader
that takes no long text is tried with texts of its limit, too.
"""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from activities.github import issue_block, own_comments
from activities.github.issue_block import LastWritten
from activities.github.issue_state import IssueState, differences, is_as_written
from activities.github.repositories import Repositories
from activities.github.seals import Seal
from activities.invoice import pdf
from activities.issue_sync import replies
from activities.mail import headers
from activities.mail import text as mail_text
from client import agendas
from config.groups import GitHub
from process import addresses, identity, links, transliteration, types
from process.decisions.base import Decision
from process.decisions.reading import parse_as
from process.decisions.registry import DECISIONS
from process.github import commands, forms, titles
from process.github.edits import Edit, EditKind
from process.github.markup import OpenElements
from process.github.proposals import propose
from process.money import reading
from process.reports.report import Chart
from starter.web.deliveries import read_delivery
from templates import charts
from templates.rendering import markdown
from templates.spreadsheets import cell
from tests.support.deliveries import COMMENTED
from tests.support.nasty import LIMIT, slow, texts
from tests.support.performing import a_lead

KEY = "lead-example-ab2c"
LINE, TEXT = 200, 10_000
"""Characters of a line and of a text in a decision (`process.types`): no longer one gets that far."""
MEMORY = LastWritten(state="open", title="t", labels=("lead",), lines="A" * 800)
HELLO = Repositories(GitHub(org="Codertocat", leads_repo="Hello-World"))
SEAL = Seal.of(GitHub(token=SecretStr("a token")), ())


def in_block(text: str) -> str:
    return issue_block.write("", KEY, "Ours.", MEMORY).replace("Ours.", text)


def state(text: str) -> IssueState:
    return IssueState(text, text[:256], "open", "", [])


def delivered(text: str) -> object:
    comment = COMMENTED["comment"] | {"body": text}
    read_delivery("issue_comment", text[:100], COMMENTED | {"comment": comment}, HELLO)
    issue = COMMENTED["issue"] | {"body": text, "title": text[:256]}
    return read_delivery("issues", "d1", COMMENTED | {"action": "edited", "issue": issue}, HELLO)


def followed(text: str) -> None:
    elements = OpenElements()
    elements.begin()
    elements.read(text)
    elements.end()


def given(kind: str) -> Callable[[str], object]:
    decision: type[Decision] = DECISIONS[kind]
    return lambda text: [
        commands.parse_decision(decision, text, {}),
        commands.parse_decision(decision, f'note="{text}', {}),
        *(parse_as(decision, decision.example | {name: text}) for name in commands.accepted_fields(decision)),
    ]


def a_chart(text: str) -> Chart:
    """Return a picture with this title and description."""
    return Chart(
        kind="bars", title=text, description=text, x_title="", y_title="", xs=(), series=(), marks=()
    )


READERS: dict[str, tuple[Callable[[str], object], int]] = {
    "may_hold_command": (commands.may_hold_command, LIMIT),
    "unparsed_command": (commands.unparsed_command, LIMIT),
    "parse_commands": (commands.parse_commands, LIMIT),
    "closest_name": (commands.closest_name, LIMIT),
    "fields of price_quoted": (given("price_quoted"), commands.MAX_CHARACTERS),
    "fields of merged": (given("merged"), commands.MAX_CHARACTERS),
    "read_issue, description": (lambda text: forms.read_issue("[a / b] - c", text), LIMIT),
    "read_issue, title": (lambda text: forms.read_issue(text, ""), LIMIT),
    "same_title": (lambda text: titles.same_title(text, text), LIMIT),
    "read_heading": (lambda text: titles.read_heading(text, a_lead()), LIMIT),
    "read_heading, short": (lambda text: titles.read_heading(text, a_lead()), titles.MAX_HEADING),
    "propose": (lambda text: propose(Edit(kind=EditKind.RETITLED, name=text), a_lead(), ()), 256),
    "propose, hub": (
        lambda text: propose(Edit(kind=EditKind.RETITLED, name=text, hub=True), a_lead(), ()),
        256,
    ),
    "open elements": (followed, LIMIT),
    "issue_block.keys": (issue_block.keys, LIMIT),
    "issue_block.write": (lambda text: issue_block.write(in_block(text), KEY, "New.", MEMORY), LIMIT),
    "issue_block.lacks": (lambda text: issue_block.lacks(in_block("x"), in_block(text), KEY), LIMIT),
    "is_as_written": (lambda text: is_as_written(state(in_block(text)), KEY), LIMIT),
    "differences": (lambda text: list(differences(state(in_block(text)), KEY, ("lead",))), LIMIT),
    "seal": (lambda text: SEAL.opened(SEAL.sealed(in_block(text), KEY)), LIMIT),
    "is_ours": (own_comments.is_ours, LIMIT),
    "strike_out": (lambda text: own_comments.strike_out(text, 7, "gone"), LIMIT),
    "has_refusal": (own_comments.has_refusal, LIMIT),
    "a delivery": (delivered, LIMIT),
    "addresses in replies": (lambda text: replies._ADDRESS.sub("", text), LIMIT),
    "complaint_about an address": (addresses.complaint_about, LIMIT),
    "complaint_about a domain": (lambda text: addresses.complaint_about(f"a@{text}"), LIMIT),
    "folded": (addresses.folded, LINE),
    "without_name": (addresses.without_name, LIMIT),
    "same_text": (identity.same_text, LIMIT),
    "slug_of": (identity.slug_of, LINE),
    "in_ascii": (transliteration.in_ascii, LINE),
    "issue_named": (lambda text: identity.issue_named(text, "leads"), LIMIT),
    "link_complaint": (lambda text: links.link_complaint(f"https://{text}"), LINE),
    "one_line": (types.one_line, LIMIT),
    "line_complaint": (types.line_complaint, LIMIT),
    "plain_number": (reading.plain_number, LIMIT),
    "markdown": (markdown, LIMIT),
    "markdown, clipped": (lambda text: markdown(text, 4_000), LIMIT),
    "text of a mail": (
        lambda text: mail_text._MARKDOWN.render(mail_text._escape(" ".join(text.split()))),
        TEXT,
    ),
    "header of a mail": (lambda text: headers.unstructured("Subject", text), TEXT),
    "name in an address": (lambda text: pdf._names(text, text[:200]), TEXT),
    "cell of a table": (cell, LIMIT),
    "name of an agenda": (lambda text: agendas.near(text, [f"person {n}" for n in range(50)]), LIMIT),
    "title of a picture": (
        lambda text: charts._accessible("<svg>", a_chart(text)),
        LIMIT,
    ),
}
"""Name -> reader, and the longest text that it is given."""


def reading_anything(read: Callable[[str], Any]) -> Callable[[str], None]:
    """Return the reader, for which a refusal is a result like any other."""

    def call(text: str) -> None:
        try:
            read(text)
        except ValueError:  # also of pydantic
            return

    return call


@pytest.mark.parametrize("name", READERS)
def test_a_reader_takes_time_in_proportion(name: str) -> None:
    read, length = READERS[name]
    assert slow(reading_anything(read), texts(length=length)) == []


def comments() -> Iterator[str]:
    """Yield the longest comments that are parsed."""
    for text in texts("/help\n\n", "/help ", "> ", "- ", length=commands.MAX_CHARACTERS):
        yield "\n".join(text.splitlines()[: commands.MAX_LINES])


def test_the_longest_comment_is_parsed_in_time() -> None:
    assert slow(commands.parse_commands, comments()) == []


def test_a_comment_of_many_unknown_commands_is_parsed_in_time() -> None:
    lines = "\n".join(f"/price-quotd{n}" for n in range(commands.MAX_LINES))
    assert slow(commands.parse_commands, [lines]) == []


PARSERS = frozenset(
    {"markdown_it", "difflib", "shlex", "html", "xml", "yaml", "ruamel", "tomllib", "ast", "csv"}
)
OF_THE_OPERATOR = ("starter/", "config/")
"""Rooms that read what the person at the machine writes: commands and settings. `starter/web` is the exception."""
IN_THE_TABLE = {
    "activities/mail/text.py": "text of a mail",
    "process/decisions/reading.py": "fields of price_quoted",
    "client/agendas.py": "name of an agenda",
    "process/github/commands.py": "parse_commands",
    "templates/charts.py": "title of a picture",
    "templates/spreadsheets.py": "cell of a table",
}


def test_every_module_with_a_parser_is_in_the_table() -> None:
    root = Path(__file__).parents[1]
    found = set()
    for room in (
        "process",
        "workflows",
        "activities",
        "client",
        "ledger",
        "keys",
        "config",
        "templates",
        "starter",
    ):
        for path in (root / room).rglob("*.py"):
            nodes = ast.walk(ast.parse(path.read_text()))
            imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
            nodes = ast.walk(ast.parse(path.read_text()))
            imported |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
            if PARSERS & {name.partition(".")[0] for name in imported}:
                found.add(path.relative_to(root).as_posix())
    outside = {
        name for name in found if name.startswith("starter/web/") or not name.startswith(OF_THE_OPERATOR)
    }
    assert outside == IN_THE_TABLE.keys(), "add the reader to READERS, and the module here"
    assert set(IN_THE_TABLE.values()) <= READERS.keys()
