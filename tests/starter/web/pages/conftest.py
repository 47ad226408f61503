"""Leads at each stage in a ledger, and a browser."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx2 import AsyncClient
from playwright.async_api import Browser

from tests.support.lives import Life, lives_at_each_stage
from tests.support.pages import a_browser, pages, write_lives


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Return the URL of a ledger."""
    return f"sqlite:///{tmp_path}/ledger.sqlite"


@pytest.fixture
def lives(url: str) -> dict[str, Life]:
    """Leads at each stage, written to the ledger (`lives_at_each_stage`)."""
    made = lives_at_each_stage()
    write_lives(url, *made.values())
    return made


@pytest.fixture
async def web(url: str, lives: dict[str, Life]) -> AsyncIterator[AsyncClient]:
    """Return a client of an application with these leads, without Temporal."""
    async with pages(url) as client:
        yield client


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Return a real browser."""
    async with a_browser() as found:
        yield found
