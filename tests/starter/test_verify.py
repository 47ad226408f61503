"""`leads verify` replays what a live server has, with the code at hand."""

import pytest

from process.effects import Effect
from tests.starter.conftest import Leads, Opened


async def test_every_open_lead_replays(leads: Leads, opened: Opened) -> None:
    lead = await opened()
    await leads("questionnaire-sent", lead)
    ended = await leads("verify", "--json")
    assert ended.code == 0, ended.out
    mine = next(each for each in ended.json if each["lead"] == lead)
    assert mine["ok"]
    assert mine["events"] > 10


async def test_code_on_which_a_lead_would_get_stuck_is_named(
    leads: Leads, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await opened()
    await leads("questionnaire-sent", lead)
    before = (await leads("verify", "--json")).json
    assert all(each["ok"] for each in before if each["lead"] == lead)

    def plans_nothing(*_: object) -> tuple[Effect, ...]:
        return ()

    monkeypatch.setattr("process.record.plan", plans_nothing)
    ended = await leads("verify", "--json")
    assert ended.code == 3
    assert not next(each for each in ended.json if each["lead"] == lead)["ok"]
    assert "do not replay" in ended.err
