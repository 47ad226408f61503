"""The files that browsers load: our style and script, and htmx from its package."""

import hashlib
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

STATIC = Path(__file__).resolve().parent / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_FOR_EVER, _ASK = "public, max-age=31536000, immutable", "public, no-cache"

# All are read once, because the files on the disk may later belong to newer code.
_FILES = {file.name: file.read_bytes() for file in sorted(STATIC.iterdir()) if file.suffix in _TYPES}
_FILES["htmx.js"] = files("js_lib_htmx").joinpath("static/htmx/htmx.min.js").read_bytes()
_VERSIONS = {name: hashlib.sha256(body).hexdigest()[:16] for name, body in _FILES.items()}

router = APIRouter(include_in_schema=False)


def static(name: str) -> str:
    """Return the address of a file, with its version: no browser keeps an old script for a new page."""
    return f"/static/{name}?v={_VERSIONS[name]}"


@router.get("/static/{name}")
async def asset(request: Request, name: str, v: str = "") -> Response:
    """Return one of the files. With its version in the address, it may be kept for ever."""
    if name not in _FILES:
        raise HTTPException(404, "There is no such file.")
    tag = f'"{_VERSIONS[name]}"'
    headers = {"cache-control": _FOR_EVER if v == _VERSIONS[name] else _ASK, "etag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(_FILES[name], media_type=_TYPES[Path(name).suffix], headers=headers)
