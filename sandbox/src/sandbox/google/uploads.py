"""Media uploads: simple, multipart with metadata, or resumable in chunks."""

import re
import secrets
from dataclasses import dataclass, field, replace
from email.message import Message

from starlette.requests import Request
from starlette.responses import Response

from sandbox.google import errors
from sandbox.google.call import Call, Media

_PIECE = 256 * 1024
"""Size that every chunk but the last must be a multiple of, in bytes."""


def multipart(content_type: str, body: bytes) -> tuple[bytes, Media]:
    """Return the metadata and the media of a multipart/related body. Raises GoogleError."""
    boundary = _parameter(content_type, "boundary")
    if not content_type.startswith("multipart/related") or boundary is None:
        raise errors.invalid_argument("Malformed multipart body.")
    # The client library sends bare line feeds instead of CRLF. Google accepts both.
    parts = re.split(rb"(?:^|\r?\n)--" + re.escape(boundary.encode()) + rb"(?:--)?[ \t]*(?:\r?\n|$)", body)
    if len(parts) != 4:
        raise errors.invalid_argument("Malformed multipart body.")
    heads, bodies = zip(*(_split(part) for part in parts[1:3]), strict=True)
    return bodies[0], Media(bodies[1], heads[1].get("content-type", "application/octet-stream"))


def _split(part: bytes) -> tuple[dict[str, str], bytes]:
    head, body = re.split(rb"\r?\n\r?\n", b"\n" + part, maxsplit=1)
    lines = (line.partition(":") for line in head.decode("latin-1").splitlines())
    return {name.strip().lower(): value.strip() for name, colon, value in lines if colon}, body


def _parameter(content_type: str, name: str) -> str | None:
    message = Message()
    message["content-type"] = content_type
    value = message.get_param(name)
    return value if isinstance(value, str) else None


@dataclass
class _Session:
    call: Call
    mime_type: str
    received: bytearray = field(default_factory=bytearray)
    answer: Response | None = None


class Resumable:
    """Upload sessions. They live as long as the process; a client whose session is gone starts again."""

    def __init__(self) -> None:
        self._sessions: dict[str, _Session] = {}

    def start(self, call: Call, request: Request) -> Response:
        """Start a session and return the response with its URL in the header `Location`."""
        upload_id = secrets.token_urlsafe(32)
        mime_type = request.headers.get("x-upload-content-type", "application/octet-stream")
        self._sessions[upload_id] = _Session(call, mime_type)
        location = request.url.include_query_params(upload_id=upload_id)
        return Response(headers={"Location": str(location), "X-GUploader-UploadID": upload_id})

    def feed(self, upload_id: str, request: Request, body: bytes) -> Response | Call:
        """Add a chunk. Return 308 while more are expected, then the call with all its media. Raises GoogleError."""
        session = self._sessions.get(upload_id)
        if session is None:
            raise errors.GoogleError(404, "Not Found", reason="notFound")
        if session.answer is not None:
            return session.answer
        first, last, total = _range(request.headers.get("content-range"), len(body))
        if first is not None:
            if first != len(session.received):
                return self._progress(session)
            if last != total and len(body) % _PIECE:
                raise errors.invalid_argument(f"Pieces but the last must be multiples of {_PIECE} bytes.")
            session.received += body
        if total is None or len(session.received) < total:
            return self._progress(session)
        return replace(session.call, media=Media(bytes(session.received), session.mime_type))

    def finish(self, upload_id: str, answer: Response) -> None:
        """Store the response, which a repeated last chunk receives again."""
        self._sessions[upload_id].answer = answer

    @staticmethod
    def _progress(session: _Session) -> Response:
        got = len(session.received)
        return Response(status_code=308, headers={"Range": f"bytes=0-{got - 1}"} if got else {})


def _range(header: str | None, length: int) -> tuple[int | None, int | None, int | None]:
    """Parse Content-Range into (first byte or None for a status query, end, total or None)."""
    if header is None:
        return 0, length, length
    match = re.fullmatch(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)", header)
    if not match:
        raise errors.invalid_argument(f"Invalid Content-Range: {header}")
    total = None if match[3] == "*" else int(match[3])
    if match[1] is None:
        return None, None, total
    return int(match[1]), int(match[2]) + 1, total
