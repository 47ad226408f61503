"""Programs open leads and decide about them, with a real server, a real worker and a real ledger."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import AsyncClient, Response
from temporalio.testing import WorkflowEnvironment

from ledger.errors import LedgerUnavailable
from ledger.ledger import Ledger
from ledger.reader import LedgerReader
from starter.web import services
from tests.support.api import a_worker, an_api, opened, own, recorded
from tests.support.lives import QUOTE, a_life
from tests.support.outside import Outside
from tests.support.pages import write_lives
from tests.support.waiting import TIMEOUT


@pytest.fixture
async def api(env: WorkflowEnvironment, queue: str, outside: Outside, url: str) -> AsyncIterator[AsyncClient]:
    """Return a client of the API, beside a worker."""
    async with a_worker(env, queue, outside, url), an_api(env, queue, url) as client:
        yield client


async def test_a_program_opens_a_lead_quotes_it_and_follows_it(api: AsyncClient) -> None:
    position = (await api.get("/events?limit=500")).json()["position"]
    address = await opened(api)
    preview = (await api.post(f"{address}/decisions/price_quoted/preview", json=QUOTE)).json()
    assert (preview["accepted"], preview["stage"]) == (True, "quoted")
    assert "Mail to contracts: price quoted" in preview["effects"]

    taken = (await api.post(f"{address}/decisions/price_quoted", json=QUOTE)).json()
    assert (taken["accepted"], taken["stage"], taken["repeat"], taken["recorded"]) == (
        True,
        "quoted",
        False,
        True,
    )
    lead = (await api.get(f"{address}?min_seq={taken['seq']}")).json()
    assert lead["row"]["price"] == {"amount": "12000", "currency": "USD"}
    (line,) = [line for line in lead["overview"]["timeline"] if line["seq"] == taken["seq"]]
    assert line["source"] == "api"

    kinds = "kinds=lead_opened&kinds=price_quoted"
    feed = (await api.get(f"/events?after={position}&{kinds}&wait=10")).json()
    mine = [event["kind"] for event in feed["events"] if address.endswith(event["lead_id"])]
    assert mine == ["lead_opened", "price_quoted"]


async def test_the_same_request_is_the_same_lead(api: AsyncClient) -> None:
    wanted = own(person="Ada")
    first = await api.post("/leads", json=wanted)
    again = await api.post("/leads", json=wanted)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["location"] == first.headers["location"]
    assert (first.json()["already"], again.json()["already"]) == (False, True)
    other = await api.post("/leads", json=wanted | {"person": "Grace"})
    assert (other.status_code, other.json()["type"]) == (409, "/problems/refused")


async def test_a_possible_duplicate_names_the_open_lead(api: AsyncClient, env: WorkflowEnvironment) -> None:
    wanted = own()
    known = (await api.post("/leads", json=wanted)).json()["lead_id"]
    async with asyncio.timeout(TIMEOUT):  # Temporal's lists lag by a moment
        while not (await env.client.count_workflows(f"WorkflowId = '{known}'")).count:
            await asyncio.sleep(0.05)
    refused = await api.post("/leads", json=wanted | {"title": "Another one"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/possible-duplicate")
    assert [each["lead_id"] for each in refused.json()["candidates"]] == [known]
    apart = await api.post("/leads", json=wanted | {"title": "Another one", "not_a_duplicate": True})
    assert apart.status_code == 201


async def test_a_key_makes_a_repeat_harmless(api: AsyncClient) -> None:
    address, key = await opened(api), {"idempotency-key": uuid4().hex}
    quoting = f"{address}/decisions/price_quoted"
    first = await api.post(quoting, json=QUOTE, headers=key)
    again = await api.post(quoting, json=QUOTE, headers=key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json() | {"repeat": True}
    other = await api.post(quoting, json=QUOTE | {"amount": "9000"}, headers=key)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/key-reused")
    events = (await api.get(f"{address}/events")).json()["events"]
    assert [event["kind"] for event in events].count("price_quoted") == 1


async def test_a_decision_can_be_made_to_depend_on_what_was_read(api: AsyncClient) -> None:
    address = await opened(api)
    read = {"if-match": (await api.get(address)).headers["etag"]}
    await api.post(f"{address}/decisions/put_on_hold", json={"until": "2049-03-01"})
    late = await api.post(f"{address}/decisions/price_quoted", json=QUOTE, headers=read)
    assert (late.status_code, late.json()["type"]) == (412, "/problems/changed")
    read = {"if-match": (await api.get(address)).headers["etag"]}
    taken = await api.post(f"{address}/decisions/resumed", headers=read)
    assert taken.status_code == 200, taken.text  # what effects brought back meanwhile does not count
    always = await api.post(f"{address}/decisions/price_quoted", json=QUOTE, headers={"if-match": "*"})
    assert always.status_code == 200
    for strange in ('"x"', '"999-0123456789abcdef"', '"0-0123456789abcdef"', ""):
        unknown = await api.post(
            f"{address}/decisions/quote_declined", json={}, headers={"if-match": strange}
        )
        assert unknown.status_code == 412, strange


async def test_of_two_requests_of_the_same_moment_one_is_taken(api: AsyncClient) -> None:
    address = await opened(api)
    read = {"if-match": (await api.get(address)).headers["etag"]}

    async def named(name: str, key: str) -> Response:
        headers = read | {"idempotency-key": key}
        sent = {"name": name}
        return await api.post(f"{address}/decisions/hub_information_given", json=sent, headers=headers)

    both = await asyncio.gather(named("One", "one"), named("Two", "two"))
    assert sorted(each.status_code for each in both) == [200, 412]
    first, late = sorted(both, key=lambda each: each.status_code)
    assert "hub information given" in late.json()["detail"]
    taken = "one" if first is both[0] else "two"
    again = await named(taken.capitalize(), taken)
    assert (again.status_code, again.json()["repeat"]) == (200, True)


async def test_a_refusal_says_what_would_work(api: AsyncClient) -> None:
    address = await opened(api)
    refused = await api.post(f"{address}/decisions/hub_live", json={})
    problem = refused.json()
    assert (refused.status_code, problem["type"]) == (409, "/problems/refused")
    assert refused.headers["content-type"] == "application/problem+json"
    assert problem["suggestions"]
    assert problem["lead_id"] in address
    foreseen = (await api.post(f"{address}/decisions/hub_live/preview", json={})).json()
    assert (foreseen["accepted"], foreseen["message"] + ".") == (False, problem["detail"])


async def test_what_failed_for_good_is_seen_and_tried_again(api: AsyncClient, outside: Outside) -> None:
    outside.broken["open_issue"] = "park"
    address = await opened(api)
    async with asyncio.timeout(TIMEOUT):
        while not (parked := (await api.get(address)).json()["row"]["parked"]):
            await asyncio.sleep(0.05)
    assert "mend it" in parked[0]
    outside.broken.clear()
    keys = (await api.post(f"{address}/retry")).json()["retried"]
    assert [key.rpartition("/")[2] for key in keys] == ["open_issue"]
    assert (await api.post(f"{address}/retry", json={"effect": keys[0]})).json() == {"retried": []}


async def test_an_unknown_lead_takes_no_decision(api: AsyncClient) -> None:
    for act in ("decisions/lost", "decisions/lost/preview", "retry"):
        body = {"reason": "budget"} if "lost" in act else {}
        response = await api.post(f"/leads/lead-nobody/{act}", json=body)
        assert (response.status_code, response.json()["type"]) == (404, "/problems/not-found"), act


async def test_a_lead_whose_workflow_is_gone_is_read_and_not_decided(api: AsyncClient, url: str) -> None:
    write_lives(url, a_life("gone"))
    assert (await api.get("/leads/lead-gone")).status_code == 200
    response = await api.post("/leads/lead-gone/decisions/lost", json={"reason": "budget"})
    assert (response.status_code, response.json()["type"]) == (409, "/problems/ended")


async def test_a_decision_is_taken_while_the_ledger_cannot_be_read(
    api: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = await opened(api)

    def away(*_: Any) -> None:
        raise LedgerUnavailable("it is away")

    monkeypatch.setattr(LedgerReader, "row", away)
    taken = await api.post(f"{address}/decisions/price_quoted", json=QUOTE)
    assert (taken.status_code, taken.json()["stage"]) == (200, None)
    assert (await api.get(address)).json()["type"] == "/problems/unavailable"


async def test_without_a_worker_decisions_are_handed_in(
    env: WorkflowEnvironment, queue: str, outside: Outside, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "TIMEOUT", timedelta(seconds=1))
    with closing(Ledger.open(url)) as ledger:
        ledger.check()
    async with an_api(env, queue, url) as api:
        address = (await api.post("/leads", json=own())).headers["location"].removeprefix("/api/v1")
        unknown = await api.get(address)
        assert unknown.status_code == 404  # the ledger has it when a worker has taken it
        late = await api.get(f"{address}?min_seq=1")
        assert (late.status_code, late.json()["type"]) == (503, "/problems/not-recorded-yet")
        handed_in = await api.post(f"{address}/decisions/price_quoted", json=QUOTE)
        assert (handed_in.status_code, handed_in.json()["pending"]) == (202, True)
        away = await api.post(f"{address}/decisions/lost/preview", json={"reason": "budget"})
        assert (away.status_code, away.json()["type"]) == (503, "/problems/unavailable")
        assert away.headers["retry-after"]
        async with a_worker(env, queue, outside, url):
            read = await recorded(api, address, 2)
            assert read.json()["overview"]["stage"] == "quoted"
