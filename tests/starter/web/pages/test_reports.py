"""Reports: each with its picture, its tables, its files, and the leads of its figures."""

import csv
import re
import sys
from collections.abc import Sequence
from datetime import timedelta
from html import unescape
from io import StringIO

import pytest
from httpx2 import AsyncClient
from playwright.async_api import Browser

from process.reports.catalog import REPORTS
from starter.web.application import make_web
from starter.web.pages import reports
from starter.web.pictures import COMMAND
from tests.support.lives import MONDAY, Life, a_life
from tests.support.pages import (
    LAPTOP,
    PHONE,
    no_temporal,
    served,
    started,
    watched,
    web_settings,
    write_lives,
)

TODAY = MONDAY + timedelta(days=2)
"""The leads' present; the application's is that of the clock, so the day is named in the addresses."""
JUNE = {"from": "2026-06", "to": "2026-11"}


def options(name: str) -> dict[str, str]:
    """Return parameters by which the report is about the time of the leads."""
    known = {spec.name for spec in REPORTS[name].specs}
    days = {"day": TODAY.date().isoformat(), "since": "2026-05-01"}
    return {key: value for key, value in (JUNE | days).items() if key in known}


async def test_the_list_names_every_report(web: AsyncClient) -> None:
    text = (await web.get("/reports")).text
    assert all(f'href="/reports/{name}"' in text for name in REPORTS)


@pytest.mark.parametrize("name", REPORTS)
async def test_a_report_has_its_definition_and_files(web: AsyncClient, name: str) -> None:
    given = options(name)
    with_picture = {"hx-request": "true"}  # as the open page asks for it
    response = await web.get(f"/reports/{name}", params=given, headers=with_picture)
    assert response.status_code == 200, response.text
    assert REPORTS[name].definition[0] in unescape(response.text)
    data = (await web.get(f"/reports/{name}.json", params=given)).json()
    rows = list(csv.reader(StringIO((await web.get(f"/reports/{name}.csv", params=given)).text)))
    for table in data["tables"][:1]:
        assert len(rows[0]) == len(table["columns"])
        assert len(rows) > len(table["rows"])
    if data["chart"]:
        assert "<svg" in response.text
        assert (await web.get(f"/reports/{name}.png", params=given)).content.startswith(b"\x89PNG")
        assert (await web.get(f"/reports/{name}.svg", params=given)).text.startswith("<svg")


async def test_a_figure_leads_to_its_leads(web: AsyncClient) -> None:
    text = (await web.get("/reports/lost", params=options("lost"))).text
    figures = [unescape(each) for each in re.findall(r'href="(/reports/lost/rows\?[^"]+)"', text)]
    assert figures
    rows = [(await web.get(each)).text for each in figures]
    assert all("/leads/lead-di" in each for each in rows)
    assert any("/leads/lead-di#e" in each for each in rows)


async def test_a_wrong_parameter_is_named_and_kept(web: AsyncClient) -> None:
    response = await web.get("/reports/forecast?rho=2")
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.text
    assert 'value="2"' in response.text
    assert (await web.get("/reports/forecast.csv?rho=2")).status_code == 422
    assert (await web.get("/reports/forecast/rows?figure=nothing&of=x")).status_code == 422


EACH_PARAMETER = [(name, spec.name) for name in REPORTS for spec in REPORTS[name].specs]


@pytest.mark.parametrize("value", ["1999-01", "2000-01", "nonsense", "2000-01-01"])
@pytest.mark.parametrize(("name", "parameter"), EACH_PARAMETER)
async def test_each_parameter_may_stand_alone(
    web: AsyncClient, name: str, parameter: str, value: str
) -> None:
    response = await web.get(f"/reports/{name}", params={parameter: value})
    assert response.status_code in (200, 422), response.text


async def test_a_wrong_value_names_its_parameter_once(web: AsyncClient) -> None:
    text = unescape((await web.get("/reports/forecast?rho=180%25")).text)
    assert "rho: '180%' is no share" in text
    assert "rho: rho" not in text
    assert 'value="0.8"' in (await web.get("/reports/forecast?rho=80%25")).text


@pytest.mark.parametrize("address", ["/reports/profit", "/reports/profit.csv", "/reports/profit/rows"])
async def test_an_unknown_report_is_said(web: AsyncClient, address: str) -> None:
    assert (await web.get(address)).status_code == 404


async def test_an_unknown_kind_of_file_is_said(web: AsyncClient) -> None:
    assert (await web.get("/reports/lost.exe")).status_code in (404, 422)


async def test_names_from_outside_stay_text(url: str, web: AsyncClient) -> None:
    write_lives(url, a_life("eve", title="<script>alert(1)</script>").quoted().lost())
    text = (
        await web.get("/reports/lost/rows", params={"figure": "lost", "of": "budget"} | options("lost"))
    ).text
    assert "<script>alert" not in text


async def test_how_much_there_will_be_by_march(url: str, lives: dict[str, Life], browser: Browser) -> None:
    """Read the forecast, choose other months by keyboard, and open the leads of a figure."""
    async with served(url) as root:
        for size in (LAPTOP, PHONE):
            async with watched(browser, size) as seen:
                await seen.page.goto(f"{root}/reports/forecast?from=2026-06&to=2026-11&day=2026-06-03")
                await seen.check()
                await seen.page.get_by_label("Last month").fill("2027-03")
                await seen.page.get_by_label("Last month").press("Enter")
                await seen.page.wait_for_url("**to=2027-03**")
                await seen.check()
                figure = seen.page.locator("td a").first
                await figure.focus()
                await figure.press("Enter")
                await seen.page.wait_for_url("**/rows?**")
                await seen.check()
                assert await seen.page.locator("tbody a").count()


@pytest.mark.parametrize("command", [(sys.executable, "-c", "pass"), COMMAND], ids=["dies", "draws"])
async def test_a_page_does_not_wait_for_its_picture(
    url: str, lives: dict[str, Life], monkeypatch: pytest.MonkeyPatch, command: Sequence[str]
) -> None:
    """Its script asks for the picture, and is told if there is none."""
    monkeypatch.setattr(reports, "PICTURE_TIMEOUT", 0)
    app, draws = make_web(await no_temporal(), web_settings(url)), command == COMMAND
    async with started(app) as web:
        monkeypatch.setattr(app.state.services.pictures, "_command", command)
        page = (await web.get("/reports/lost")).text
        assert 'aria-busy="true"' in page
        assert "<table>" in page
        assert "<svg" not in page
        asked = (await web.get("/reports/lost", headers={"hx-request": "true"})).text
        assert "aria-busy" not in asked
        assert ("<svg" in asked, "can't be drawn" in asked) == (draws, not draws)
        found = {(await web.get(f"/reports/lost.{kind}")).status_code for kind in ("svg", "png")}
        assert found == {200 if draws else 503}


async def test_an_open_page_fetches_its_picture(
    url: str, lives: dict[str, Life], monkeypatch: pytest.MonkeyPatch, browser: Browser
) -> None:
    monkeypatch.setattr(reports, "PICTURE_TIMEOUT", 0)
    async with served(url) as root, watched(browser) as seen:
        await seen.page.goto(f"{root}/reports/lost")
        await seen.page.locator("#picture svg a").first.wait_for()
        assert await seen.page.locator("#picture[aria-busy]").count() == 0
        await seen.check()
