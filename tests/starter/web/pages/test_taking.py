"""Decisions that are taken on pages, with a real worker: taken, refused, kept while nobody works, and never twice."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import timedelta

import pytest
from httpx2 import AsyncClient, Response
from temporalio.testing import WorkflowEnvironment

from client.directory import LeadHandle
from client.errors import DecisionUnknown
from client.leads import LeadsClient
from ledger.ledger import Ledger
from process.core.answers import Answer
from process.decisions.base import Decision
from process.types import Role
from starter.web import services
from starter.web.pages import new_lead
from starter.web.visitors import Visitor
from tests.support.ledgers import recording_worker
from tests.support.outside import Outside
from tests.support.pages import KEY, pages, pages_seen_by, sent, text_of
from tests.support.servers import real_time
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import Life

QUEUE = "pages"
QUOTE = {"amount": "9000", "currency": "USD", "per": "year"}


@pytest.fixture(scope="module")
async def env() -> AsyncIterator[WorkflowEnvironment]:
    async with real_time() as server:
        yield server


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with closing(Ledger.open(url)) as opened:
        yield opened


@pytest.fixture
async def web(env: WorkflowEnvironment, ledger: Ledger, url: str) -> AsyncIterator[AsyncClient]:
    """Return a client of the pages, with a worker that records in their ledger."""
    async with (
        recording_worker(env.client, QUEUE, Outside(), ledger),
        pages(url, env.client, task_queue=QUEUE) as web,
    ):
        yield web


async def begun(env: WorkflowEnvironment, web: AsyncClient, lead_id: str) -> Life:
    """Return a new lead that the ledger knows."""
    life = await Life.begin(env, Outside(), lead_id, queue=QUEUE)
    await life.settled()
    while (await web.get(f"/leads/{lead_id}/decide/lost")).status_code == 404:
        await asyncio.sleep(0.05)
    return life


async def filled(web: AsyncClient, address: str, **fields: str) -> dict[str, str]:
    """Return the fields of a form that somebody has just opened, filled in."""
    text = (await web.get(address)).text
    hidden = dict(re.findall(r'<input type="hidden" name="(key|seen)" value="([^"]*)"', text))
    return {**hidden, **fields}


async def kinds(life: Life) -> list[str]:
    return [line.kind for line in (await life.overview()).timeline]


async def test_a_price_is_quoted(env: WorkflowEnvironment, web: AsyncClient) -> None:
    life = await begun(env, web, "lead-quote")
    address = f"/leads/{life.id}/decide/price-quoted"
    form = await filled(web, address, **QUOTE)

    looked = await sent(web, address, do="look", **form)
    assert looked.status_code == 200
    assert "Quoted 9,000.00 USD a year" in text_of(looked)
    assert "what is under way outside" not in text_of(looked)  # the lead itself foretold it

    taken = await sent(web, address, do="take", **form)
    assert taken.status_code == 303
    (line,) = [line for line in (await life.overview()).timeline if line.kind == "price_quoted"]
    assert taken.headers["location"] == f"/leads/{life.id}?taken={line.seq}"
    assert (line.source, line.key) == ("page", form["key"])


async def test_a_form_that_is_sent_twice_is_one_decision(env: WorkflowEnvironment, web: AsyncClient) -> None:
    life = await begun(env, web, "lead-twice")
    address = f"/leads/{life.id}/decide/price-quoted"
    form = await filled(web, address, **QUOTE)
    both = await asyncio.gather(*(sent(web, address, do="take", **form) for _ in range(2)))
    again = await sent(web, address, do="take", **form)
    assert {each.status_code for each in (*both, again)} == {303}
    assert len({each.headers["location"] for each in (*both, again)}) == 1
    assert (await kinds(life)).count("price_quoted") == 1


async def test_the_second_of_two_tabs_is_told_of_the_first(
    env: WorkflowEnvironment, web: AsyncClient
) -> None:
    life = await begun(env, web, "lead-tabs")
    address = f"/leads/{life.id}/decide/hub-information-given"
    one = await filled(web, address, name="A hub")
    other = await filled(web, address, name="Another hub")
    assert (await sent(web, address, do="take", **one)).status_code == 303
    told = await sent(web, address, do="take", **other)
    assert told.status_code == 409
    assert "Not taken yet: One new event since you opened this" in text_of(told)
    assert 'value="Another hub"' in told.text
    assert (await kinds(life)).count("hub_information_given") == 1

    seen = re.findall(r'name="seen" value="(\d+)"', told.text)[0]
    assert (await sent(web, address, do="take", **other | {"seen": seen})).status_code == 303
    assert (await kinds(life)).count("hub_information_given") == 2


async def test_of_two_tabs_at_the_same_instant_one_decides(
    env: WorkflowEnvironment, web: AsyncClient
) -> None:
    life = await begun(env, web, "lead-instant")
    address = f"/leads/{life.id}/decide/hub-information-given"
    forms = [await filled(web, address, name=name) for name in ("A hub", "Another hub")]
    both = await asyncio.gather(*(sent(web, address, do="take", **form) for form in forms))
    assert sorted(each.status_code for each in both) == [303, 409]
    (held,) = [(each, form) for each, form in zip(both, forms, strict=True) if each.status_code == 409]
    text, form = held[0].text, held[1]
    assert f'value="{form["name"]}"' in text
    assert "hub information" in text_of(held[0]).lower()
    assert f'value="{form["key"]}"' in text  # the lead has kept no answer to it
    assert (await kinds(life)).count("hub_information_given") == 1

    seen = (await filled(web, address))["seen"]
    assert (await sent(web, address, do="take", **form | {"seen": seen})).status_code == 303


async def test_a_refusal_keeps_the_form_and_says_what_would_work(
    env: WorkflowEnvironment, web: AsyncClient
) -> None:
    life = await begun(env, web, "lead-refused")
    address = f"/leads/{life.id}/decide/price-quoted"
    form = await filled(web, address, amount="9000", note="As agreed")
    refused = await sent(web, address, do="take", **form)
    assert refused.status_code == 409
    assert "A price needs currency and per." in text_of(refused)
    assert "As agreed</textarea>" in refused.text
    assert form["key"] not in refused.text  # under it, the lead would only repeat its answer

    key = re.findall(r'name="key" value="([^"]*)"', refused.text)[0]
    corrected = await sent(web, address, do="take", **form | QUOTE | {"key": key})
    assert corrected.status_code == 303


async def test_what_is_suggested_instead_is_a_link(env: WorkflowEnvironment, web: AsyncClient) -> None:
    life = await begun(env, web, "lead-instead")
    await life.decide_all("lost", lost={"reason": "budget"})
    refused = await sent(web, f"/leads/{life.id}/decide/price-quoted", do="take", key="k", seen="99", **QUOTE)
    assert refused.status_code == 409
    assert f'href="/leads/{life.id}/decide/reopened"' in refused.text


async def test_without_a_worker_the_decision_is_handed_in_and_taken_later(
    env: WorkflowEnvironment, ledger: Ledger, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        recording_worker(env.client, QUEUE, Outside(), ledger),
        pages(url, env.client, task_queue=QUEUE) as web,
    ):
        life = await begun(env, web, "lead-waits")
    monkeypatch.setattr(services, "TIMEOUT", timedelta(seconds=1))
    address = f"/leads/{life.id}/decide/price-quoted"
    async with pages(url, env.client, task_queue=QUEUE) as web:
        form = await filled(web, address, **QUOTE)
        handed_in = await sent(web, address, do="take", **form)
    assert handed_in.status_code == 202
    assert "takes it as soon as a worker runs" in text_of(handed_in)
    async with recording_worker(env.client, QUEUE, Outside(), ledger):
        await life.until(lambda view: any(line.key == form["key"] for line in view.timeline))
        assert (await kinds(life)).count("price_quoted") == 1


async def test_after_an_unknown_outcome_the_same_key_may_be_sent_again(
    env: WorkflowEnvironment, web: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = await begun(env, web, "lead-unknown")
    address = f"/leads/{life.id}/decide/price-quoted"
    form = await filled(web, address, **QUOTE)
    with monkeypatch.context() as broken:
        broken.setattr(LeadsClient, "decide", _taken_without_an_answer)
        unknown = await sent(web, address, do="take", **form)
    assert unknown.status_code == 503
    assert "It is unknown if" in text_of(unknown)
    kept = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', unknown.text))
    assert kept == form
    again = await sent(web, address, do="take", **kept)
    assert again.status_code == 303
    assert (await kinds(life)).count("price_quoted") == 1


_decide = LeadsClient.decide


async def _taken_without_an_answer(
    self: LeadsClient, handle: LeadHandle, decision: Decision, seen: int | None
) -> Answer:
    await _decide(self, handle, decision, seen)
    raise DecisionUnknown(handle.id, "The connection was lost", decision.key)


async def test_an_approval_on_a_page_counts_as_of_somebody_who_is_known(
    env: WorkflowEnvironment, ledger: Ledger, url: str
) -> None:
    grace, bo = Visitor("Grace", "grace", (Role.SALES,)), Visitor("Bo", "bo", (Role.CONTRACTS,))
    both = Visitor("Grace", "grace", (Role.CONTRACTS, Role.SALES))
    quote = QUOTE | {"discount_percent": "20", "discount_reason": "A pilot"}
    approval = "/leads/lead-discount/decide/discount-approved"

    async def taken(visitor: Visitor, address: str, **fields: str) -> Response:
        async with pages_seen_by(visitor, url, env.client, task_queue=QUEUE) as web:
            return await sent(web, address, do="take", **await filled(web, address, **fields))

    async with recording_worker(env.client, QUEUE, Outside(), ledger, [KEY]):
        async with pages(url, env.client, task_queue=QUEUE) as web:
            life = await begun(env, web, "lead-discount")
        assert (await taken(grace, f"/leads/{life.id}/decide/price-quoted", **quote)).status_code == 303
        own = await taken(both, approval)
        assert own.status_code == 409
        assert "nobody approves their own" in text_of(own)
        assert (await taken(grace, approval)).status_code == 403
        assert (await taken(bo, approval)).status_code == 303
        (line,) = [line for line in (await life.overview()).timeline if line.kind == "discount_approved"]
    assert (line.by, line.source, line.authenticated) == ("Bo", "page", True)


# ---- corrections


async def test_a_mistake_is_corrected_and_what_it_told_is_put_right(
    env: WorkflowEnvironment, web: AsyncClient
) -> None:
    life = await begun(env, web, "lead-slip")
    await life.decide_all("price_quoted", price_quoted=QUOTE)
    view = await life.until(lambda view: any(line.kind == "mail_sent" for line in view.timeline))
    seq = next(line.seq for line in view.timeline if line.kind == "price_quoted")
    address = f"/leads/{life.id}/correct/{seq}"
    form = await filled(web, address, reason="Another lead's quote", compensate="mail", then="again")

    taken = await sent(web, address, do="take", **form)
    assert taken.status_code == 303
    assert taken.headers["location"].startswith(f"/leads/{life.id}/decide/price-quoted?amount=9000&")
    corrected = await life.until(lambda view: any(line.kind == "corrected" for line in view.timeline))
    assert corrected.stage == "lead"
    again = await sent(web, address, do="take", **form)
    assert again.status_code == 303
    assert (await kinds(life)).count("corrected") == 1


async def test_a_correction_without_a_replacement_leads_back_to_the_lead(
    env: WorkflowEnvironment, web: AsyncClient
) -> None:
    life = await begun(env, web, "lead-cancelled")
    await life.decide_all("price_quoted", price_quoted=QUOTE)
    view = await life.overview()
    seq = next(line.seq for line in view.timeline if line.kind == "price_quoted")
    address = f"/leads/{life.id}/correct/{seq}"
    form = await filled(web, address, reason="A slip")
    taken = await sent(web, address, do="take", **form)
    assert re.fullmatch(rf"/leads/{life.id}\?taken=(\d+)", taken.headers["location"])


# ---- new leads


async def new(web: AsyncClient, **fields: str) -> Response:
    return await sent(web, "/leads/new", **await filled(web, "/leads/new", **fields))


async def test_a_new_lead_has_its_page_at_once(web: AsyncClient) -> None:
    lead = {"org": "Uni Rive", "person": "Bo Rive", "title": "A hub for research", "service": "hub"}
    form = await filled(web, "/leads/new", **lead)
    opened = await sent(web, "/leads/new", **form)
    assert opened.status_code == 303
    address = opened.headers["location"]
    assert (await web.get(f"{address}/decide/price-quoted")).status_code == 200

    again = await sent(web, "/leads/new", **form)  # a double click
    assert (again.status_code, again.headers["location"]) == (303, address)

    other_form = await new(web, **lead)
    assert other_form.status_code == 409
    assert "This lead is already open" in text_of(other_form)
    assert f'href="{address}"' in other_form.text


async def test_a_lead_that_looks_like_another_is_opened_only_if_somebody_says_so(
    env: WorkflowEnvironment, web: AsyncClient
) -> None:
    lead = {"org": "Uni Two", "person": "Cy Two", "title": "A hub for teaching", "service": "hub"}
    first = (await new(web, **lead)).headers["location"]
    other = lead | {"title": "Quite something else"}
    held = await _until_known_as_duplicate(web, other)
    assert held.status_code == 409
    assert "same organisation" in text_of(held)
    assert f'href="{first}"' in held.text
    assert "It is another one" in text_of(held)

    opened = await new(web, **other, not_a_duplicate="true")
    assert opened.status_code == 303
    assert opened.headers["location"] != first


async def _until_known_as_duplicate(web: AsyncClient, fields: dict[str, str]) -> Response:
    """Return the answer to a lead that looks like one that is open, as soon as the server's index has that one."""
    probe = fields | {"title": "A hub for teaching", "person": "Somebody else"}
    async with asyncio.timeout(TIMEOUT):
        while "Nothing was opened" not in text_of(await new(web, **probe)):
            await asyncio.sleep(0.05)
        return await new(web, **fields)


async def test_a_lead_that_no_worker_has_begun_yet_is_said_to_be_kept(
    env: WorkflowEnvironment, ledger: Ledger, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_lead, "WAIT", 0.2)
    async with pages(url, env.client, task_queue="nobody") as web:
        kept = await new(web, org="Uni Three", person="Di Three", title="A hub", service="hub")
    assert kept.status_code == 202
    assert "as soon as a worker runs" in text_of(kept)
    assert re.fullmatch(r"3; url=/leads/lead-uni-three-\w+", kept.headers["refresh"])
