"""PyGithub pointed at the sandbox, and the validation of every REST exchange by GitHub's OpenAPI."""

import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from github import Auth, Github
from github.Issue import Issue
from github.Repository import Repository
from openapi_core import OpenAPI
from openapi_core.templating.paths.exceptions import PathError
from openapi_core.templating.responses.exceptions import ResponseNotFound
from openapi_core.testing import MockRequest, MockResponse

from sandbox.github.cut_openapi import CUT
from sandbox.github.seed import BOT_TOKEN
from sandbox.journal import Exchange
from sandbox.server import Sandbox
from sandbox_tests.support.github import MEMBER_TOKEN, ORG, REST, TICKETS, Board, Rest


@pytest.fixture(scope="session")
def published() -> OpenAPI:
    document = json.loads(CUT.read_text())
    document["servers"] = [{"url": f"http://sandbox{REST}"}]
    return OpenAPI.from_dict(document)


@pytest.fixture(autouse=True)
def _validate(sandbox: Sandbox, published: OpenAPI) -> Iterator[None]:
    """Check that GitHub documents every response, and would accept every request that was accepted."""
    yield
    for exchange in sandbox.journal.all(system="github", path=f"^{REST}/"):
        if exchange.fault in (None, "stale"):
            _validate_exchange(published, exchange)


def _validate_exchange(published: OpenAPI, exchange: Exchange) -> None:
    # GitHub's document has repositories by name only
    path = re.sub(rf"^{REST}/repositories/\d+", f"{REST}{TICKETS}", exchange.path)
    folder, mark, file = path.partition("/contents/")
    request = MockRequest(
        "http://sandbox",
        exchange.method,
        folder + mark + quote(file, safe=""),
        args=dict(exchange.query),
        data=b"" if exchange.body is None else json.dumps(exchange.body).encode(),
    )
    assert exchange.status is not None
    answer = b"" if exchange.response is None else json.dumps(exchange.response).encode()
    try:
        published.validate_response(request, MockResponse(answer, exchange.status))
    except (PathError, ResponseNotFound):
        if exchange.status == 304:
            return
        # where GitHub's document is silent, only refusals in its usual shape are left, and where to ask instead
        assert exchange.status in (301, 307, 400, 401, 403, 404, 410, 422), exchange
        assert {"message", "documentation_url", "status"} <= exchange.response.keys()
    if exchange.status < 400:
        published.validate_request(request)


@pytest.fixture
def rest(sandbox: Sandbox) -> Rest:
    return Rest(sandbox)


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Callable[[Auth.Auth], Github]]:
    """Return a function that builds clients without retries and pauses."""
    made: list[Github] = []

    def make(auth: Auth.Auth) -> Github:
        github = Github(
            base_url=sandbox.url + REST,
            auth=auth,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            api_version="2022-11-28",
        )
        made.append(github)
        return github

    yield make
    for github in made:
        github.close()


@pytest.fixture
def github(client: Callable[[Auth.Auth], Github]) -> Github:
    return client(Auth.Token(BOT_TOKEN))


@pytest.fixture
def member(client: Callable[[Auth.Auth], Github]) -> Github:
    return client(Auth.Token(MEMBER_TOKEN))


@pytest.fixture
def tickets(github: Github) -> Repository:
    return github.get_repo(f"{ORG}/tickets")


@pytest.fixture
def issue(tickets: Repository) -> Issue:
    return tickets.create_issue("[Acme / Ada] - A page", body="Hello", labels=["ticket"])


@pytest.fixture
def board(github: Github) -> Board:
    query = """query($org: String!) { organization(login: $org) { projectV2(number: 1) { id
        field(name: "Status") { ... on ProjectV2SingleSelectField { id options { id name } } } } } }"""
    project = github.requester.graphql_query(query, {"org": ORG})[1]["data"]["organization"]["projectV2"]
    field = project["field"]
    return Board(
        github, project["id"], field["id"], {option["name"]: option["id"] for option in field["options"]}
    )
