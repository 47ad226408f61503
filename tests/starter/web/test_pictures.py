"""The process that draws pictures: kept, killed, hanging and broken."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from starter.web.pictures import COMMAND, LIMIT, PictureNotDrawn, Pictures, environment
from templates.charts import draw_svg
from tests.support.report_examples import chart_of

DIES = (sys.executable, "-c", "pass")
HANGS = (sys.executable, "-c", "import time; time.sleep(600)")


@asynccontextmanager
async def drawing(command: Sequence[str] = COMMAND, limit: float = LIMIT) -> AsyncIterator[Pictures]:
    pictures = Pictures(command, limit)
    try:
        yield pictures
    finally:
        await pictures.close()


async def test_pictures_are_drawn_by_one_process_and_kept() -> None:
    async with drawing() as pictures:
        lost, moved, again = await asyncio.gather(
            *map(pictures.svg, map(chart_of, ("lost", "moved", "lost")))
        )
        assert lost == again == draw_svg(chart_of("lost"))
        assert moved != lost
        pid = pictures.pid
        assert pid
        assert (await pictures.png(chart_of("moved"))).startswith(b"\x89PNG")
        assert pictures.pid == pid
    assert pictures.pid is None


async def test_a_killed_process_costs_no_answer() -> None:
    async with drawing() as pictures:
        await pictures.svg(chart_of("lost"))
        killed = pictures.pid
        assert killed
        os.kill(killed, signal.SIGSTOP)  # it gets the drawing, and dies before it answers
        waiting = asyncio.create_task(pictures.svg(chart_of("moved")))
        await asyncio.sleep(0)
        os.kill(killed, signal.SIGKILL)
        assert await waiting == draw_svg(chart_of("moved"))
        assert pictures.pid != killed


async def test_a_process_that_always_dies_is_no_picture() -> None:
    async with drawing(DIES) as pictures:
        with pytest.raises(PictureNotDrawn, match="can't be drawn"):
            await pictures.svg(chart_of("lost"))


async def test_a_process_that_hangs_is_ended() -> None:
    async with drawing(HANGS, limit=0.1) as pictures:
        with pytest.raises(PictureNotDrawn, match="too long"):
            await pictures.svg(chart_of("lost"))
        assert pictures.pid is None


async def test_who_gives_up_waiting_leaves_the_picture_to_others() -> None:
    async with drawing() as pictures:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await pictures.svg(chart_of("lost"))
        (task,) = pictures._made.values()
        assert await pictures.svg(chart_of("lost")) == draw_svg(chart_of("lost"))
        assert [task] == list(pictures._made.values())


async def test_the_end_does_not_wait_for_a_picture() -> None:
    async with drawing(HANGS) as pictures:
        waiting = asyncio.create_task(pictures.svg(chart_of("lost")))
        while pictures.pid is None:
            await asyncio.sleep(0)
        await pictures.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting


def test_the_process_knows_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADS_SIGNING_KEY", "a secret")
    monkeypatch.setenv("PGPASSWORD", "a secret")
    assert "a secret" not in environment().values()
