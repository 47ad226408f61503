"""docs/api.md and the OpenAPI description say what is true."""

import asyncio
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from httpx2 import AsyncClient
from jsonschema import Draft202012Validator
from temporalio.testing import WorkflowEnvironment

from process.decisions.registry import DECISIONS
from process.reports.catalog import REPORTS
from starter.web.api.problems import KINDS
from tests.support.api import a_worker
from tests.support.outside import Outside
from tests.support.pages import served

PAGE = (Path(__file__).parents[4] / "docs/api.md").read_text()
EXAMPLES = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
async def description(api: AsyncClient) -> dict[str, Any]:
    """Return the OpenAPI description."""
    found: dict[str, Any] = (await api.get("/openapi.json")).json()
    return found


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="curl and jq are not installed")
async def test_the_commands_of_the_page_run(
    env: WorkflowEnvironment, queue: str, outside: Outside, url: str
) -> None:
    async with a_worker(env, queue, outside, url), served(url, env.client, task_queue=queue) as root:
        script = "\n".join(["set -euo pipefail", *EXAMPLES])
        script = re.sub(r"^API=.*$", f"API={root}/api/v1", script, flags=re.MULTILINE)
        script = script.replace(' -H "Authorization: Bearer $TOKEN"', "")  # at this machine nobody needs one
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", script, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, error = (each.decode() for each in await process.communicate())
    assert process.returncode == 0, f"{out}{error}"
    assert not error
    for part in ('"quoted"', "lead_opened: Example University became a lead", "forecast: ", "\n304\n"):
        assert part in out, out


def test_the_page_lists_all_problems() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", PAGE, re.MULTILINE)
    assert listed == [(name, str(kind.status)) for name, kind in KINDS.items()]


async def test_each_decision_and_report_has_a_path(description: dict[str, Any]) -> None:
    paths = description["paths"]
    for kind in DECISIONS:
        for path in (f"/leads/{{lead_id}}/decisions/{kind}", f"/leads/{{lead_id}}/decisions/{kind}/preview"):
            assert "lead_id" in [each["name"] for each in paths[path]["post"]["parameters"]]
    assert {f"/reports/{name}" for name in REPORTS} < set(paths)
    names = [operation["operationId"] for path in paths.values() for operation in path.values()]
    assert len(names) == len(set(names))
    assert (description["openapi"][:3], description["servers"]) == ("3.1", [{"url": "/api/v1"}])


async def test_all_references_lead_somewhere(description: dict[str, Any]) -> None:
    for reference in set(re.findall(r"'\$ref': '#/([^']+)'", str(description))):
        found: Any = description
        for part in reference.split("/"):
            assert part in found, reference
            found = found[part]


async def test_the_examples_fit_their_schemas(description: dict[str, Any]) -> None:
    bodies = {
        path: operation["requestBody"]["content"]["application/json"]
        for path, methods in description["paths"].items()
        for operation in methods.values()
        if "requestBody" in operation
    }
    assert len(bodies) == 2 * len(DECISIONS) + 2
    for path, body in bodies.items():
        schema = body["schema"] | {"components": description["components"]}
        Draft202012Validator.check_schema(schema)
        found = [error.message for error in Draft202012Validator(schema).iter_errors(body.get("example", {}))]
        assert not found, path
        hidden = {"by", "source", "actor", "key", "said_at", "policy"} & set(body["schema"]["properties"])
        assert not hidden, path


async def test_the_examples_are_read_as_decisions(api: AsyncClient, description: dict[str, Any]) -> None:
    for kind in DECISIONS:
        path = f"/leads/{{lead_id}}/decisions/{kind}"
        example = description["paths"][path]["post"]["requestBody"]["content"]["application/json"]["example"]
        response = await api.post(path.replace("{lead_id}", "lead-ada"), json=example)
        assert response.status_code == 503, response.text  # it was read, and Temporal is away
