"""The section of docs/performance.md that holds the figures."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.figures import Figure, Report, short, table

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- figures: written by `python -m bench --write-docs` -->", "<!-- end of the figures -->"


def write_section(page: Path, reports: Sequence[Report]) -> None:
    """Replace the figures of a page by those of the reports."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise SystemExit(
            f"{page.name} has no section for the figures, which begins and ends so:\n{BEGIN}\n{END}"
        )
    page.write_text(f"{before}{BEGIN}\n\n{section(reports)}{END}{after}")


def section(reports: Iterable[Report]) -> str:
    """Return the tables of the reports in Markdown. A figure beside a bare workflow is shown as its ratio."""
    return "".join(
        f"### {report.title}\n\nMeasured with {report.setting}.\n\n{table([HEAD, *_rows(report)])}\n\n"
        for report in reports
    )


HEAD = ("figure", "measured", "target")


def _rows(report: Report) -> Iterable[Sequence[str]]:
    return ((figure.name, _measured(figure), _target(figure)) for figure in report.figures)


def _measured(figure: Figure) -> str:
    value = f"{short(figure.value)} {figure.unit}".strip()
    if figure.ratio is None:
        return value
    return f"{figure.ratio:.2f} × bare" if figure.bare is not None else f"{value}, × {figure.ratio:.2f}"


def _target(figure: Figure) -> str:
    return str(figure.target or "")
