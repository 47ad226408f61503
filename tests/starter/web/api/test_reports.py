"""Programs read reports, with the leads and events of each figure."""

import pytest
from httpx2 import AsyncClient

from process.reports.catalog import REPORTS


async def test_each_report_is_listed_and_made(api: AsyncClient) -> None:
    listed = (await api.get("/reports")).json()["reports"]
    assert [each["name"] for each in listed] == list(REPORTS)
    for each in listed:
        report = (await api.get(f"/reports/{each['name']}")).json()
        assert (report["title"], report["definition"]) == (each["title"], each["definition"])


async def test_figures_lead_to_their_rows(api: AsyncClient) -> None:
    report = (await api.get("/reports/funnel?from=2026-06&to=2026-06")).json()
    cells = [cell for table in report["tables"] for row in table["rows"] for cell in row["cells"]]
    queries = {cell["rows"]: cell["value"] for cell in cells if cell["rows"]}
    assert queries
    for query, value in queries.items():
        found = (await api.get(f"/reports/funnel/rows?{query}")).json()
        if isinstance(value, int):
            assert len(found["rows"]) == value, query
    nowhere = await api.get(f"/reports/funnel/rows?{query}&after=zz")
    assert (nowhere.status_code, nowhere.json()["type"]) == (400, "/problems/malformed")


async def test_an_unchanged_report_is_not_sent_again(api: AsyncClient) -> None:
    tag = (await api.get("/reports/lost")).headers["etag"]
    assert (await api.get("/reports/lost", headers={"if-none-match": tag})).status_code == 304


@pytest.mark.parametrize(
    ("address", "status", "parameter"),
    [
        ("/reports/forcast", 404, None),
        ("/reports/forecast?from=soon", 422, "from"),
        ("/reports/forecast?eta=2", 422, "eta"),
        ("/reports/forecast?day=9999-12-31", 422, "day"),
        ("/reports/forecast?month=1", 422, "month"),
        ("/reports/lost/rows?figure=none", 422, "figure"),
        ("/reports/lost/rows", 422, "figure"),
        ("/reports/forecast?currency=%00", 422, "currency"),
    ],
)
async def test_what_cannot_be_asked_is_named(
    api: AsyncClient, address: str, status: int, parameter: str | None
) -> None:
    response = await api.get(address)
    problem = response.json()
    assert response.status_code == status, problem
    if parameter:
        assert [each["parameter"] for each in problem["errors"]] == [parameter]
