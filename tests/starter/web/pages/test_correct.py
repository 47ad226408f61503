"""The page that corrects an event, while no worker runs."""

import re
import threading
from typing import Any

import pytest
from httpx2 import AsyncClient

from process.core.decide import decide
from process.corrections.impact import correction_impact
from process.decisions.base import Decision
from starter.web.pages import correct
from tests.support.lives import Life
from tests.support.pages import sent, text_of, write_lives


def seq_of(life: Life, kind: str) -> int:
    return next(event.seq for event in life.aggregate.event_log.events if event.kind == kind)


@pytest.fixture
def bo(url: str, lives: dict[str, Life]) -> Life:
    """A lead with a quote, whose issue, folder and mails are there."""
    life = lives["bo"].perform()
    write_lives(url, life)
    return life


async def test_it_shows_what_was_decided_and_what_would_follow(web: AsyncClient, bo: Life) -> None:
    seq = seq_of(bo, "price_quoted")
    response = await web.get(f"/leads/lead-bo/correct/{seq}")
    shown = text_of(response)
    assert response.status_code == 200
    assert f"Correct {seq}: Price quoted" in shown
    assert "12,000.00 USD a year" in shown
    assert "Quoted becomes Lead" in shown
    assert "Follows by itself" in shown
    assert "If the customer knows this price, only sales can take it back there" in shown


async def test_what_can_be_put_right_outside_are_boxes(web: AsyncClient, bo: Life) -> None:
    seq = seq_of(bo, "price_quoted")
    boxes = re.findall(
        r'name="compensate" value="(\w+)"', (await web.get(f"/leads/lead-bo/correct/{seq}")).text
    )
    assert "mail" in boxes


async def test_an_address_ticks_the_boxes(web: AsyncClient, bo: Life) -> None:
    seq = seq_of(bo, "price_quoted")
    response = await web.get(f"/leads/lead-bo/correct/{seq}?compensate=mail&reason=A+slip")
    assert re.search(r'value="mail"[^>]* checked', response.text)
    assert "A slip</textarea>" in response.text


async def test_a_correction_needs_a_reason(web: AsyncClient, bo: Life) -> None:
    seq = seq_of(bo, "price_quoted")
    response = await sent(web, f"/leads/lead-bo/correct/{seq}", do="take", key="k", seen="99", then="again")
    assert response.status_code == 422
    assert "Reason is missing" in text_of(response)
    assert re.search(r'name="then" value="again" checked', response.text)


async def test_looking_shows_the_compensations_that_are_asked_for(web: AsyncClient, bo: Life) -> None:
    seq = seq_of(bo, "price_quoted")
    fields = {"do": "look", "reason": "A slip", "compensate": "mail"}
    response = await sent(web, f"/leads/lead-bo/correct/{seq}", **fields)
    assert response.status_code == 200
    assert "Is put right, as you ask for it" in text_of(response)


async def test_an_event_that_is_no_decision_cannot_be_corrected(web: AsyncClient, bo: Life) -> None:
    seq = next(e.seq for e in bo.aggregate.event_log.events if not isinstance(e.fact, Decision))
    response = await web.get(f"/leads/lead-bo/correct/{seq}")
    assert response.status_code == 200
    assert "is no decision but something that happened" in text_of(response)
    assert 'class="deciding"' not in response.text


async def test_the_opening_is_changed_and_not_corrected(web: AsyncClient) -> None:
    response = await web.get("/leads/lead-bo/correct/1")
    assert 'href="/leads/lead-bo/decide/details-changed"' in response.text


@pytest.mark.parametrize("reason", ["A slip", "", "\x00"])
async def test_nor_is_it_by_a_form_that_nobody_offered(web: AsyncClient, reason: str) -> None:
    for do in ("look", "take", "edit"):
        response = await sent(web, "/leads/lead-bo/correct/1", do=do, reason=reason, key="k", seen="99")
        assert response.status_code == 409
        assert "can't be undone" in text_of(response)


async def test_what_rests_on_it_is_corrected_first(web: AsyncClient, lives: dict[str, Life]) -> None:
    seq = seq_of(lives["flo"], "quote_accepted")
    response = await web.get(f"/leads/lead-flo/correct/{seq}")
    assert "rests on it" in text_of(response)
    assert re.search(r'href="/leads/lead-flo/correct/\d+', response.text)


async def test_what_a_correction_left_can_still_be_put_right(url: str, web: AsyncClient, bo: Life) -> None:
    life = bo
    life.does("corrected", seq=seq_of(life, "price_quoted"), reason="A slip")
    write_lives(url, life)
    response = await web.get(f"/leads/lead-bo/correct/{seq_of(life, 'price_quoted')}")
    shown = text_of(response)
    assert "Corrected already" in shown
    assert "Rest is fine" in shown
    assert 'name="then"' not in response.text


@pytest.mark.parametrize(("seq", "status"), [("99", 404), ("0", 422), ("x", 422), ("9" * 30, 422)])
async def test_a_wrong_number_says_what_is_wrong(web: AsyncClient, seq: str, status: int) -> None:
    assert (await web.get(f"/leads/lead-bo/correct/{seq}")).status_code == status


async def test_every_event_has_its_page_or_says_why_not(web: AsyncClient, lives: dict[str, Life]) -> None:
    for life in lives.values():
        for event in life.aggregate.event_log.events:
            address = f"/leads/{life.lead.id}/correct/{event.seq}"
            assert (await web.get(address)).status_code == 200, (address, event.kind)
            looked = await sent(web, address, do="look", reason="A slip", compensate="all")
            assert looked.status_code in (200, 409), (address, event.kind)


async def test_without_temporal_nothing_is_lost(web: AsyncClient, bo: Life) -> None:
    seq = seq_of(bo, "price_quoted")
    fields = {"do": "take", "key": "k", "seen": "99", "reason": "A slip", "compensate": "mail"}
    response = await sent(web, f"/leads/lead-bo/correct/{seq}", **fields)
    assert response.status_code == 503
    assert re.search(r'value="mail"[^>]* checked', response.text)


async def test_the_page_is_made_beside_the_event_loop_and_tries_one_way_first(
    web: AsyncClient, bo: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def decided(*args: Any) -> Any:
        threads.append(threading.current_thread())
        return decide(*args)

    monkeypatch.setattr(correct, "decide", decided)
    assert (await web.get(f"/leads/lead-bo/correct/{seq_of(bo, 'price_quoted')}")).status_code == 200
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()


async def test_the_answer_to_the_form_is_made_beside_the_event_loop_too(
    web: AsyncClient, bo: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def foretold(*args: Any) -> Any:
        threads.append(threading.current_thread())
        return correction_impact(*args)

    monkeypatch.setattr(correct, "correction_impact", foretold)
    quoted, by_date = seq_of(bo, "price_quoted"), seq_of(bo, "mail_sent")
    for seq in (quoted, by_date):
        await sent(web, f"/leads/lead-bo/correct/{seq}", do="look", reason="A slip", seen="99")
    assert threads
    assert threading.main_thread() not in threads
