"""The values in the addresses of the API, and the addresses that it answers with."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Depends, Request

from process.plain_errors import shown
from starter.web.api.callers import Caller, allowed_to
from starter.web.api.fields import MAX_ERRORS
from starter.web.api.problems import Complaint, invalid
from starter.web.auth.store import Scope
from starter.web.services import Services, services_of

Reader = Annotated[Caller, Depends(allowed_to(Scope.READ))]
Decider = Annotated[Caller, Depends(allowed_to(Scope.DECIDE))]
Serving = Annotated[Services, Depends(services_of)]

LISTS: Final = frozenset({"kinds", "stage"})
"""Parameters that may be given several times."""


def check_given_once(request: Request) -> None:
    """Raise ApiProblem for a parameter that is given twice, because one of the two would be ignored."""
    counts = Counter(name for name, _ in request.query_params.multi_items() if name not in LISTS)
    repeated = [name for name, count in counts.items() if count > 1][:MAX_ERRORS]
    if repeated:
        raise invalid(
            *(Complaint(parameter=name[:200], detail=f"{shown(name)}: give it once") for name in repeated)
        )


def next_link(request: Request, **changes: Any) -> Mapping[str, str]:
    """Return the header that leads to the next page: this address with these parameters changed (RFC 8288)."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in changes]
    query = urlencode([*kept, *changes.items()], errors="replace")
    return {"link": f'<{request.url.path}?{query}>; rel="next"'}
