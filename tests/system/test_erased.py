"""A person is erased from two running leads and one that has ended, through the real clients, and is found nowhere."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from keys.master_keys import MasterKeys
from keys.ring import KeyRing
from keys.sql_store import SqlKeyStore
from tests.support.outside import Outside
from tests.support.sealed import histories, sealing, with_client
from tests.support.workflow_lives import Life
from tests.system.conftest import QUEUE, Service

PERSON = {"person": "Quixotina Zweifelhaft", "email": "quixotina@zweifelhaft.example"}
WORDS = (b"zweifelhaft", b"quixotina", b"xylophon")
MASTER_KEY = "m" * 32


@pytest.fixture
def client(service: Service) -> Client:
    """A client with the keys of the service, which has two people with roles."""
    url = f"sqlite:///{service.folder / 'keys.sqlite'}"
    service.more |= {
        "LEADS_KEYS__MASTER_KEY": MASTER_KEY,
        "LEADS_KEYS__PEPPER": "p" * 32,
        "LEADS_KEYS__STORE_URL": url,
        "LEADS_KEYS__CACHE_SECONDS": "1",
        "LEADS_PEOPLE": json.dumps({"sales": ["ann"], "contracts": ["bob"]}),
    }
    return sealing(service.env.client, KeyRing(SqlKeyStore(url, MasterKeys([MASTER_KEY])), cache_seconds=1))


async def leads(service: Service, *arguments: str) -> Any:
    """Run a command and return its JSON."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "starter.cli", *arguments, "--json"),
        cwd=service.folder,
        env=service.environment() | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, (out.decode(), err.decode())
    return json.loads(out)


async def begin(service: Service, client: Client, lead_id: str, **more: object) -> Life:
    env = with_client(service.env, client)
    return await Life.begin(env, Outside(), lead_id, queue=QUEUE, title=lead_id, **more)


def has_words(raw: bytes) -> bool:
    return any(word in raw.lower() for word in WORDS)


def named_in(folder: Path) -> list[str]:
    """Return the files that have a word of the person: databases, their logs of writes, the worker's log, the report."""
    return [file.name for file in folder.rglob("*") if file.is_file() and has_words(file.read_bytes())]


async def test_a_person_is_erased_and_found_nowhere(service: Service, client: Client) -> None:
    await service.start_worker()
    hub = await begin(service, client, "lead-hub", **PERSON)
    await hub.to_hub()
    await hub.decide_all(
        "asset_attached", asset_attached={"name": "Xylophon", "type": "budget", "note": "Xylophon"}
    )
    colleague = await begin(service, client, "lead-colleague")
    await colleague.decide_all("assigned", assigned={"role": "sales", "person": PERSON["person"]})
    ended = await begin(service, client, "lead-ended", **PERSON)
    await ended.decide_all("lost", lost={"reason": "budget", "note": "Xylophon"})
    for life in (hub, colleague, ended):
        await life.settled()
    await ended.handle.terminate()
    before = (await hub.overview()).lead.invoices
    report = await leads(service, "report", "invoices")
    assert before
    assert named_in(service.folder), "the ledger's read tables are not sealed"

    asked = await leads(service, "erase", PERSON["email"], "--yes", "--by", "ann")
    done = await leads(
        service, "erase", "--confirm", asked["id"], "--yes", "--by", "bob", "--logs", ".", "--no-pages"
    )
    assert (done["state"], done["left"]) == ("done", [])
    assert set(done["leads"]) == {"lead-hub", "lead-colleague", "lead-ended"}

    view = await hub.settled()
    assert (view.lead.person, view.lead.email) == ("[erased]", None)
    assert [each.total for each in view.lead.invoices] == [each.total for each in before]
    assert await leads(service, "report", "invoices") == report
    for life in (hub, colleague, ended):
        async for history in histories(service.env.client, life.id):
            assert not any(has_words(event.SerializeToString()) for event in history.events)
    assert [each async for each in histories(service.env.client, "lead-ended")] == []
    assert named_in(service.folder) == []
    titles = [issue.title for issue in service.sandbox.github.issues.values() if "lead-hub" in issue.title]
    assert titles
    assert not any(has_words(title.encode()) for title in titles)

    assert all(each["ok"] for each in await leads(service, "verify"))
    await hub.decide_all("put_on_hold", put_on_hold={"event": "the next term"})
    await colleague.decide_all(
        "price_quoted", price_quoted={"amount": "9000", "currency": "USD", "per": "year"}
    )
