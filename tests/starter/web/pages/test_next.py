"""The next step's usual decision is one click away."""

import re
from datetime import UTC, datetime, timedelta

from httpx2 import AsyncClient

from tests.support.lives import Life
from tests.support.pages import pages, write_lives


async def test_the_next_step_leads_to_its_form_or_to_all_decisions(web: AsyncClient) -> None:
    text = (await web.get("/leads/lead-di/next", follow_redirects=False)).headers["location"]
    assert text.startswith("/leads/lead-di")
    assert text.endswith("#decide") or "/decide/" in text


async def test_an_unknown_lead_has_none_and_no_place_is_named(web: AsyncClient) -> None:
    found = await web.get("/leads/lead-nobody/next")
    assert found.status_code == 404
    assert "There is no lead" in found.text
    assert "SQLite" not in found.text


async def leads_to(web: AsyncClient, lead_id: str, text: str) -> str:
    """Return the address to which the line of the agenda with this text leads."""
    shown = (await web.get("/agenda?for=contracts")).text + (await web.get("/agenda?for=sales")).text
    for line in shown.split("<li>"):
        if text in line and f'href="/leads/{lead_id}"' in line:
            (address,) = re.findall(r'href="([^"]+/next[^"]*)"', line)
            return str((await web.get(address)).headers["location"])
    raise AssertionError(text)


async def test_a_line_of_the_agenda_leads_to_its_decision_with_what_it_tells(url: str) -> None:
    now = datetime.now(UTC)
    billed = Life(now - timedelta(days=2), "lead-billed").live().at(now)
    (invoice, *_) = billed.lead.unsent
    quoted = Life(now - timedelta(days=2), "lead-quoted").quoted()
    other = {"lead_id": "lead-quoted", "heading": "Another"}
    twin = Life(now - timedelta(days=1), "lead-twin").flag_duplicates(other)
    write_lives(url, billed, quoted, twin)
    async with pages(url) as web:
        number = f"number={invoice.number}"
        assert await leads_to(web, "lead-billed", f"invoice {invoice.number}") == (
            f"/leads/lead-billed/decide/invoice-sent?{number}"
        )
        form = (await web.get(f"/leads/lead-billed/decide/invoice-sent?{number}")).text
        assert re.search(rf'name="number"[^>]* value="{invoice.number}"', form)
        assert await leads_to(web, "lead-quoted", "agree to the price") == (
            "/leads/lead-quoted/decide/quote-accepted?version=1"
        )
        assert await leads_to(web, "lead-twin", "It may be the same request") == (
            "/leads/lead-twin/decide/merged?into=lead-quoted"
        )


async def test_a_line_that_is_gone_leads_to_all_decisions_or_to_what_the_workflow_knows(
    web: AsyncClient,
) -> None:
    gone = await web.get("/leads/lead-ada/next?line=due.0123456789abcdef")
    assert gone.headers["location"] == "/leads/lead-ada#decide"
    failed = await web.get("/leads/lead-ada/next?line=stuck.0123456789abcdef")
    assert failed.headers["location"] == "/leads/lead-ada?now=1#now"
