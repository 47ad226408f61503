"""The values in the addresses of the API, and the addresses that it answers with."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request

from starter.web.api.callers import Caller, allowed_to
from starter.web.auth.store import Scope
from starter.web.services import Services, services_of

Reader = Annotated[Caller, Depends(allowed_to(Scope.READ))]
Decider = Annotated[Caller, Depends(allowed_to(Scope.DECIDE))]
Serving = Annotated[Services, Depends(services_of)]


def next_link(request: Request, **changes: Any) -> Mapping[str, str]:
    """Return the header that leads to the next page: this address with these parameters changed (RFC 8288)."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in changes]
    query = urlencode([*kept, *changes.items()], errors="replace")
    return {"link": f'<{request.url.path}?{query}>; rel="next"'}
