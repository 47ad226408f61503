"""Programs read leads, events and the agenda from the ledger. No worker and no Temporal is needed."""

import asyncio
from typing import Any

import pytest
from httpx2 import AsyncClient, Response

from tests.support.lives import Life
from tests.support.pages import write_lives


def ids(response: Response) -> list[str]:
    return [lead["lead_id"].removeprefix("lead-") for lead in response.json()["leads"]]


async def every_page(api: AsyncClient, address: str, name: str) -> list[Any]:
    """Return what stands on all pages, following the links."""
    found: list[Any] = []
    while address:
        response = await api.get(address)
        assert response.status_code == 200, response.text
        found += response.json()[name]
        address = response.links.get("next", {}).get("url", "").removeprefix("/api/v1")
    return found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("stage=quoted", {"bo", "cy"}),
        ("stage=lead&stage=lost", {"ada", "di"}),
        ("q=university of ed", {"ed"}),
        ("service=other", set()),
        ("owner=sales&stage=lead", {"ada"}),
        ("hold=true", set()),
        ("hold=false&stage=hub", {"ed"}),
        ("attention=true", {"flo"}),
    ],
)
async def test_leads_are_filtered(api: AsyncClient, query: str, found: set[str]) -> None:
    assert set(ids(await api.get(f"/leads?{query}"))) == found


@pytest.mark.parametrize("sort", ["date", "value", "age", "name"])
async def test_pages_of_any_order_hold_each_lead_once(
    api: AsyncClient, lives: dict[str, Life], sort: str
) -> None:
    whole = (await api.get(f"/leads?sort={sort}")).json()["leads"]
    paged = await every_page(api, f"/leads?sort={sort}&limit=2", "leads")
    assert paged == whole
    assert sorted(lead["lead_id"] for lead in whole) == sorted(life.lead.id for life in lives.values())


async def test_the_order_is_one_for_all_stages(api: AsyncClient) -> None:
    assert ids(await api.get("/leads?sort=value"))[:1] == ["cy"]
    assert ids(await api.get("/leads?sort=name")) == ["ada", "bo", "cy", "di", "ed", "flo"]


async def test_money_has_its_decimals_and_its_currency(api: AsyncClient) -> None:
    (lead,) = (await api.get("/leads?q=cy")).json()["leads"]
    assert lead["price"] == {"amount": "15000", "currency": "USD"}
    assert lead["yearly"] == {"amount": "15000.00", "currency": "USD"}


async def test_a_lead_tells_its_stage_and_its_timeline(api: AsyncClient) -> None:
    lead = (await api.get("/leads/lead-bo")).json()
    assert lead["overview"]["stage"] == lead["row"]["stage"] == "quoted"
    assert [line["kind"] for line in lead["overview"]["timeline"]] == ["lead_opened", "price_quoted"]
    assert lead["seq"] == 2


async def test_a_lead_is_shown_as_it_was_at_the_end_of_a_day(
    api: AsyncClient, url: str, lives: dict[str, Life]
) -> None:
    lives["ada"].wait(days=3).quoted()
    write_lives(url, lives["ada"])
    then = (await api.get("/leads/lead-ada?as_of=2026-06-02")).json()
    assert (then["overview"]["stage"], then["seq"], then["row"]) == ("lead", 1, None)
    assert (await api.get("/leads/lead-ada")).json()["overview"]["stage"] == "quoted"


async def test_a_reader_waits_for_the_event_that_it_knows_of(
    api: AsyncClient, url: str, lives: dict[str, Life]
) -> None:
    reading = asyncio.create_task(api.get("/leads/lead-ada?min_seq=2"))
    await asyncio.sleep(0)
    lives["ada"].quoted()
    write_lives(url, lives["ada"])
    assert (await reading).json()["seq"] == 2


async def test_events_are_read_page_by_page(api: AsyncClient, lives: dict[str, Life]) -> None:
    events = await every_page(api, "/leads/lead-ed/events?limit=3", "events")
    assert [event["kind"] for event in events] == lives["ed"].kinds()
    assert events[1]["data"]["kind"] == events[1]["kind"]
    later = (await api.get(f"/leads/lead-ed/events?after_seq={len(events) - 1}")).json()
    assert [event["seq"] for event in later["events"]] == [len(events)]


async def test_options_say_who_decides_and_why_not(api: AsyncClient) -> None:
    options = {each["kind"]: each for each in (await api.get("/leads/lead-bo/options")).json()["options"]}
    assert options["quote_accepted"]["next"]
    assert options["discount_approved"]["deciders"] == ["contracts"]
    assert "belongs" in options["hub_live"]["refused"]["reason"] or not options["hub_live"]["allowed"]


async def test_the_agenda_is_that_of_a_role(api: AsyncClient) -> None:
    lines = await every_page(api, "/agenda?for=sales&limit=1", "lines")
    assert {line["role"] for line in lines} == {"sales"}
    everything = await every_page(api, "/agenda", "lines")
    assert len(everything) > len(lines)


async def test_what_did_not_change_is_not_sent_again(
    api: AsyncClient, url: str, lives: dict[str, Life]
) -> None:
    for address in ("/leads", "/leads/lead-ada", "/leads/lead-ada/events", "/events", "/agenda"):
        tag = (await api.get(address)).headers["etag"]
        for known in (f'"other", W/{tag}', "*"):
            again = await api.get(address, headers={"if-none-match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), address
    lives["ada"].quoted()
    write_lives(url, lives["ada"])
    tag = (await api.get("/leads/lead-bo")).headers["etag"]
    assert (await api.get("/leads/lead-ada", headers={"if-none-match": tag})).status_code == 200
