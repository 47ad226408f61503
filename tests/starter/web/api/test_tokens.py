"""A program acts for a person by a token: it may do what the token allows, and decide what the person's roles decide."""

import pytest
from httpx2 import AsyncClient
from temporalio.testing import WorkflowEnvironment

from starter.web.auth.store import Scope
from tests.support.api import a_worker, an_api, opened
from tests.support.lives import DISCOUNTED, QUOTE, Life
from tests.support.outside import Outside
from tests.support.pages import pages
from tests.support.signed_in import PROXIED, token

ALL = (Scope.READ, Scope.DECIDE)


async def refused(api: AsyncClient, **headers: str) -> tuple[int, str]:
    """Ask for the leads; return the status and the challenge."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = await api.get("/api/v1/leads", headers=named)
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.headers.get("www-authenticate", "")


async def test_without_a_token_nobody_is_known(url: str, lives: dict[str, Life]) -> None:
    async with pages(url, **PROXIED) as api:
        assert await refused(api) == (401, 'Bearer realm="leads"')
        for wrong in ("Bearer lth_wrong", "Bearer", "Basic Z3JhY2U6", "lth_wrong", "Bearer \xff\xfe"):
            response = await api.get("/api/v1/leads", headers={b"authorization": wrong.encode("latin-1")})
            assert (response.status_code, "www-authenticate" in response.headers) == (401, True), wrong


async def test_a_token_reads_and_decides_as_far_as_it_may(url: str, lives: dict[str, Life]) -> None:
    reads, decides = token(url, "grace", Scope.READ), token(url, "grace", Scope.DECIDE)
    async with pages(url, **PROXIED) as api:
        assert (await api.get("/api/v1/leads", headers=reads)).status_code == 200
        for address in ("/leads/lead-ada/decisions/lost", "/leads/lead-ada/retry", "/leads"):
            response = await api.post(f"/api/v1{address}", json={}, headers=reads)
            assert response.status_code == 403
            assert 'scope="decide"' in response.headers["www-authenticate"]
        assert (await refused(api, **decides))[0] == 403


async def test_a_person_without_a_role_sees_nothing(url: str, lives: dict[str, Life]) -> None:
    stranger = token(url, "nobody-in-particular", *ALL)
    async with pages(url, **PROXIED) as api:
        assert (await refused(api, **stranger))[0] == 403


async def test_a_session_counts_only_for_reading_by_our_own_pages(url: str, lives: dict[str, Life]) -> None:
    known = {"x-forwarded-user": "grace"}
    async with pages(url, **PROXIED) as api:
        assert (await refused(api, **known))[0] == 401
        assert (await refused(api, **known, sec_fetch_site="cross-site"))[0] == 401
        own = await api.get("/api/v1/leads", headers=known | {"sec-fetch-site": "same-origin"})
        assert own.status_code == 200
        decided = await api.post(
            "/api/v1/leads/lead-ada/decisions/lost",
            json={"reason": "budget"},
            headers=known | {"sec-fetch-site": "same-origin"},
        )
        assert decided.status_code == 401


async def test_another_site_decides_nothing_at_this_machine(api: AsyncClient) -> None:
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.example.org"}):
        response = await api.post("/leads/lead-ada/retry", headers=headers)
        assert (response.status_code, response.json()["type"]) == (403, "/problems/forbidden")


@pytest.mark.parametrize("path", ["/api/v1/leads", "/api/v1/leads/lead-ada"])
async def test_a_request_from_another_machine_needs_a_token(
    url: str, lives: dict[str, Life], path: str
) -> None:
    async with pages(url) as api:
        response = await api.get(path, headers={"x-forwarded-for": "192.0.2.7"})
        assert (response.status_code, response.json()["type"]) == (403, "/problems/forbidden")


async def test_the_roles_of_the_person_hold(
    env: WorkflowEnvironment, queue: str, outside: Outside, url: str
) -> None:
    sales, contracts = token(url, "grace", *ALL), token(url, "cleo", *ALL)
    async with a_worker(env, queue, outside, url), an_api(env, queue, url, **PROXIED) as api:
        api.headers.update(sales)
        address = await opened(api)
        quoting, approving = f"{address}/decisions/price_quoted", f"{address}/decisions/discount_approved"
        theirs = await api.post(quoting, json=QUOTE, headers=contracts)
        assert (theirs.status_code, "Only sales" in theirs.json()["detail"]) == (409, True)
        discounted = {name: value for name, value in DISCOUNTED.items() if name != "by"}
        assert (await api.post(quoting, json=discounted, headers=sales)).status_code == 200
        own = await api.post(approving, headers=sales)
        assert own.status_code == 409
        approved = await api.post(approving, headers=contracts)
        assert approved.status_code == 200, approved.text
        newest = (await api.get(f"{address}/events?limit=500")).json()["events"]
        (event,) = [each for each in newest if each["kind"] == "discount_approved"]
        assert (event["by"], event["data"]["actor"]["authenticated"]) == ("cleo", True)
