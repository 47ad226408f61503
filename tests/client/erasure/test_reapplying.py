"""An older copy of the ledger was restored: what was erased since is erased again."""

import sqlite3
from contextlib import closing
from pathlib import Path

from client.erasure.reapplying import reapply, remove_unreadable
from client.erasure.runs import is_running, runs_of
from ledger.ledger import Ledger
from tests.support.erasures import ADA, World
from tests.support.waiting import TIMEOUT


def copied(source: Path, target: Path) -> None:
    """Copy a database that is in use."""
    with closing(sqlite3.connect(source)) as used, closing(sqlite3.connect(target)) as copy:
        used.backup(copy)


async def test_an_older_ledger_is_redacted_again(world: World, tmp_path: Path) -> None:
    older = tmp_path / "older.sqlite"
    async with world.worker():
        lead = await world.begin("lead-reapplied", **ADA)
        await lead.settled()
        copied(tmp_path / "ledger.sqlite", older)
        assert (await world.carry_out(world.asked("Quixotina Zweifelhaft"))).is_complete
    erased = world.ledger.entries(lead.id)
    with closing(Ledger.open(f"sqlite:///{older}", world.ring)) as restored:
        assert any("Zweifelhaft" in text.text for text in restored.texts()), "its read tables are not sealed"
        (done,) = reapply(world.journal, world.ring, restored)
        assert (done.lead_id, done.changed > 0) == (lead.id, True)
        assert restored.entries(lead.id) == erased
        assert not any("Zweifelhaft" in text.text for text in restored.texts())
        assert [each.changed for each in reapply(world.journal, world.ring, restored)] == [0]
    assert [each.changed for each in reapply(world.journal, world.ring, world.ledger)] == [0]


async def test_a_run_that_nobody_can_read_any_more_gives_way_to_the_ledger(world: World) -> None:
    """An older copy of Temporal's database was restored, with a lead that goes on as before its erasure."""
    async with world.worker():
        lead = await world.begin("lead-unreadable", **ADA)
        await lead.settled()
        other = await world.begin("lead-readable", **ADA)
        await other.settled()
        assert (await world.carry_out(world.asked("Quixotina Zweifelhaft"))).is_complete
    world.ring.advance(lead.id)
    for request in world.journal.requests():
        world.journal.change_lead(request.id, lead.id, lambda each: each.replaced(epoch=3))
    world.ring.erase(lead.id, before=3)
    client = world.client
    assert [each async for each in remove_unreadable(client, world.journal, TIMEOUT)] == [lead.id]
    assert (await runs_of(client, lead.id), await is_running(client, other.id)) == ([], True)
    assert [each async for each in remove_unreadable(client, world.journal, TIMEOUT)] == []
    await other.handle.terminate()
