"""The next step's usual decision is one click away."""

from httpx2 import AsyncClient


async def test_the_next_step_leads_to_its_form_or_to_all_decisions(web: AsyncClient) -> None:
    text = (await web.get("/leads/lead-di/next", follow_redirects=False)).headers["location"]
    assert text.startswith("/leads/lead-di")
    assert text.endswith("#decide") or "/decide/" in text


async def test_an_unknown_lead_has_none_and_no_place_is_named(web: AsyncClient) -> None:
    found = await web.get("/leads/lead-nobody/next")
    assert found.status_code == 404
    assert "There is no lead" in found.text
    assert "SQLite" not in found.text
