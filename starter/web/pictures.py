"""The pictures of reports, drawn by a process of its own: the engine that draws takes as much memory as the pages.

The process is started for the first picture and again whenever it has ended. It knows no secret, and no fault of it is
one of a page: one that dies is replaced, one that hangs is ended, and a page does without its picture.
"""

import asyncio
import hashlib
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import structlog

from process.reports.report import Chart
from templates.charts import Link, finished_svg, png_drawing, svg_drawing
from templates.drawing import HEAD, Drawing, request_of, size_of

COMMAND: Final = (sys.executable, "-P", "-m", "templates.drawing")
ATTEMPTS: Final = 2
"""A process may end just when it is asked: after many pictures, after a rest, or because somebody ended it."""
LIMIT: Final = 10.0
"""Seconds for a picture, with the start of the process and the pictures before it."""
KEPT: Final = 64
"""Number of pictures that are kept: as many as there are reports that are kept (client/reports.py)."""
INHERITED: Final = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "SYSTEMROOT", "TMPDIR")
"""Variables of the environment that the process gets. The settings of the service are not among them."""

_log = structlog.get_logger("web")


class PictureNotDrawn(Exception):
    """A picture can't be drawn, or not in time."""


class Pictures:
    """Draws pictures one after the other, and keeps the newest ones. One object serves all requests."""

    def __init__(self, command: Sequence[str] = COMMAND, limit: float = LIMIT) -> None:
        self._command = command
        self._limit = limit
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._made: OrderedDict[str, asyncio.Task[bytes]] = OrderedDict()

    @property
    def pid(self) -> int | None:
        """Number of the process that draws, or None if there is none."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def svg(self, chart: Chart, link: Link | None = None) -> str:
        """Return the picture as an SVG element, as `draw_svg` does. Raises PictureNotDrawn."""
        drawn = await self._drawn(svg_drawing(chart, linked=link is not None))
        return finished_svg(drawn, chart, link)

    async def png(self, chart: Chart) -> bytes:
        """Return the picture as a PNG, as `draw_png` does. Raises PictureNotDrawn."""
        return await self._drawn(png_drawing(chart))

    async def close(self) -> None:
        """End the process, and what is being drawn."""
        under_way = [task for task in self._made.values() if not task.done()]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await self._end()

    async def _drawn(self, drawing: Drawing) -> bytes:
        """Return the kept picture, or else draw it. Who gives up waiting leaves it to those who ask next."""
        request = drawing.encoded()
        key = hashlib.sha256(request).hexdigest()
        task = self._made.get(key)
        if task is None:
            task = self._made[key] = asyncio.create_task(self._draw(request))
            task.add_done_callback(lambda done: self._forget(key, done))
        else:
            self._made.move_to_end(key)
        if not task.done():
            await asyncio.wait((task,))
        return task.result()

    def _forget(self, key: str, done: asyncio.Task[bytes]) -> None:
        """Drop the picture if there is none, and the oldest ones beyond those that are kept."""
        if done.cancelled() or done.exception():
            self._made.pop(key, None)
        for old in [each for each, task in self._made.items() if task.done()][:-KEPT]:
            del self._made[old]

    async def _draw(self, request: bytes) -> bytes:
        try:
            async with asyncio.timeout(self._limit), self._turn:
                for _ in range(ATTEMPTS):
                    try:
                        return await self._answer(request)
                    except (EOFError, OSError):
                        continue
        except TimeoutError:
            _log.warning("a picture takes too long", seconds=self._limit)
            raise PictureNotDrawn("The picture takes too long to draw.") from None
        _log.warning("the process that draws pictures ends by itself", attempts=ATTEMPTS)
        raise PictureNotDrawn("The picture can't be drawn.")

    async def _answer(self, request: bytes) -> bytes:
        """Return what the process draws. Raises EOFError or OSError if it ends, and PictureNotDrawn."""
        try:
            process = await self._started()
            assert process.stdin  # noqa: S101 - a pipe, as asked for
            assert process.stdout  # noqa: S101
            process.stdin.write(request_of(request))
            await process.stdin.drain()
            size = size_of(await process.stdout.readexactly(HEAD))
            if size is not None:
                return await process.stdout.readexactly(size)
        except BaseException:  # also given up in the middle: what it would answer then belongs to nobody
            await self._end()
            raise
        _log.warning("a picture can't be drawn")
        raise PictureNotDrawn("The picture can't be drawn.")

    async def _started(self) -> Process:
        if self._process and self._process.returncode is None:
            return self._process
        await self._end()
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=environment(),
            process_group=0,  # Ctrl-C is for this process, which ends that one
        )
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.communicate()


def environment() -> dict[str, str]:
    """Return the environment of the process that draws."""
    known = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return known | {"PYTHONPATH": os.pathsep.join(sys.path)}
