"""A one-time link, from the person who makes it to the lead that records the answer."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from httpx2 import AsyncClient
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.ledger import LedgerActivities
from ledger.errors import LedgerUnavailable
from ledger.ledger import Ledger
from process.actor import Face
from tests.support.lives import KEY
from tests.support.outside import Outside
from tests.support.pages import pages, sent
from tests.support.servers import real_time
from tests.support.signed_in import shown
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import Life

from .conftest import made

_numbers = count(1)


@pytest.fixture(scope="module")
async def env() -> AsyncIterator[WorkflowEnvironment]:
    async with real_time() as server:
        yield server


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    opened = Ledger.open(url)
    yield opened
    opened.close()


@pytest.fixture
async def life(env: WorkflowEnvironment, ledger: Ledger) -> AsyncIterator[Life]:
    """A lead whose worker records in the ledger that the pages read."""
    outside, queue = Outside(), f"links-{next(_numbers)}"
    recorder = LedgerActivities(ledger, [KEY])
    with ThreadPoolExecutor() as pool:
        async with Worker(
            env.client,
            task_queue=queue,
            activities=outside.activities(record_events=recorder.record_events),
            activity_executor=pool,
        ):
            yield await Life.begin(env, outside, f"lead-{queue}", queue=queue)


@pytest.fixture
async def web(env: WorkflowEnvironment, url: str, life: Life) -> AsyncIterator[AsyncClient]:
    queue = life.id.removeprefix("lead-")
    async with pages(url, env.client, signing_key=KEY, task_queue=queue) as client:
        yield client


async def test_an_answer_that_the_ledger_gets_later_is_on_its_way(
    web: AsyncClient, life: Life, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await life.decide("price_quoted", by="Ada", amount="12000", currency="USD", per="year")
    path = await made(web, life.id)

    def is_away(*args: object, **more: object) -> int:
        raise LedgerUnavailable("it is away")

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "append", is_away)
        answered = await sent(web, path, answer="quote_accepted")
        assert answered.status_code == 202
        assert "is recorded in a moment" in shown(answered)
        assert "This answer is on its way" in shown(await web.get(path))
        other = await sent(web, path, answer="quote_declined", reason="no")
        assert other.status_code == 409
        assert "Another one is not taken" in shown(other)
    async with asyncio.timeout(TIMEOUT):
        while "on its way" in (text := shown(await web.get(path))):
            await asyncio.sleep(0.1)
    assert "accepted by Bo Rive" in text


async def test_an_answer_is_theirs_and_counts_once(web: AsyncClient, life: Life) -> None:
    await life.decide("price_quoted", by="Ada", amount="12000", currency="USD", per="year")
    path = await made(web, life.id)
    again = await made(web, life.id, name="Cy Rive")
    answered = await sent(web, path, answer="quote_accepted")
    assert (answered.status_code, answered.headers["location"]) == (303, path)
    assert "Thank you, Bo Rive You answered on" in shown(await web.get(path))
    [event] = [line for line in (await life.overview()).timeline if line.kind == "quote_accepted"]
    assert (event.by, event.source, event.authenticated) == ("Bo Rive", Face.LINK, True)
    assert "accepted by Bo Rive" in event.summary
    assert "By a one-time link made by" in shown(await web.get(f"/leads/{life.id}"))
    # a second use, also with another answer, shows what was answered; another link finds nothing to decide
    for kind in ("quote_accepted", "quote_declined"):
        assert "Thank you" in shown(await sent(web, path, answer=kind, reason="no"))
    assert len([line for line in (await life.overview()).timeline if line.kind.startswith("quote_")]) == 1
    assert "12,000" in (await web.get(again)).text  # it may still be declined
    assert (await sent(web, again, answer="quote_accepted")).status_code == 409


async def test_two_who_answer_at_once_are_one(web: AsyncClient, life: Life) -> None:
    """The lead itself knows the link's key, so that no order of requests makes two decisions."""
    await life.decide("price_quoted", by="Ada", amount="12000", currency="USD", per="year")
    path = await made(web, life.id)
    answers = await asyncio.gather(*(sent(web, path, answer="quote_accepted") for _ in range(4)))
    assert {answer.status_code for answer in answers} <= {200, 303}
    assert [line.kind for line in (await life.overview()).timeline].count("quote_accepted") == 1


async def test_a_signature_is_recorded_by_who_has_it(web: AsyncClient, life: Life) -> None:
    await life.decide("price_quoted", by="Ada", amount="12000", currency="USD", per="year")
    await life.decide("quote_accepted", by="Ada")
    await life.decide("contract_handed_over", by="Ada")
    path = await made(web, life.id, purpose="signature")
    page = await web.get(path)
    assert re.search(r'name="signed_by"[^>]* value="Bo Rive"', page.text)
    assert "12,000" not in page.text
    missing = await sent(web, path, answer="contract_signed", signed_by="Bo Rive")
    assert missing.status_code == 422
    assert "Evidence" in shown(missing)
    late = await sent(web, path, answer="contract_signed", evidence="attached", on="2049-01-01")
    assert late.status_code == 409
    assert "has not come yet" in shown(late)
    done = await sent(
        web, path, answer="contract_signed", evidence="attached", by="Mallory", end="2049-01-01"
    )
    assert done.status_code == 303
    view = await life.overview()
    [event] = [line for line in view.timeline if line.kind == "contract_signed"]
    assert event.by == "Bo Rive"
    assert view.lead.contract.end
    assert view.lead.contract.end.year < 2049  # a field that the page does not have is not read
