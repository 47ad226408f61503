"""Commands that look after the service: the server's set-up, the check of everything outside."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.testing import WorkflowEnvironment

from process.core.aggregate import LeadAggregate
from process.decisions.opening import LeadOpened
from process.effects.requests import Outcome
from process.views.overview import overview
from starter.demo.errors import StepFailed
from starter.demo.player import settled
from tests.support.commands import Ended, RunLeads
from workflows.search_attributes import SEARCH_ATTRIBUTES

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


async def test_a_server_is_set_up_once(
    leads_alone: RunLeads, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    namespace = f"namespace-{queue}"
    monkeypatch.setenv("TEMPORAL_NAMESPACE", namespace)
    unknown = await leads_alone("show", "lead-x")
    assert unknown.code == 5
    assert "leads init-server" in unknown.err
    assert (await leads_alone("init-server", "--json", "--retention-days", "3")).json == {
        "namespace": namespace,
        "namespace_made": True,
        "retention_raised": False,
        "attributes_added": [key.name for key in SEARCH_ATTRIBUTES],
        "chores": None,
    }
    again = (await leads_alone("init-server", "--json", "--retention-days", "2")).json
    assert again == {
        "namespace": namespace,
        "namespace_made": False,
        "retention_raised": False,
        "attributes_added": [],
        "chores": None,
    }
    assert (await leads_alone("init-server", "--json")).json["retention_raised"]
    assert "at least 3650 days" in (await leads_alone("init-server")).out


async def test_chores_get_a_namespace_of_their_own_with_a_short_retention(
    leads_alone: RunLeads, queue: str, env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    namespace = f"chores-{queue}"
    monkeypatch.setenv("LEADS_CHORES_NAMESPACE", namespace)
    checked = (await leads_alone("check", "--json")).json
    assert any(namespace in each["detail"] for each in checked if not each["ok"])
    made, again = [(await leads_alone("init-server", "--json")).json["chores"] for _ in range(2)]
    assert made == {
        "namespace": namespace,
        "namespace_made": True,
        "retention_raised": False,
        "attributes_added": [],
    }
    assert not again["namespace_made"]
    assert "chores: at least 7 days" in (await leads_alone("init-server")).out
    known = await env.client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=namespace)
    )
    assert known.config.workflow_execution_retention_ttl.ToTimedelta() == timedelta(days=7)
    checked = (await leads_alone("check", "--json")).json
    workers = [each["name"] for each in checked if each["name"].startswith("has a worker")]
    assert workers == [f"has a worker on '{queue}'", f"has a worker on '{queue}-chores'"]


async def test_a_check_says_what_is_missing(leads_alone: RunLeads, env: WorkflowEnvironment) -> None:
    ended = await leads_alone("check", "--json")
    assert ended.code == 5
    found = {(each["system"], each["name"].split()[0]): each for each in ended.json}
    assert found["Temporal", "answers"]["ok"]
    assert found["Temporal", "is"]["ok"]
    worker = found["Temporal", "has"]
    assert not worker["ok"]
    assert "worker.py" in worker["detail"]
    failed = [each for each in ended.json if not each["ok"]]
    assert all(each["detail"] for each in failed)
    assert f"{len(failed)} of {len(ended.json)} checks failed" in ended.err
    text = await leads_alone("check")
    assert text.code == 5
    assert text.out.count("\nNO  ") == len(failed)


def test_a_check_without_a_server_checks_the_rest(
    say: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    checked = say("check", "--json").json
    assert "127.0.0.1:1" in checked[0]["detail"]
    assert any(each["system"] == "Ledger" and each["ok"] for each in checked)


def test_the_demo_waits_for_what_is_under_way_and_stops_at_what_failed() -> None:
    aggregate = LeadAggregate.open("lead-x", LeadOpened(org="Example", person="Ada", title="A hub"), NOW)
    assert not settled(overview(aggregate, NOW))
    first, *others = [item.effect for item in aggregate.outbox]
    for effect in others:
        aggregate = aggregate.done(effect, Outcome(), NOW)
    with pytest.raises(StepFailed, match=f"{first.summary()} failed: revoked"):
        settled(overview(aggregate.park(first, "revoked", NOW), NOW))
    assert settled(overview(aggregate.done(first, Outcome(), NOW), NOW))
