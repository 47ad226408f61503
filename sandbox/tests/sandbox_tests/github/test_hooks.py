"""Webhooks: events, payloads, subscriptions, deliveries and faults."""

import hashlib
import hmac
import json
import queue
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
from jsonschema import Draft202012Validator

from sandbox.faults import Fault, WebhookKind
from sandbox.github.hooks import sender
from sandbox.github.people import Person
from sandbox.server import Sandbox
from sandbox_tests.published.cut import SCHEMAS
from sandbox_tests.support.github import MEMBER_TOKEN, ORG, TICKETS, Rest
from sandbox_tests.support.http import TIMEOUT

OWNER_TOKEN = "sandbox-token-olu-owner"
SECRET = "a secret of the tests"
ALL = ["issues", "issue_comment", "label", "projects_v2_item"]
ORG_HOOKS = f"/orgs/{ORG}/hooks"


@dataclass(frozen=True)
class Received:
    headers: dict[str, str]
    body: bytes

    @property
    def payload(self) -> Any:
        return json.loads(self.body)

    @property
    def name(self) -> str:
        action = self.payload.get("action")
        return self.headers["x-github-event"] + (f".{action}" if action else "")


class Receiver:
    """An HTTP server that receives webhooks."""

    def __init__(self) -> None:
        self.received: queue.Queue[Received] = queue.Queue()
        self.status = 200
        self.answering = Event()
        self.answering.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.received.put(Received({k.lower(): v for k, v in self.headers.items()}, body))
                receiver.answering.wait(5)
                self.send_response(receiver.status)
                self.end_headers()
                self.wfile.write(b"received")

            def log_message(self, *_: Any) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/github"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def next(self) -> Received:
        return self.received.get(timeout=TIMEOUT)

    def names(self, count: int) -> list[str]:
        """Return the names of the next events, sorted: their order is not guaranteed."""
        return sorted(self.next().name for _ in range(count))

    def stop(self) -> None:
        self.answering.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver(sandbox: Sandbox) -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    sandbox.webhooks.stop()
    receiver.stop()


@pytest.fixture
def owner(rest: Rest) -> Rest:
    return rest.as_(OWNER_TOKEN)


@pytest.fixture
def amara(sandbox: Sandbox) -> Person:
    return sandbox.person("amara-support")


@pytest.fixture
def hook(receiver: Receiver, owner: Rest) -> int:
    """Id of an organization webhook that receives all events; its ping has arrived."""
    made = owner("POST", ORG_HOOKS, _hook(receiver))
    assert made.status == 201
    assert receiver.next().name == "ping"
    return int(made.json()["id"])


def _hook(receiver: Receiver, *events: str, **config: str) -> dict[str, Any]:
    config = {"url": receiver.url, "content_type": "json", "secret": SECRET, **config}
    return {"name": "web", "config": config, "events": list(events) or ALL}


@cache
def _published() -> dict[str, Any]:
    published: dict[str, Any] = json.loads(Path(SCHEMAS).read_text())
    return published


def _validate(received: Received) -> None:
    """Validate the payload against GitHub's published schema for this event and action."""
    published = _published()
    name = received.name.replace(".", "-").replace("_", "-")
    schema = {"components": published["components"], **published["webhooks"][name]}
    errors = [
        f"{list(error.path)}: {error.message}"
        for error in Draft202012Validator(schema).iter_errors(received.payload)
    ]
    assert errors == [], (name, errors)


