"""Whatever stands for an id in an address, the answer says that there is no such thing, and nothing fails."""

import re
from collections.abc import AsyncIterator

import pytest
from httpx2 import AsyncClient
from pydantic import SecretStr

from process.reports.catalog import REPORTS
from tests.support.lives import a_life
from tests.support.pages import pages, write_lives
from tests.support.postgres import Postgres
from tests.support.routes import routes

ODD = ("%00", "lead-%00ada", "%0A", "%E2%80%AE", "%20", "x" * 300)
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def web(postgres: Postgres, made_copy: str) -> AsyncIterator[AsyncClient]:
    """Return a client of an application with one lead on PostgreSQL, which takes fewer characters than SQLite."""
    url = postgres.url(made_copy)
    write_lives(url, a_life("ada"))
    async with pages(url, web={"store_url": SecretStr(url)}) as client:
        yield client


async def test_an_odd_id_is_the_callers_fault_on_every_route(web: AsyncClient) -> None:
    asked = 0
    for method, path in await routes():
        for name in re.findall(r"{(\w+)}", path):
            others = re.sub(r"{lead_id}", "lead-ada", path) if name != "lead_id" else path
            for odd in ODD:
                address = re.sub(r"{\w+}", "1", others.replace(f"{{{name}}}", odd))
                answer = await web.request(method, address, headers=FORM, content=b"do=look")
                shown = f"{method} {address[:80]}: {answer.status_code} {answer.text[:500]}"
                assert answer.status_code < 500, shown
                if name == "lead_id":
                    assert answer.status_code == 404, shown
                asked += 1
    assert asked > 20 * len(ODD), "routes with ids are found"


@pytest.mark.parametrize("root", ["/reports", "/api/v1/reports"])
async def test_a_nul_in_a_reports_parameters_is_refused(web: AsyncClient, root: str) -> None:
    queries = ("%00=1", "day=%00", "figure=%00", "figure=a&of=%00", "figure=a&after=%00", "a%00=b")
    addresses = [f"{root}/{name}/rows?{query}" for name in REPORTS for query in queries]
    for address in (*addresses, f"{root}/lost?{queries[0]}", f"{root}/lost?{queries[1]}"):
        answer = await web.get(address)
        assert answer.status_code == 422, f"{address}: {answer.status_code} {answer.text[:500]}"
        assert "NUL" in answer.text, address
