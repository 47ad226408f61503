"""Whose agenda a name means: command line, page and API agree."""

import asyncio
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ledger.ledger import Ledger
from process.lead.assignee import Assignee
from process.types import Role
from process.views.agenda_items import Section, TimedItem
from starter.web.visitors import Visitor
from tests.support.commands import Ended
from tests.support.many_leads import a_row
from tests.support.pages import pages_seen_by

POLICY = """version = "2027"
[people]
sales = ["ada"]
contracts = ["grace"]
[addresses]
engineering = ["kofi@example.org"]
"""
LEADS = (
    ("Quote a price", Role.SALES, None),
    ("Quote to Ada", Role.SALES, "ada"),
    ("Quote to Noor", Role.SALES, "noor"),
    ("Ask for a signature", Role.CONTRACTS, None),
    ("Sign for Ada", Role.CONTRACTS, "ada"),
    ("Build the hub", Role.ENGINEERING, None),
)
"""Each lead's line, its role, and the person who has the role there."""
TEXTS = {text for text, _, _ in LEADS}


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of a ledger with these leads. The settings name it, and the policy."""
    url, policy = f"sqlite:///{tmp_path}/ledger.sqlite", tmp_path / "policy.toml"
    policy.write_text(POLICY)
    monkeypatch.setenv("LEADS_LEDGER_URL", url)
    monkeypatch.setenv("LEADS_POLICY_FILE", str(policy))
    monkeypatch.setenv("TEMPORAL_ADDRESS", "localhost:1")
    with closing(Ledger.open(url)) as ledger:
        for number, (text, role, login) in enumerate(LEADS):
            item = TimedItem(section=Section.DUE, role=role, text=text)
            assigned = {role: Assignee(person=login.title(), login=login)} if login else {}
            row = a_row(number, items=(item,), assigned=assigned)
            ledger.append(row.lead_id, [], after=0, row=row)
    return url


def on_the_web(url: str, name: str) -> tuple[set[str], set[str]]:
    """Return the lines of this agenda on the page, where Ada looks at it, and in the API."""

    async def asked() -> tuple[set[str], set[str]]:
        async with pages_seen_by(Visitor("Ada", "ada", (Role.SALES,)), url) as web:
            page = (await web.get("/agenda", params={"for": name})).text
            found = (await web.get("/api/v1/agenda", params={"for": name})).json()
        return {text for text in TEXTS if f"</b> {text}</p>" in page}, {
            line["text"] for line in found["lines"]
        }

    return asyncio.run(asked())


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("ada", {"Quote a price", "Quote to Ada", "Sign for Ada"}),
        ("@Ada", {"Quote a price", "Quote to Ada", "Sign for Ada"}),
        ("noor", {"Quote to Noor"}),
        ("grace", {"Ask for a signature"}),
        ("kofi@example.org", {"Build the hub"}),
        ("Sales", {"Quote a price", "Quote to Ada", "Quote to Noor"}),
    ],
)
def test_the_three_agendas_are_one(say: Callable[..., Ended], url: str, name: str, lines: set[str]) -> None:
    ended = say("agenda", "--for", name, "--json")
    assert ended.code == 0, ended.err
    page, api = on_the_web(url, name)
    assert ({item["text"] for item in ended.json["items"]}, page, api) == (lines, lines, lines)


def test_my_agenda_is_that_of_my_name(url: str) -> None:
    async def asked() -> list[list[str]]:
        async with pages_seen_by(Visitor("Ada", "ada", (Role.SALES,)), url) as web:
            both = [(await web.get(f"/agenda?for={name}")).text for name in ("me", "ada")]
        return [re.findall(r"</b> ([^<]+)</p>", page) for page in both]

    mine, hers = asyncio.run(asked())
    assert mine == hers != []


def test_all_three_propose_the_same_names(say: Callable[..., Ended], url: str) -> None:
    async def asked() -> tuple[str, str]:
        async with pages_seen_by(Visitor("Ada", "ada", (Role.SALES,)), url) as web:
            return (await web.get("/agenda?for=grase")).text, (await web.get("/api/v1/agenda?for=grase")).text

    page, api = asyncio.run(asked())
    assert 'Did you mean <a href="/agenda?for=grace">grace</a>?' in page
    assert "Did you mean grace?" in api
    assert "Did you mean grace?" in say("agenda", "--for", "grase").err
