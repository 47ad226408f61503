"""The timeline of a lead's page, and the page as of a past day."""

import re

import pytest
from httpx2 import AsyncClient

from tests.support.lives import Life, a_life, last_seq
from tests.support.pages import pages, text_of, write_lives


def seqs(html: str) -> list[int]:
    return [int(found) for found in re.findall(r'<li id="e(\d+)"', html)]


# ---- the timeline


async def test_the_newest_event_is_first_and_tells_who_decided_through_what(url: str) -> None:
    life = a_life("bo").quoted()
    life.does("put_on_hold", note="They are on leave", until="2026-09-01", by="Ada Sales", source="page")
    write_lives(url, life)
    async with pages(url) as web:
        response = await web.get("/leads/lead-bo")
    assert seqs(response.text) == sorted(seqs(response.text), reverse=True)
    assert "They are on leave" in text_of(response)
    assert "Ada Sales, on a page" in text_of(response)


async def test_a_corrected_event_is_struck_through_and_names_its_correction(
    url: str, lives: dict[str, Life]
) -> None:
    life = lives["bo"]
    life.does("corrected", seq=2, reason="Another lead's price")
    write_lives(url, life)
    async with pages(url) as web:
        response = await web.get("/leads/lead-bo")
    assert re.search(r'id="e2" class="people out">.*?<del>Quoted 12,000', response.text, re.DOTALL)
    assert 'corrected by <a href="#e3">3</a>' in response.text
    assert 'href="/leads/lead-bo/correct/3"' in response.text
    assert 'href="/leads/lead-bo/correct/2"' not in response.text, "it is corrected already"
    assert 'href="/leads/lead-bo/correct/1"' not in response.text, "the opening can't be"


async def test_a_long_timeline_has_pages_and_is_filtered(url: str) -> None:
    life = a_life("ed").live().wait(300).perform()
    write_lives(url, life)
    total = life.lead.last_seq
    assert total > 60
    async with pages(url) as web:
        first = await web.get("/leads/lead-ed")
        assert seqs(first.text) == list(range(total, total - 50, -1))
        earlier = re.search(r'href="([^"]+)#timeline">Earlier', first.text)
        assert earlier
        second = await web.get(earlier[1])
        assert seqs(second.text)[0] == total - 50
        mails = await web.get("/leads/lead-ed?show=mail")
        assert set(seqs(mails.text)) == {
            event.seq for event in life.aggregate.event_log.events if event.kind == "mail_sent"
        }
        people = await web.get("/leads/lead-ed?show=people")
        assert seqs(people.text)[-1] == 1
        assert "calendar" in (await web.get("/leads/lead-ed?show=calendar")).text
        around = await web.get("/leads/lead-ed?event=3")
        assert 3 in seqs(around.text)
        assert seqs((await web.get(f"/leads/lead-ed?event={10**8}")).text)[0] == total
        assert seqs((await web.get("/leads/lead-ed?before=1")).text) == []


# ---- as of a day


async def test_a_past_day_shows_the_lead_as_it_was_known_then(url: str) -> None:
    life = a_life("bo").wait(days=2).quoted().wait(days=3)
    life.does("corrected", seq=last_seq(life, "price_quoted"), reason="A slip")
    write_lives(url, life)
    async with pages(url) as web:
        then = await web.get("/leads/lead-bo?as-of=2026-06-04")
        now = await web.get("/leads/lead-bo")
    assert "As of 2026-06-04" in text_of(then)
    assert "12,000.00 USD a year v1 open" in text_of(then)
    assert "quoted 1 day since 2026-06-03" in text_of(then)
    assert "/decide/" not in then.text
    assert "/correct/" not in then.text
    assert "12,000.00 USD a year v1 corrected" in text_of(now)


@pytest.mark.parametrize(
    ("day", "status", "said"),
    [
        ("2026-05-31", 404, "On that day there was no lead lead-bo yet"),
        ("0001-01-01", 404, "On that day there was no lead lead-bo yet"),
        ("9999-12-31", 422, "has not come yet"),
        ("2026-02-30", 422, "as-of must be a day such as"),
        ("20260601", 422, "as-of must be a day such as"),
        ("yesterday", 422, "as-of must be a day such as"),
        ("1" * 500, 422, "as-of"),
        ("", 200, "Needs attention"),
    ],
)
async def test_a_day_on_which_nothing_is_known_is_said(
    web: AsyncClient, day: str, status: int, said: str
) -> None:
    response = await web.get(f"/leads/lead-bo?as-of={day}")
    assert response.status_code == status
    assert said in text_of(response)
