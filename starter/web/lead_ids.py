"""Reads the id of a lead out of an address."""

from typing import Annotated

from fastapi import Depends, Path

from client.errors import LeadNotFound
from process.types import line_complaint

MAX_ID = 255
"""Characters of an id at most."""
MAX_SHOWN = 40
"""Characters of an impossible id that an error repeats."""


async def lead_id_of(
    lead_id: Annotated[str, Path(description="the lead's id", examples=["lead-example-kvor"])],
) -> str:
    """Return the id. Raises LeadNotFound for a text that can be none: not every database takes each character."""
    if len(lead_id) > MAX_ID or line_complaint(lead_id):
        raise LeadNotFound(lead_id[:MAX_SHOWN])
    return lead_id


LeadId = Annotated[str, Depends(lead_id_of)]
