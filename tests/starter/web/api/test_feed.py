"""Programs follow the events of all leads."""

import asyncio

from httpx2 import AsyncClient

from tests.support.lives import Life
from tests.support.pages import write_lives


async def test_a_program_follows_along_and_misses_nothing(
    api: AsyncClient, url: str, lives: dict[str, Life]
) -> None:
    seen, position, more = list[tuple[str, int]](), 0, True
    while more:
        feed = (await api.get(f"/events?after={position}&limit=4")).json()
        seen += [(event["lead_id"], event["seq"]) for event in feed["events"]]
        position, more = feed["position"], feed["more"]
    expected = [(life.lead.id, seq) for life in lives.values() for seq in range(1, life.lead.last_seq + 1)]
    assert sorted(seen) == sorted(expected)

    lives["ada"].quoted()
    write_lives(url, lives["ada"])
    feed = (await api.get(f"/events?after={position}")).json()
    assert [(event["lead_id"], event["kind"]) for event in feed["events"]] == [("lead-ada", "price_quoted")]


async def test_news_end_the_wait(api: AsyncClient, url: str, lives: dict[str, Life]) -> None:
    position = (await api.get("/events?limit=500")).json()["position"]
    waiting = asyncio.create_task(api.get(f"/events?after={position}&wait=20", timeout=30))
    await asyncio.sleep(0.1)
    lives["ada"].quoted()
    write_lives(url, lives["ada"])
    feed = (await waiting).json()
    assert [event["kind"] for event in feed["events"]] == ["price_quoted"]


async def test_without_news_the_wait_ends_by_itself(api: AsyncClient) -> None:
    position = (await api.get("/events?limit=500")).json()["position"]
    feed = (await api.get(f"/events?after={position}&wait=0.1")).json()
    assert feed == {"events": [], "position": position, "more": False}


async def test_other_kinds_are_passed_over(api: AsyncClient) -> None:
    feed = (await api.get("/events?kinds=lost&kinds=price_quoted")).json()
    assert {event["kind"] for event in feed["events"]} == {"lost", "price_quoted"}
    last = (await api.get("/events?limit=500")).json()["position"]
    assert feed["position"] == last
    refused = await api.get("/events?kinds=price_quotd")
    assert (refused.status_code, refused.json()["errors"][0]["parameter"]) == (422, "kinds")
