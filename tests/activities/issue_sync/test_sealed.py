"""A whole life with GitHub, corrections, a renewal and new runs leaves no word about anybody in clear in Temporal."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import requests
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment

from client.directory import LeadHandle
from client.sealing import codec_by
from client.worker_options import metrics_runtime
from config.settings import Settings
from process.decisions.opening import LeadOpened
from process.lead.lead import Lead
from sandbox.faults import Fault
from starter.local.parts import free_ports
from tests.support.deployment import Deployment
from tests.support.sealed import sealing_by, with_client
from tests.support.waiting import TIMEOUT

WORDS = (
    *("zweifelhaft", "quixotina", "xylophonkurs", "vorzimmer", "nebelkammer", "rosenkohl", "tintenfisch"),
    *("wanderdüne", "lichtung", "amara-sales"),
)
"""Words that stand in the life: of names, addresses, notes, reasons and texts, and the login of who commented."""
PRICE = {"amount": "12000", "currency": "USD", "per": "year"}


@pytest.fixture(autouse=True)
def _settings_of_keys(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("keys")
    monkeypatch.setenv("LEADS_KEYS__MASTER_KEY", "a master key for tests, which protects nobody")
    monkeypatch.setenv("LEADS_KEYS__PEPPER", "a pepper for tests, which protects nobody")
    monkeypatch.setenv("LEADS_KEYS__STORE_URL", f"sqlite:///{folder / 'keys.sqlite'}")
    monkeypatch.setenv("LEADS_METRICS_ADDRESS", f"127.0.0.1:{free_ports(1)[0]}")


@pytest.fixture
async def env(env: WorkflowEnvironment, settings: Settings) -> WorkflowEnvironment:
    """The same server, with a client that seals, and that serves metrics."""
    address = env.client.service_client.config.target_host
    client = await Client.connect(address, runtime=metrics_runtime(settings))
    return with_client(env, sealing_by(client, codec_by(settings)))


async def in_clear(client: Client) -> AsyncIterator[str]:
    """Yield where one of the words stands in clear in what the server keeps: visibility, descriptions, histories."""
    async for known in client.list_workflows(""):
        if found := _words(known.raw_info.SerializeToString()):
            yield f"{found} in the list: {known.id}"
        handle = client.get_workflow_handle(known.id, run_id=known.run_id)
        if found := _words((await handle.describe()).raw_description.SerializeToString()):
            yield f"{found} in the description of {known.id}"
        for event in (await handle.fetch_history()).events:
            if found := _words(event.SerializeToString()):
                yield f"{found} in event {event.event_id} of {known.id}: {event.WhichOneof('attributes')}"


def _words(raw: bytes) -> list[str]:
    text = raw.decode(errors="replace").casefold()
    return [word for word in WORDS if word in text]


async def in_new_run(client: Client, lead: LeadHandle) -> None:
    """Let the lead go on in a new run, and wait until the list has both."""
    runs = await client.count_workflows(f"WorkflowId = '{lead.id}'")
    began = (await client.get_workflow_handle(lead.id).describe()).run_id
    await lead.signal("adopt")
    async with asyncio.timeout(TIMEOUT):
        while (await client.get_workflow_handle(lead.id).describe()).run_id == began:
            await asyncio.sleep(0.05)
        while (await client.count_workflows(f"WorkflowId = '{lead.id}'")).count <= runs.count:
            await asyncio.sleep(0.05)


async def lived(deployment: Deployment, lead: LeadHandle) -> Lead:
    """Let a lead live, with GitHub, failures, refusals, a correction, a renewal and two new runs."""
    client = deployment.env.client
    await deployment.until(lead, lambda view: view.lead.issue is not None)
    failing = {"system": "github", "kind": "status", "status": 500, "path": r"/comments/\d+$", "times": 2}
    comment = await deployment.comment(lead, "/maniac-t-assessed in_scope=true note=tintenfisch")
    deployment.sandbox.faults.add(Fault.model_validate(failing))
    await deployment.sync(lead, comment)
    view = await deployment.until(
        lead, lambda view: any(line.kind == "maniac_t_assessed" for line in view.timeline)
    )
    judged = next(line.seq for line in view.timeline if line.kind == "maniac_t_assessed")
    today = view.timeline[0].at.date()
    for kind, body in (
        ("price_quoted", PRICE | {"note": "nebelkammer"}),
        ("quote_accepted", {"note": "wanderdüne"}),
        ("contract_handed_over", {"note": "nebelkammer"}),
        ("contract_signed", {"evidence": "nebelkammer said so", "evidence_kind": "email"}),
        ("vendor_setup_not_needed", {"note": "rosenkohl"}),
        ("hub_requested", {"note": "tintenfisch"}),
    ):
        more = {"end": str(today + timedelta(days=60))} if kind == "contract_signed" else {}
        await lead.execute_update(kind, body | more)
    await deployment.until(lead, lambda view: view.lead.hub_issue is not None)
    await in_new_run(client, lead)
    await lead.execute_update("corrected", {"seq": judged, "reason": "wanderdüne was wrong"})
    await lead.execute_update("details_changed", {"person": "Quixotina Rosenkohl"})
    await lead.signal("no_such_decision", {"note": "tintenfisch"})
    with pytest.raises(WorkflowUpdateFailedError):
        await lead.execute_update("quote_declined", {"reason": "lichtung", "note": "lichtung"})
    await lead.execute_update("hub_live", {"url": "https://lichtung.example.org"})
    await lead.execute_update("price_quoted", PRICE | {"note": "lichtung"})
    for kind, body in (
        ("quote_accepted", {}),
        ("contract_handed_over", {"note": "wanderdüne"}),
        ("contract_signed", {"evidence": "lichtung said so", "evidence_kind": "email"}),
    ):
        await lead.execute_update(kind, body)
    await in_new_run(client, lead)
    await deployment.reconcile()
    return (await deployment.leads.overview(lead)).lead


@pytest.mark.long
async def test_no_word_about_anybody_stands_in_clear(
    deployment: Deployment,
    settings: Settings,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    leads = replace(deployment.leads, opaque_ids=True, pepper=settings.pepper)
    opened = LeadOpened(
        org="Zweifelhaft University",
        person="Quixotina Example",
        title="Xylophonkurs",
        email="quixotina@zweifelhaft.example",
        by="vorzimmer",
        note="rosenkohl",
    )
    lead = await leads.find((await leads.open(opened)).lead_id)
    after = await lived(deployment, lead)
    assert (after.person, after.hub.url) == ("Quixotina Rosenkohl", "https://lichtung.example.org")
    assert len(after.signed) == 2  # the contract and its renewal

    assert [each async for each in in_clear(deployment.env.client)] == []
    runs = [known async for known in deployment.env.client.list_workflows(f"WorkflowId = '{lead.id}'")]
    assert len(runs) >= 3
    assert await leads.find("Zweifelhaft University") is not None  # by its digest
    logged = "".join((*capfd.readouterr(), caplog.text))
    assert logged
    assert not _words(logged.encode())
    metrics = await asyncio.to_thread(
        requests.get, f"http://{settings.metrics_address}/metrics", timeout=TIMEOUT
    )
    assert "temporal_workflow_task_execution" in metrics.text
    assert not _words(metrics.content)
