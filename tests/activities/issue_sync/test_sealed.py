"""A whole life with GitHub, corrections, a renewal and new runs leaves no word about anybody in clear in Temporal."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from client.sealing import codec_by
from config.settings import Settings
from process.decisions.opening import LeadOpened
from tests.support.deployment import Deployment
from tests.support.sealed import sealing_by, with_client

WORDS = (
    *("zweifelhaft", "quixotina", "xylophonkurs", "vorzimmer", "nebelkammer", "rosenkohl", "tintenfisch"),
    *("wanderdüne", "amara-sales"),
)


@pytest.fixture(autouse=True)
def _settings_of_keys(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("keys")
    monkeypatch.setenv("LEADS_KEYS__MASTER_KEY", "a master key for tests, which protects nobody")
    monkeypatch.setenv("LEADS_KEYS__PEPPER", "a pepper for tests, which protects nobody")
    monkeypatch.setenv("LEADS_KEYS__STORE_URL", f"sqlite:///{folder / 'keys.sqlite'}")


@pytest.fixture
def env(env: WorkflowEnvironment, settings: Settings) -> WorkflowEnvironment:
    """The same server, with a client that seals."""
    return with_client(env, sealing_by(env.client, codec_by(settings)))


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


@pytest.mark.long
async def test_no_word_about_anybody_stands_in_clear(
    deployment: Deployment, settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
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
    await deployment.until(lead, lambda view: view.lead.issue is not None)
    comment = await deployment.comment(lead, "/maniac-t-assessed in_scope=true note=tintenfisch")
    await deployment.sync(lead, comment)
    await deployment.until(lead, lambda view: any(line.kind == "maniac_t_assessed" for line in view.timeline))
    price = {"amount": "12000", "currency": "USD", "per": "year"}
    for kind, body in (
        ("price_quoted", price | {"note": "nebelkammer"}),
        ("quote_accepted", {"note": "wanderdüne"}),
        ("contract_handed_over", {"note": "nebelkammer"}),
        ("contract_signed", {"evidence": "nebelkammer said so on the phone", "evidence_kind": "email"}),
        ("vendor_setup_not_needed", {"note": "rosenkohl"}),
        ("hub_requested", {"note": "tintenfisch"}),
    ):
        await lead.execute_update(kind, body)
    view = await deployment.until(lead, lambda view: view.lead.hub_issue is not None)
    judged = next(line.seq for line in view.timeline if line.kind == "maniac_t_assessed")
    await lead.execute_update("corrected", {"seq": judged, "reason": "wanderdüne was wrong"})
    await lead.execute_update("details_changed", {"person": "Quixotina Rosenkohl"})
    await lead.signal("adopt")
    await deployment.until(lead, lambda view: view.lead.person == "Quixotina Rosenkohl")
    await lead.signal("no_such_decision", {"note": "tintenfisch"})
    await deployment.reconcile()

    assert [each async for each in in_clear(deployment.env.client)] == []
    assert [known.id async for known in deployment.env.client.list_workflows("")]
    read = await leads.overview(lead)
    assert "Quixotina Rosenkohl" in read.model_dump_json()
    assert await leads.find("Zweifelhaft University") is not None  # by its digest
    logged = "".join(capfd.readouterr()).casefold()
    assert not [word for word in WORDS[:-1] if word in logged]
