"""Web pages that show the sandbox's data as people would see it, and where they can act.

`render(request, "name.html", …)` fills a template from this folder or from `sandbox/github/pages`; templates extend
`layout.html` and fill its blocks `title` and `main`.
"""

from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

_HERE = Path(__file__).parent


def _when(time: datetime) -> Markup:
    """Return a time as HTML: short, with the exact time as a tooltip."""
    exact = time.isoformat(timespec="seconds")
    return Markup('<time datetime="{0}" title="{0}">{1}</time>').format(
        exact, time.strftime("%-d %b %Y, %H:%M")
    )


def _size(length: int | None) -> str:
    if length is None:
        return "–"
    if length < 1024:
        return f"{length} bytes"
    return f"{length / 1024:.0f} KB" if length < 1024**2 else f"{length / 1024**2:.1f} MB"


_environment = Environment(
    loader=FileSystemLoader([_HERE, _HERE.parent / "github" / "pages"]),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters |= {"when": _when, "size": _size}


def render(request: Request, template: str, status_code: int = 200, **context: object) -> HTMLResponse:
    """Return the page that this template makes of `context`."""
    text = _environment.get_template(template).render(
        path=request.url.path, navigation=request.app.state.navigation, **context
    )
    return HTMLResponse(text, status_code)


def style() -> str:
    """Return the style sheet of all pages."""
    return (_HERE / "style.css").read_text()
