"""An application with leads, and the settings that open ways in."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx2 import AsyncClient
from playwright.async_api import Browser

from tests.support.lives import Life, lives_at_each_stage
from tests.support.pages import a_browser, pages, sent, write_lives
from tests.support.signed_in import shown


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Return the URL of a ledger."""
    return f"sqlite:///{tmp_path}/ledger.sqlite"


@pytest.fixture
def lives(url: str) -> dict[str, Life]:
    """Leads at each stage, written to the ledger."""
    made = lives_at_each_stage()
    write_lives(url, *made.values())
    return made


@pytest.fixture
async def web(url: str, lives: dict[str, Life]) -> AsyncIterator[AsyncClient]:
    """Return a client of an application for the person at this machine."""
    async with pages(url) as client:
        yield client


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Return a real browser."""
    async with a_browser() as found:
        yield found


FORM = {"purpose": "quote", "name": "Bo Rive", "mail": "bo@example.edu", "days": "14"}


async def made(web: AsyncClient, lead: str = "lead-bo", **fields: str) -> str:
    """Make a link and return its path."""
    answer = await sent(web, f"/leads/{lead}/link", **FORM | fields)
    assert answer.status_code == 200, shown(answer)
    found = re.search(r"http://localhost(/l/[0-9a-z]+)<", answer.text)
    assert found
    return found[1]