def test_every_event_matches_githubs_schema(
    sandbox: Sandbox, receiver: Receiver, hook: int, amara: Person
) -> None:
    sandbox.github.repositories[4002] = sandbox.github.repositories[4002].replaced(private=True)
    events: list[Received] = []

    def expect(*names: str) -> list[Received]:
        batch = [receiver.next() for _ in names]
        assert sorted(each.name for each in batch) == sorted(names)
        events.extend(batch)
        return batch

    amara.open("tickets", "A ticket", "- [ ] In scope?", labels=("ticket",))
    expect("issues.opened", "issues.labeled")
    amara.tick("tickets", 1, "In scope?")
    (edited,) = expect("issues.edited")
    assert edited.payload["changes"] == {"body": {"from": "- [ ] In scope?"}}
    assert edited.payload["sender"]["login"] == "amara-support"
    amara.edit("tickets", 1, title="Another ticket")
    (renamed,) = expect("issues.edited")
    assert renamed.payload["changes"] == {"title": {"from": "A ticket"}}
    amara.unlabel("tickets", 1, "ticket")
    expect("issues.unlabeled")
    amara.label("tickets", 1, "a new label")
    expect("label.created", "issues.labeled")
    amara.close("tickets", 1)
    expect("issues.closed")
    amara.reopen("tickets", 1)
    expect("issues.reopened")
    comment = amara.comment("tickets", 1, "/help").id
    (created,) = expect("issue_comment.created")
    assert created.payload["comment"]["body"] == "/help"
    amara.edit_comment(comment, "/preview")
    (edited,) = expect("issue_comment.edited")
    assert edited.payload["changes"] == {"body": {"from": "/help"}}
    amara.delete_comment(comment)
    expect("issue_comment.deleted")
    amara.add_card("tickets", 1)
    expect("projects_v2_item.created")
    amara.move("tickets", 1, "Planned")
    amara.move("tickets", 1, "Started")
    moves = [
        each.payload["changes"]["field_value"]
        for each in expect("projects_v2_item.edited", "projects_v2_item.edited")
    ]
    ends = {(move["from"] and move["from"]["name"], move["to"]["name"]) for move in moves}
    assert ends == {(None, "Planned"), ("Planned", "Started")}
    assert {(move["field_name"], move["field_type"], move["project_number"]) for move in moves} == {
        ("Status", "single_select", 1)
    }
    amara.archive_card("tickets", 1)
    expect("projects_v2_item.archived")
    amara.archive_card("tickets", 1, archived=False)
    expect("projects_v2_item.restored")
    amara.transfer("tickets", 1, "website")
    expect("issues.transferred", "issues.opened")
    amara.delete_card("website", 1)
    expect("projects_v2_item.deleted")
    sandbox.person("olu-owner").delete("website", 1)
    expect("issues.deleted")
    for each in events:
        _validate(each)
    assert receiver.received.empty()


def test_reads_reactions_and_unchanged_edits_send_no_event(
    receiver: Receiver, hook: int, amara: Person, rest: Rest
) -> None:
    amara.open("tickets", "A ticket", "Hello")
    comment = amara.comment("tickets", 1, "Hello").id
    receiver.names(2)
    amara.react(comment, "eyes")
    amara.edit("tickets", 1, body="Hello", title="A ticket")
    rest("GET", f"{TICKETS}/issues/1")
    amara.close("tickets", 1)
    assert receiver.next().name == "issues.closed"


def test_the_headers_of_a_delivery(receiver: Receiver, owner: Rest, rest: Rest) -> None:
    made = owner("POST", f"{TICKETS}/hooks", _hook(receiver, "issues")).json()
    ping = receiver.next()
    _validate(ping)
    assert ping.payload["hook_id"] == made["id"]
    assert made["config"]["secret"] == "********"
    rest("POST", f"{TICKETS}/issues", {"title": "A ticket"})
    opened = receiver.next()
    assert (
        opened.headers["x-hub-signature-256"]
        == "sha256=" + hmac.new(SECRET.encode(), opened.body, hashlib.sha256).hexdigest()
    )
    assert opened.headers["x-github-hook-id"] == str(made["id"])
    assert opened.headers["x-github-hook-installation-target-type"] == "repository"
    assert opened.headers["x-github-hook-installation-target-id"] == "4001"
    assert opened.headers["user-agent"].startswith("GitHub-Hookshot/")
    assert opened.headers["content-type"] == "application/json"
    assert opened.payload["repository"]["full_name"] == f"{ORG}/tickets"


def test_without_a_secret_and_as_a_form(receiver: Receiver, owner: Rest) -> None:
    owner("POST", ORG_HOOKS, {"name": "web", "config": {"url": receiver.url}, "events": ["issues"]})
    ping = receiver.next()
    assert "x-hub-signature-256" not in ping.headers
    assert json.loads(parse_qs(ping.body.decode())["payload"][0])["zen"]


def test_each_hook_receives_its_events(
    sandbox: Sandbox, receiver: Receiver, hook: int, owner: Rest, amara: Person
) -> None:
    other = Receiver()
    try:
        owner("POST", f"/repos/{ORG}/website/hooks", _hook(other, "issue_comment"))
        assert other.next().name == "ping"
        amara.open("tickets", "A ticket")
        amara.comment("tickets", 1, "Hello")
        amara.open("website", "A page")
        amara.comment("website", 1, "Here")
        here = other.next()
        assert (here.name, here.payload["comment"]["body"]) == ("issue_comment.created", "Here")
        everything = [receiver.next() for _ in range(4)]
        # one event has one guid, whoever hears it
        (same,) = [each for each in everything if each.payload.get("comment", {}).get("body") == "Here"]
        assert same.headers["x-github-delivery"] == here.headers["x-github-delivery"]
        assert len({each.headers["x-github-delivery"] for each in everything}) == 4
        assert other.received.empty()
    finally:
        other.stop()


