"""Draws specifications of Vega-Lite: in this process, or for another one as `python -m templates.drawing`.

As a process of its own it reads drawings from its standard input and writes the pictures to its standard output, each
with its length before it. It ends with its input, after many pictures, after a long rest, and in the middle of a
picture that takes too long. It imports little else, because it is started while somebody waits.
"""

import json
import os
import signal
import struct
import sys
from typing import Any, BinaryIO, Final, Literal, NamedTuple

VEGA_LITE: Final = "6.4"
PICTURES: Final = 1000
"""Number of pictures after which a process ends: what the engine has gathered by then is given back."""
REST: Final = 600
"""Seconds without a drawing after which it ends."""
LIMIT: Final = 15
"""Seconds after which it ends in the middle of a picture. Its caller has given up long before."""
_LENGTH: Final = struct.Struct(">I")
_ANSWER: Final = struct.Struct(">?I")


class Drawing(NamedTuple):
    """A picture that is to be drawn."""

    format: Literal["svg", "png"]
    spec: dict[str, Any]
    """Specification, with its data."""
    scale: float = 1
    """Pixels of a PNG for each of the specification."""

    def encoded(self) -> bytes:
        """Return it as the process reads it, without its length."""
        return json.dumps(self, separators=(",", ":")).encode()


def draw(drawing: Drawing) -> bytes:
    """Return the picture. Raises ValueError if it can't be drawn."""
    import vl_convert  # takes a moment, and the first picture some more

    if drawing.format == "svg":
        svg: str = vl_convert.vegalite_to_svg(drawing.spec, vl_version=VEGA_LITE, allowed_base_urls=[])
        return svg.encode()
    png: bytes = vl_convert.vegalite_to_png(
        drawing.spec, vl_version=VEGA_LITE, scale=drawing.scale, allowed_base_urls=[]
    )
    return png


# ---- as a process of its own


def request_of(drawing: bytes) -> bytes:
    """Return what an encoded drawing is for the process's standard input."""
    return _LENGTH.pack(len(drawing)) + drawing


HEAD: Final = _ANSWER.size
"""Bytes before a picture, from which `size_of` tells how many follow."""


def size_of(head: bytes) -> int | None:
    """Return the number of bytes of the picture that follows, or None if it could not be drawn."""
    drawn, size = _ANSWER.unpack(head)
    return size if drawn else None


def serve(source: BinaryIO, target: BinaryIO) -> None:
    """Answer drawings until there are no more, or too many."""
    for _ in range(PICTURES):
        _end_in(REST)
        if len(length := source.read(_LENGTH.size)) < _LENGTH.size:
            return
        request = source.read(*_LENGTH.unpack(length))
        _end_in(LIMIT)
        try:
            picture = draw(Drawing(*json.loads(request)))
        except Exception:  # the reason may quote the data; the caller knows that there is no picture
            target.write(_ANSWER.pack(False, 0))
        else:
            target.write(_ANSWER.pack(True, len(picture)) + picture)
        target.flush()


def _end_in(seconds: int) -> None:
    """Let the system end this process then, whatever it does: the engine runs no Python while it draws."""
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


def main() -> None:
    """Serve the process that has started this one."""
    target = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever the engine prints is no answer
    serve(sys.stdin.buffer, target)


if __name__ == "__main__":
    main()
