"""The receiver of webhooks: verification, responses, and the syncs that it starts."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from pydantic import SecretStr
from structlog.testing import capture_logs
from structlog.typing import EventDict
from temporalio.testing import WorkflowEnvironment

from starter.web import webhooks as web
from starter.web.bodies import MAX_BODY
from tests.support.deliveries import COMMENTED, PUBLISHED, with_command
from tests.support.pages import no_temporal
from tests.support.receiver import GITHUB, SECRET, Receiver, receiving
from tests.support.servers import real_time
from tests.support.waiting import TIMEOUT

OLD_SIGNATURE = f"sha1={hmac.new(SECRET.encode(), b'{}', hashlib.sha1).hexdigest()}"
ISSUE = "issue-sync-Hello-World-1"
SIGNED = {
    "x-github-event": "issue_comment",
    "x-github-delivery": "d-1",
    "x-hub-signature-256": f"sha256={'0' * 64}",
}
"""The header of a delivery, with a signature that is none."""


@pytest.fixture
async def receiver(env: WorkflowEnvironment) -> AsyncIterator[Receiver]:
    async with receiving(env.client) as running:
        yield running


@pytest.fixture
def log() -> Iterator[list[EventDict]]:
    with capture_logs() as lines:
        yield lines


async def test_a_comment_with_a_command_starts_a_sync(env: WorkflowEnvironment, receiver: Receiver) -> None:
    answer = await receiver.deliver("issue_comment", with_command(COMMENTED))
    assert (answer.status_code, answer.json()) == (202, {"detail": "accepted"})
    sync = env.client.get_workflow_handle(ISSUE)
    signals = [
        event.workflow_execution_signaled_event_attributes
        async for event in sync.fetch_history_events()
        if event.HasField("workflow_execution_signaled_event_attributes")
    ]
    assert signals[-1].signal_name == "change_noticed"
    notice = json.loads(signals[-1].input.payloads[0].data)
    assert notice["comment"] == COMMENTED["comment"]["id"]
    assert notice["delivery"] == "d-1"
    await sync.terminate()


@pytest.mark.parametrize("event", ["issues", "issue_comment", "label", "projects_v2_item", "ping"])
async def test_all_published_deliveries_are_accepted(
    env: WorkflowEnvironment, receiver: Receiver, event: str
) -> None:
    for number, payload in enumerate(PUBLISHED[event]):
        answer = await receiver.deliver(event, payload, delivery=f"{event}-{number}")
        assert answer.status_code in (200, 202), answer.text


async def test_a_delivery_as_a_form_is_accepted(receiver: Receiver) -> None:
    body = urlencode({"payload": json.dumps(COMMENTED)}).encode()
    answer = await receiver.deliver(
        "issue_comment", None, body=body, content_type="application/x-www-form-urlencoded"
    )
    assert (answer.status_code, answer.json()["detail"]) == (202, "ignored: no command")


async def test_an_unknown_event_is_ignored(receiver: Receiver) -> None:
    answer = await receiver.deliver("star", {"action": "created", "issue": "none"})
    assert (answer.status_code, answer.json()["detail"]) == (
        202,
        "ignored: an event that does not concern leads",
    )


OTHERS = [
    ({"org": "somebody-else"}, "another repository"),
    ({"leads_repo": "another"}, "another repository"),
]


@pytest.mark.parametrize(("github", "why"), OTHERS, ids=str)
async def test_an_ignored_delivery_is_logged(
    env: WorkflowEnvironment, log: list[EventDict], github: dict[str, str], why: str
) -> None:
    async with receiving(env.client, GITHUB.model_copy(update=github)) as receiver:
        answer = await receiver.deliver("issue_comment", with_command(COMMENTED))
    assert (answer.status_code, answer.json()["detail"]) == (202, f"ignored: {why}")
    (line,) = [each for each in log if each["event"] == "delivery taken"]
    assert line["outcome"] == f"ignored: {why}"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"secret": "another"}, 401),
        ({"x_hub_signature_256": None}, 401),
        ({"x_hub_signature_256": ""}, 401),
        ({"x_hub_signature_256": "sha256="}, 401),
        ({"x_hub_signature_256": "sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709"}, 401),
        ({"x_hub_signature_256": "sha256=\u00e9"}, 401),
        ({"x_hub_signature_256": None, "x_hub_signature": OLD_SIGNATURE}, 401),
        ({"body": b"not json"}, 400),
        ({"body": b"\xff\xfe"}, 400),
        ({"body": b""}, 400),
        ({"body": b"[" * 100_000}, 400),
        ({"body": b"{}", "content_type": "text/plain"}, 400),
        ({"body": b"{}", "content_type": "application/json; charset=nonsense"}, 400),
        ({"x_hub_signature_256": f"sha256={'0' * 64}"}, 401),
        ({"x_github_event": None}, 400),
        ({"x_github_delivery": None}, 400),
        ({"body": b'{"action": "created", "issue": 7}'}, 400),
        ({"body": b"null"}, 400),
        ({"body": b'{"action": "created", "issue": NaN}'}, 400),
        ({"body": b'{"issue": {"number": ' + b"9" * 5000 + b"}}"}, 400),
    ],
)
async def test_a_delivery_not_from_github_is_refused(
    receiver: Receiver, log: list[EventDict], headers: dict[str, Any], status: int
) -> None:
    answer = await receiver.deliver("issue_comment", {}, **headers)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]
    (line,) = [each for each in log if each["event"] == "delivery refused"]
    assert (line["status"], line["why"]) == (status, answer.json()["detail"])
    assert SECRET not in answer.text + json.dumps(line)


async def test_an_endless_body_is_cut_off(receiver: Receiver) -> None:
    """The receiver stops reading, so that the client cannot send more."""
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 1000 * MAX_BODY:
            sent += 1 << 16
            yield b"x" * (1 << 16)

    def post() -> int:
        try:
            return requests.post(
                f"{receiver.url}/github/webhook", data=endless(), headers=SIGNED, timeout=TIMEOUT
            ).status_code
        except requests.ConnectionError:  # it hung up while we were still speaking
            return 411

    assert await asyncio.to_thread(post) == 411
    assert sent < 100 * MAX_BODY
    assert (await receiver.deliver("issue_comment", COMMENTED)).status_code == 202


async def test_without_a_secret_every_delivery_is_refused(
    env: WorkflowEnvironment, log: list[EventDict]
) -> None:
    async with receiving(env.client, GITHUB.model_copy(update={"webhook_secret": None})) as receiver:
        answer = await receiver.deliver("issue_comment", COMMENTED, x_hub_signature_256=None)
        assert answer.status_code == 503
        assert "LEADS" not in answer.text
        assert any("LEADS_GITHUB__WEBHOOK_SECRET" in line.get("why", "") for line in log)
        assert await receiver.health() == 200  # it runs; only that nobody wants webhooks


async def test_the_health_check_responds(receiver: Receiver) -> None:
    assert await receiver.health() == 200


@pytest.mark.parametrize("secret", [GITHUB.webhook_secret, None])
async def test_the_health_check_tells_nothing_about_the_settings(
    env: WorkflowEnvironment, secret: SecretStr | None
) -> None:
    async with receiving(env.client, GITHUB.model_copy(update={"webhook_secret": secret})) as receiver:
        answer = await asyncio.to_thread(requests.get, f"{receiver.url}/healthz", timeout=TIMEOUT)
    assert (answer.status_code, answer.json()) == (200, {"detail": "ok"})


async def test_a_temporal_that_was_never_reached_is_away_too() -> None:
    async with receiving(await no_temporal()) as receiver:
        answer = await receiver.deliver("issue_comment", with_command(COMMENTED))
        assert answer.status_code == 503
        assert await receiver.health() == 503


async def test_without_temporal_the_response_asks_for_redelivery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "TIMEOUT", timedelta(seconds=0.5))
    async with real_time() as server:
        client = server.client
    async with receiving(client) as receiver:
        answer = await receiver.deliver("issue_comment", with_command(COMMENTED))
        assert answer.status_code == 503
        assert "Temporal" in answer.text
        assert await receiver.health() == 503


async def test_a_delivery_is_logged_in_one_line_without_logins(
    env: WorkflowEnvironment, receiver: Receiver, log: list[EventDict]
) -> None:
    await receiver.deliver("issue_comment", with_command(COMMENTED), delivery="d-42")
    (line,) = [each for each in log if each["event"].startswith("delivery")]
    assert line == {
        "event": "delivery taken",
        "about": "issue_comment",
        "action": "created",
        "delivery": "d-42",
        "status": 202,
        "outcome": "accepted",
        "log_level": "info",
    }
    await env.client.get_workflow_handle(ISSUE).terminate()


async def test_both_secrets_count_while_one_is_changed(env: WorkflowEnvironment) -> None:
    previous = "the secret before it, which is long enough"
    github = GITHUB.model_copy(update={"webhook_secret_previous": SecretStr(previous)})
    async with receiving(env.client, github) as receiver:
        given = [(await receiver.deliver("ping", {}, secret=each)).status_code for each in (SECRET, previous)]
        assert given == [200, 200]
        assert (await receiver.deliver("ping", {}, secret="a third one")).status_code == 401
    github = github.model_copy(update={"webhook_secret": None})
    async with receiving(env.client, github) as receiver:
        assert (await receiver.deliver("ping", {}, secret=previous)).status_code == 503
