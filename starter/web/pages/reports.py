"""Reports: figures with their pictures and tables, and the leads and events of each figure."""

import asyncio
from collections.abc import Mapping
from io import StringIO
from typing import Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from process.reports.catalog import REPORTS
from process.reports.parameters import ParameterRefused
from process.reports.report import Chart, Report
from starter.web.pages.rendering import page
from starter.web.pictures import PictureNotDrawn
from starter.web.services import Services, services_of
from starter.web.visitors import SignedIn
from templates.spreadsheets import write_report

router = APIRouter(include_in_schema=False)

Kind = Literal["csv", "json", "svg", "png"]

PICTURE_TIMEOUT: Final = 0.2
"""Seconds for which a page waits for its picture. One that takes longer is fetched by the open page."""


@router.get("/reports")
async def show_all(request: Request, visitor: SignedIn) -> HTMLResponse:
    """Show the list of reports."""
    return page(request, "reports.html", visitor, reports=REPORTS.values())


@router.get("/reports/{name}/rows")
async def show_rows(request: Request, visitor: SignedIn, name: str) -> HTMLResponse:
    """Show the leads and events of a figure, some at a time."""
    services, given = services_of(request), dict(request.query_params)
    after = given.pop("after", None)
    today = services.today()
    _check(name)
    try:
        found = await services.run(lambda: services.reports.rows(name, given, today, after))
    except ParameterRefused as refused:
        raise HTTPException(422, str(refused)) from None
    more = f"/reports/{name}/rows?{urlencode(given | {'after': found.after})}" if found.after else ""
    back = urlencode({key: value for key, value in given.items() if key not in ("figure", "of")})
    return page(
        request,
        "report_rows.html",
        visitor,
        info=REPORTS[name],
        found=found,
        more=more,
        back=f"/reports/{name}?{back}",
    )


@router.get("/reports/{name}.{kind}")
async def send_file(request: Request, visitor: SignedIn, name: str, kind: Kind) -> Response:  # noqa: ARG001
    """Send the report as a file: a table (CSV), data (JSON) or its picture (SVG, PNG)."""
    services, given = services_of(request), dict(request.query_params)
    _check(name)
    try:
        report = await _made(services, name, given)
    except ParameterRefused as refused:
        raise HTTPException(422, str(refused)) from None
    headers = {"content-disposition": f'inline; filename="{name}-{report.day}.{kind}"'}
    match kind:
        case "csv":
            return Response(_csv(report), media_type="text/csv; charset=utf-8", headers=headers)
        case "json":
            return Response(report.model_dump_json(indent=1), media_type="application/json", headers=headers)
    if report.chart is None:
        raise HTTPException(404, "This report has no picture.")
    chart = report.chart
    try:
        if kind == "png":
            return Response(await services.pictures.png(chart), media_type="image/png", headers=headers)
        return Response(await services.pictures.svg(chart), media_type="image/svg+xml", headers=headers)
    except PictureNotDrawn as error:
        raise HTTPException(503, str(error), {"retry-after": "30"}) from None


@router.get("/reports/{name}")
async def show(request: Request, visitor: SignedIn, name: str) -> HTMLResponse:
    """Show a report. A wrong parameter is named beside its field, with the report by its usual values below."""
    services, given = services_of(request), {k: v for k, v in request.query_params.items() if v}
    _check(name)
    wrong: ParameterRefused | None = None
    try:
        report = await _made(services, name, given)
    except ParameterRefused as refused:
        wrong, report = refused, await _made(services, name, {})
    query = "" if wrong else urlencode(given)
    fetching = "hx-request" in request.headers
    within = PICTURE_TIMEOUT if services.pictures.pid else 0  # a process that must be started takes longer
    picture = await _picture(services, name, report.chart, None if fetching else within)
    return page(
        request,
        "report.html",
        visitor,
        422 if wrong else 200,
        reports=REPORTS.values(),
        report=report,
        picture=picture,
        awaited=picture is None and not fetching,
        query=f"?{query}" if query else "",
        given=given,
        wrong=wrong,
    )


def _check(name: str) -> None:
    if name not in REPORTS:
        raise HTTPException(404, "There is no such report. The list of reports is at /reports.")


async def _made(services: Services, name: str, given: Mapping[str, str]) -> Report:
    today = services.today()
    return await services.run(lambda: services.reports.make(name, given, today))


def _csv(report: Report) -> str:
    written = StringIO(newline="")
    write_report(written, report)
    return written.getvalue()


async def _picture(services: Services, name: str, chart: Chart | None, within: float | None) -> Markup | None:
    """Return the picture as an element of the page; None if there is none, or not within so many seconds.

    Its texts are escaped by the drawing.
    """
    if chart is None:
        return None
    try:
        async with asyncio.timeout(within):
            drawn = await services.pictures.svg(chart, lambda rows: f"/reports/{name}/rows?{rows}")
    except (TimeoutError, PictureNotDrawn):
        return None
    return Markup(drawn)  # noqa: S704