def _deliveries(owner: Rest, hook: int, **query: str) -> list[dict[str, Any]]:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    found: list[dict[str, Any]] = owner("GET", f"{ORG_HOOKS}/{hook}/deliveries?{asked}").json()
    return found


def _until_done(owner: Rest, hook: int, count: int) -> list[dict[str, Any]]:
    while len(found := _deliveries(owner, hook)) < count:
        pass
    return found


def test_a_failed_delivery_is_not_retried_but_can_be_redelivered(
    receiver: Receiver, hook: int, owner: Rest, amara: Person
) -> None:
    receiver.status = 500
    amara.open("tickets", "A ticket")
    first = receiver.next()
    failed, _ = _until_done(owner, hook, 2)
    assert (failed["status"], failed["status_code"], failed["redelivery"]) == (
        "Invalid HTTP Response: 500",
        500,
        False,
    )
    assert _deliveries(owner, hook, status="failure") == [failed]
    whole = owner("GET", f"{ORG_HOOKS}/{hook}/deliveries/{failed['id']}").json()
    assert whole["request"]["payload"]["action"] == "opened"
    assert SECRET not in json.dumps(whole)
    receiver.status = 200
    assert owner("POST", f"{ORG_HOOKS}/{hook}/deliveries/{failed['id']}/attempts").status == 202
    again = receiver.next()
    assert again.body == first.body
    assert again.headers["x-github-delivery"] == first.headers["x-github-delivery"] == failed["guid"]
    done, *_ = _until_done(owner, hook, 3)
    assert (done["status"], done["redelivery"], done["guid"]) == ("OK", True, failed["guid"])
    assert owner("POST", f"{ORG_HOOKS}/{hook}/deliveries/1/attempts").status == 404


def test_pages_of_deliveries(receiver: Receiver, hook: int, owner: Rest) -> None:
    for _ in range(4):
        assert owner("POST", f"{ORG_HOOKS}/{hook}/pings").status == 204
    receiver.names(4)
    whole = [each["id"] for each in _until_done(owner, hook, 5)]
    seen, path = [], f"{ORG_HOOKS}/{hook}/deliveries?per_page=2"
    while path:
        answer = owner("GET", path)
        seen += [each["id"] for each in answer.json()]
        path = answer.headers.get("link", "").partition(">")[0].partition("/api/v3")[2]
    assert seen == whole
    assert owner("GET", f"{ORG_HOOKS}/{hook}/deliveries?cursor=v1_1").status == 400


def test_a_slow_receiver_delays_no_write(
    receiver: Receiver, hook: int, owner: Rest, amara: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "TIMEOUT_SECONDS", 0.2)
    receiver.answering.clear()
    amara.open("tickets", "A ticket")  # is done although nobody has answered
    receiver.next()
    late, _ = _until_done(owner, hook, 2)
    assert (late["status"], late["status_code"]) == ("timed out", 504)


def test_no_receiver(owner: Rest, amara: Person) -> None:
    gone = Receiver()
    gone.stop()
    hook = owner("POST", ORG_HOOKS, _hook(gone)).json()["id"]
    (failed,) = _until_done(owner, hook, 1)
    assert (failed["event"], failed["status"]) == ("ping", "failed to connect to host")


def _fault(sandbox: Sandbox, kind: WebhookKind, **given: Any) -> None:
    sandbox.faults.add(Fault(system="webhook", kind=kind, path="^/issues/opened$", **given))


def test_webhook_late(sandbox: Sandbox, receiver: Receiver, hook: int, amara: Person) -> None:
    _fault(sandbox, "webhook_late", seconds=TIMEOUT)
    amara.open("tickets", "A ticket")
    amara.close("tickets", 1)
    assert receiver.next().name == "issues.closed"
    sandbox.faults.clear()
    assert receiver.next().name == "issues.opened"


def test_webhook_late_by_seconds(sandbox: Sandbox, receiver: Receiver, hook: int, amara: Person) -> None:
    _fault(sandbox, "webhook_late", seconds=0.1)
    amara.open("tickets", "A ticket")
    assert receiver.next().name == "issues.opened"


def test_webhook_twice(sandbox: Sandbox, receiver: Receiver, hook: int, amara: Person) -> None:
    _fault(sandbox, "webhook_twice")
    amara.open("tickets", "A ticket")
    first, second = receiver.next(), receiver.next()
    assert first.body == second.body
    assert first.headers["x-github-delivery"] == second.headers["x-github-delivery"]


