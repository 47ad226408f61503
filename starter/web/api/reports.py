"""Reports: their figures, and the leads and events of each."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from ledger.queries import feed
from process.reports.catalog import REPORTS, Info
from process.reports.parameters import ParameterRefused
from process.reports.report import FigurePage, Report
from starter.web.api.addresses import Reader, Serving, next_link
from starter.web.api.answers import Answer
from starter.web.api.caching import answer
from starter.web.api.problems import ApiProblem, Complaint, invalid

router = APIRouter(tags=["reports"])


class KnownReport(Answer):
    """A report that can be asked for."""

    name: str
    title: str
    summary: str
    definition: tuple[str, ...] = Field(description="what counts, what does not, and the source")
    parameters: tuple[str, ...] = Field(description="names of what may be chosen about it")


class KnownReports(Answer):
    """The reports that there are."""

    reports: list[KnownReport]


@router.get("/reports", response_model=KnownReports, summary="List the reports")
async def list_reports(request: Request, _: Reader) -> Response:
    """List the reports, each with its definition and its parameters."""
    return answer(request, KnownReports(reports=[_known(info) for info in REPORTS.values()]), 0)


@router.get("/reports/{name}", response_model=Report)
async def report(request: Request, services: Serving, _: Reader, name: str) -> Response:
    """Make the report. A cell's `rows` is the query of `rows` for those of its figure."""
    _check(name)
    given, today = dict(request.query_params), services.today()
    try:
        made = await services.run(lambda: services.reports.make(name, given, today))
    except ParameterRefused as error:
        raise _refused(error) from None
    return answer(request, made, await services.ask(feed.head))


@router.get("/reports/{name}/rows", response_model=FigurePage)
async def rows(request: Request, services: Serving, _: Reader, name: str) -> Response:
    """List the leads and events of a figure, page by page."""
    _check(name)
    given, today = dict(request.query_params), services.today()
    after = given.pop("after", None)
    try:
        found = await services.run(lambda: services.reports.rows(name, given, today, after))
    except ParameterRefused as error:
        raise _refused(error) from None
    following = next_link(request, after=found.after) if found.after else {}
    return answer(request, found, await services.ask(feed.head), following)


def _known(info: Info) -> KnownReport:
    names = tuple(spec.name for spec in info.specs)
    return KnownReport(
        name=info.name, title=info.title, summary=info.summary, definition=info.definition, parameters=names
    )


def _check(name: str) -> None:
    """Raise ApiProblem if there is no such report."""
    if name not in REPORTS:
        known = ", ".join(sorted(REPORTS))
        raise ApiProblem("not-found", f"There is no report {name[:40]!r}; there are {known}.")


def _refused(error: ParameterRefused) -> ApiProblem:
    return invalid(Complaint(parameter=error.name, detail=str(error)))
