"""Reads a form that was sent, within limits."""

from urllib.parse import parse_qsl

from fastapi import HTTPException, Request

from starter.web.bodies import MAX_BODY, Bodies

MAX_FIELDS = 500

_reading = Bodies()


async def posted(request: Request) -> list[tuple[str, str]]:
    """Return names and values in order. Raises HTTPException if the form is too large, too slow, or none."""
    if (
        request.headers.get("content-type", "").partition(";")[0].strip()
        != "application/x-www-form-urlencoded"
    ):
        raise HTTPException(415, "Send the form as a browser does: application/x-www-form-urlencoded.")
    try:
        body = await _reading.read(request.stream())
        return parse_qsl(
            body.decode("ascii", "replace"),
            keep_blank_values=True,
            errors="replace",
            max_num_fields=MAX_FIELDS,
        )
    except TimeoutError:
        raise HTTPException(408, "The form did not arrive in time. Send it again.") from None
    except ValueError:
        limit = f"at most {MAX_BODY // 1024} kB and {MAX_FIELDS} fields"
        raise HTTPException(413, f"The form is too large: it may have {limit}.") from None