def test_a_lost_webhook_can_be_redelivered(
    sandbox: Sandbox, receiver: Receiver, hook: int, owner: Rest, amara: Person
) -> None:
    _fault(sandbox, "webhook_lost")
    amara.open("tickets", "A ticket")
    amara.close("tickets", 1)
    assert receiver.next().name == "issues.closed"
    _until_done(owner, hook, 3)
    (lost,) = _deliveries(owner, hook, status="failure")
    owner("POST", f"{ORG_HOOKS}/{hook}/deliveries/{lost['id']}/attempts")
    assert receiver.next().name == "issues.opened"


def test_webhook_out_of_order(sandbox: Sandbox, receiver: Receiver, hook: int, amara: Person) -> None:
    _fault(sandbox, "webhook_out_of_order", seconds=30)
    amara.open("tickets", "A ticket")
    amara.comment("tickets", 1, "Hello")
    assert [receiver.next().name for _ in range(2)] == ["issue_comment.created", "issues.opened"]


def test_webhook_out_of_order_without_a_next_event(
    sandbox: Sandbox, receiver: Receiver, hook: int, amara: Person
) -> None:
    _fault(sandbox, "webhook_out_of_order", seconds=0.1)
    amara.open("tickets", "A ticket")
    assert receiver.next().name == "issues.opened"


def test_hooks_are_changed_and_deleted(receiver: Receiver, hook: int, owner: Rest, amara: Person) -> None:
    path = f"{ORG_HOOKS}/{hook}"
    assert [each["id"] for each in owner("GET", ORG_HOOKS).json()] == [hook]
    changed = owner("PATCH", path, {"events": ["issues", "label"]}).json()
    assert (changed["events"], changed["config"]["secret"]) == (["issues", "label"], "********")
    assert owner("PATCH", path, {"active": False}).json()["active"] is False
    amara.open("tickets", "Not sent")
    owner("PATCH", path, {"active": True})
    amara.open("tickets", "Sent")
    assert receiver.next().payload["issue"]["title"] == "Sent"
    assert owner("DELETE", path).status == 204
    assert owner("GET", path).status == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (ORG_HOOKS, {"name": "email", "config": {"url": "http://127.0.0.1:9"}}),
        (ORG_HOOKS, {"name": "web", "config": {"url": "mailto:nobody"}}),
        (ORG_HOOKS, {"name": "web", "config": {"url": ""}}),
        (ORG_HOOKS, {"name": "web", "config": {"url": "http://127.0.0.1:9"}, "events": ["moon_landing"]}),
        (ORG_HOOKS, {"name": "web", "config": {"url": "http://127.0.0.1:9", "content_type": "xml"}}),
        # boards belong to the organization
        (f"{TICKETS}/hooks", {"config": {"url": "http://127.0.0.1:9"}, "events": ["projects_v2_item"]}),
    ],
)
def test_invalid_hooks(owner: Rest, path: str, body: dict[str, Any]) -> None:
    assert owner("POST", path, body).status == 422


def test_a_url_has_one_hook(receiver: Receiver, hook: int, owner: Rest) -> None:
    answer = owner("POST", ORG_HOOKS, _hook(receiver))
    assert answer.json()["errors"][0]["message"] == "Hook already exists on this organization"


def test_hooks_need_administration_rights(rest: Rest) -> None:
    body = {"name": "web", "config": {"url": "http://127.0.0.1:9"}}
    assert rest("POST", ORG_HOOKS, body).status == 403
    assert rest.as_(MEMBER_TOKEN)("POST", f"{TICKETS}/hooks", body).status == 404
    assert rest.as_(OWNER_TOKEN)("GET", "/orgs/other/hooks").status == 404


def test_a_sandbox_with_a_webhook_url(tmp_path: Path) -> None:
    receiver = Receiver()
    try:
        with Sandbox(tmp_path, webhook_url=receiver.url) as sandbox:
            secret = sandbox.environment()["GITHUB_WEBHOOK_SECRET"]
            sandbox.person("amara-support").open("tickets", "A ticket")
            received = receiver.next()
            signature = hmac.new(secret.encode(), received.body, hashlib.sha256).hexdigest()
            assert received.headers["x-hub-signature-256"] == f"sha256={signature}"
        with Sandbox(tmp_path, webhook_url="http://127.0.0.1:9/elsewhere") as sandbox:
            assert sandbox.environment()["GITHUB_WEBHOOK_SECRET"] == secret
        with Sandbox(tmp_path, webhook_url=receiver.url, webhook_secret=SECRET) as sandbox:
            assert sandbox.environment()["GITHUB_WEBHOOK_SECRET"] == SECRET
            assert len(sandbox.github.hooks) == 1
    finally:
        receiver.stop()
    with Sandbox() as sandbox:
        assert "GITHUB_WEBHOOK_SECRET" not in sandbox.environment()
