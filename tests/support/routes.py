"""The routes of the web application."""

from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from starter.web.application import make_web
from tests.support.pages import no_temporal, web_settings


async def routes() -> dict[tuple[str, str], Dependant]:
    """Return the dependencies of each route, by method and path."""
    app = make_web(await no_temporal(), web_settings("sqlite:////nowhere.sqlite"))
    return {
        (method, route.path or ""): route.dependant
        for route in iter_route_contexts(app.routes)
        for method in sorted(route.methods or ())
    }
