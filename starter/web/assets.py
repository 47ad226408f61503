"""The files that browsers load: our style and script, and htmx from its package."""

from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

STATIC = Path(__file__).resolve().parent / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_AGE = "public, max-age=3600"

# All are read once, because the files on the disk may later belong to newer code.
_FILES = {file.name: file.read_bytes() for file in sorted(STATIC.iterdir()) if file.suffix in _TYPES}
_FILES["htmx.js"] = files("js_lib_htmx").joinpath("static/htmx/htmx.min.js").read_bytes()

router = APIRouter(include_in_schema=False)


@router.get("/static/{name}")
async def asset(name: str) -> Response:
    """Return one of the files."""
    if name not in _FILES:
        raise HTTPException(404, "There is no such file.")
    return Response(_FILES[name], media_type=_TYPES[Path(name).suffix], headers={"cache-control": _AGE})
