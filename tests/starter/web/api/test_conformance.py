"""Whatever is sent, by the description or against it: no failure, and no answer that the description does not name."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from itertools import cycle
from typing import Any

import pytest
import schemathesis
from httpx2 import AsyncClient
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from temporalio.testing import WorkflowEnvironment

from starter.web.api import leads
from tests.support.api import a_worker, opened
from tests.support.outside import Outside
from tests.support.pages import served

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    allow_header_conformance,
]
MODES = {
    schemathesis.GenerationMode.POSITIVE: CHECKS,
    schemathesis.GenerationMode.NEGATIVE: [*CHECKS, negative_data_rejection],
}
READS, WRITES = 3, 1
"""Examples of one operation in each mode. Decisions have one implementation, so few of each find what there is."""
LONGEST_WAIT = 0.05
Seen = Counter[tuple[str, int]]


def modes_of(operation: Any) -> list[schemathesis.GenerationMode]:
    """Return the modes that find something.

    Previews read their bodies as decisions do, and where each parameter is a text nothing goes against the description.
    """
    is_preview, takes_texts = operation.path.endswith("/preview"), operation.path.startswith("/reports")
    if is_preview or takes_texts or operation.path.endswith("/options"):
        return [schemathesis.GenerationMode.POSITIVE]
    return list(MODES)


def attempt(
    operation: Any, mode: schemathesis.GenerationMode, root: str, lead_ids: Sequence[str], seen: Seen
) -> None:
    """Send generated requests for the operation, and count modes and statuses.

    Raises an error of schemathesis that shows how to repeat a request.
    """
    lead_id = cycle(lead_ids)
    about_lead = "{lead_id}" in operation.path

    @settings(
        max_examples=READS if operation.method == "get" else WRITES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(mode))
    def sent(case: Any) -> None:
        if about_lead:
            case.path_parameters = {**(case.path_parameters or {}), "lead_id": next(lead_id)}
        if case.query and isinstance(case.query.get("wait"), int | float) and 0 < case.query["wait"] <= 20:
            case.query["wait"] = LONGEST_WAIT
        response = case.call(base_url=root)
        seen[mode.value, response.status_code] += 1
        checks = [
            each for each in MODES[mode] if not (_waited_in_vain(response) and each is not_a_server_error)
        ]
        case.validate_response(response, checks=checks)

    sent()


def _waited_in_vain(response: Response) -> bool:
    """Return True if the answer is that the ledger does not have an event, for which the request asked to wait."""
    return response.status_code == 503 and "not-recorded-yet" in response.text


@pytest.mark.long
async def test_every_answer_is_as_described(
    env: WorkflowEnvironment, queue: str, outside: Outside, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_worker(env, queue, outside, url), served(url, env.client, task_queue=queue) as root:
        root = f"{root}/api/v1"
        async with AsyncClient(base_url=root, timeout=60) as client:
            lead_ids = [(await opened(client)).rpartition("/")[2] for _ in range(3)]
            description = (await client.get("/openapi.json")).json()
        monkeypatch.setattr(leads, "WAITS", LONGEST_WAIT)
        schema = schemathesis.openapi.from_dict(description)
        operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
        assert len(operations) == sum(map(len, description["paths"].values()))
        seen: Seen = Counter()
        for operation in operations:
            for mode in modes_of(operation):
                await asyncio.to_thread(attempt, operation, mode, root, lead_ids, seen)
    answered = {status for _, status in seen}
    assert {200, 409, 422} <= answered, seen
