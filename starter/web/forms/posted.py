"""Reads a form that was sent, within limits."""

from typing import Any, TypeVar, get_origin
from urllib.parse import parse_qsl

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from starter.web.bodies import MAX_BODY

FORM = "application/x-www-form-urlencoded"
MAX_FIELDS = 500

M = TypeVar("M", bound=BaseModel)


async def posted(request: Request) -> list[tuple[str, str]]:
    """Return names and values in order. Raises HTTPException if the form is too large, too slow, or none.

    The edge gives a body limits of time and size (`starter.web.auth.edge`).
    """
    kind = request.headers.get("content-type", FORM).partition(";")[0].strip().lower()
    if kind != FORM:  # a form without fields may come without a type
        raise HTTPException(415, "Send the form as a browser does: application/x-www-form-urlencoded.")
    body = await request.body()
    try:
        return parse_qsl(
            body.decode("ascii", "replace"),
            keep_blank_values=True,
            errors="replace",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        limit = f"at most {MAX_BODY // 1024} kB and {MAX_FIELDS} fields"
        raise HTTPException(413, f"The form is too large: it may have {limit}.") from None


async def posted_as(request: Request, model: type[M]) -> M:
    """Return the form as this model reads it: each field with its last value, a list with all of them.

    Raises RequestValidationError beside what `posted` raises.
    """
    given = await posted(request)
    values: dict[str, Any] = {
        name: [value for key, value in given if key == name] if get_origin(field.annotation) is list else last
        for name, field in model.model_fields.items()
        if (last := dict(given).get(name)) is not None
    }
    try:
        return model.model_validate(values)
    except ValidationError as wrong:
        raise RequestValidationError(wrong.errors(include_url=False)) from None
