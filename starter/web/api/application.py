"""The API as an application of its own, with its own errors, to be mounted at `/api/v1`."""

import asyncio

from fastapi import Depends, FastAPI
from starlette.datastructures import State

from starter.web.api import agenda, decisions, errors, feed, leads, reports
from starter.web.api.addresses import check_given_once
from starter.web.api.openapi import describe

PREFIX = "/api/v1"


def make_api(state: State) -> FastAPI:
    """Return the API. `state`: that of the application in which it is mounted, with its services."""
    api = FastAPI(
        title="lead-to-hub",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(check_given_once)],
    )
    api.state = state
    state.long_polls = asyncio.Semaphore(feed.LONG_POLLS)
    errors.register(api)
    for part in (leads, decisions, feed, agenda, reports):
        api.include_router(part.router)
    describe(api, PREFIX)
    return api
