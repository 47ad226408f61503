"""Opening a lead on a page, while no worker runs."""

import re
from urllib.parse import urlencode

from httpx2 import AsyncClient

from tests.support.pages import pages, sent, text_of

LEAD = {"org": "Uni Rive", "person": "Bo Rive", "title": "A hub for research"}


async def test_the_form_asks_as_the_command_line_does(web: AsyncClient) -> None:
    response = await web.get("/leads/new")
    assert response.status_code == 200
    names = set(re.findall(r'name="(\w+)"', response.text))
    assert {"org", "person", "title", "email", "service", "zone", "note", "opaque_id"} <= names
    assert "not_a_duplicate" not in names


async def test_the_zone_is_that_of_the_settings(url: str) -> None:
    async with pages(url, zone="Europe/Berlin") as web:
        response = await web.get("/leads/new")
    assert re.search(r'name="zone"[^>]* value="Europe/Berlin"', response.text)


async def test_an_address_fills_it_in(web: AsyncClient) -> None:
    response = await web.get(f"/leads/new?{urlencode(LEAD)}")
    assert re.search(r'name="org"[^>]* value="Uni Rive"', response.text)


async def test_what_is_missing_is_named(web: AsyncClient) -> None:
    response = await sent(web, "/leads/new", org="Uni Rive", note="They called")
    assert response.status_code == 422
    assert "Person is missing" in text_of(response)
    assert "They called</textarea>" in response.text


async def test_a_wrong_address_or_zone_is_refused_as_on_the_command_line(web: AsyncClient) -> None:
    response = await sent(web, "/leads/new", **LEAD, zone="Mars/Base")
    assert response.status_code == 422
    assert "There is no time zone 'Mars/Base'." in text_of(response)


async def test_without_temporal_nothing_is_opened_and_nothing_is_lost(web: AsyncClient) -> None:
    response = await sent(web, "/leads/new", **LEAD, opaque_id="true")
    assert response.status_code == 503
    assert re.search(r'name="org"[^>]* value="Uni Rive"', response.text)
    assert re.search(r'name="opaque_id"[^>]* checked', response.text)
