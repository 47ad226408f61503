"""A mistake at the command line: seen before it is corrected, put right on request, and in sight afterwards."""

from typing import Any

import pytest

from tests.support.commands import Opened, RunLeads, eventually

PRICE = ("--amount", "12000", "--currency", "USD", "--per", "year")


@pytest.fixture
async def quoted(leads: RunLeads, opened: Opened) -> tuple[str, str]:
    """A lead whose price was quoted and mailed, and the number of that."""
    lead = await opened()
    seq = (await leads("price-quoted", lead, *PRICE, "--json")).json["seq"]
    ended = await eventually(
        lambda: leads("show", lead, "--json"),
        lambda ended: all(effect["status"] == "done" for effect in ended.json["effects"]),
    )
    assert ended.json["lead"]["mails"]
    return lead, str(seq)


async def test_the_preview_of_a_correction_shows_all_its_consequences(
    leads: RunLeads, quoted: tuple[str, str]
) -> None:
    lead, seq = quoted
    summary = ("--seq", seq, "--reason", "Another lead's price")
    shown = await leads("preview", lead, "corrected", *summary)
    assert shown.code == 0, shown.err
    for texts in (
        f"It would mean: {seq} was a mistake and no longer counts: Another lead's price",
        "The lead would be at lead",
        f"{seq}: Quoted 12,000.00 USD a year",
        "The lead's card moves from the column of quoted to that of lead",
        "--compensate mail: contracts@example.org got “price quoted” on ",
        f"--compensate comment: A comment on the lead's issue says that {seq} no longer counts, and why",
        "The lead's Drive folder serves whatever comes next",
        "only sales can take it back there",
    ):
        assert texts in shown.out
    asked = await leads("preview", lead, "corrected", *summary, "--compensate", "mail")
    _, right, rest = asked.out.partition("Is put right, as you ask for it")
    assert "contracts@example.org" in right + rest.partition("Is put right only")[0]
    found = (await leads("preview", lead, "corrected", *summary, "--json")).json["correction_impact"]
    assert found["corrected_decision"]["seq"] == int(seq)
    assert {left["compensate"] for left in found["traces"] if left["fate"] == "if asked"} == {
        "mail",
        "comment",
    }
    view = (await leads("show", lead, "--json")).json
    assert (view["stage"], view["refused"]) == ("quoted", [])


async def test_a_correction_compensates_effects_and_stays_in_the_history(
    leads: RunLeads, quoted: tuple[str, str]
) -> None:
    lead, seq = quoted
    more = ("--compensate", "mail", "--compensate", "comment")
    done = await leads("corrected", lead, "--seq", seq, "--reason", "Another's", *more, "--json")
    assert done.code == 0, done.err
    first = done.json["seq"]
    summary = [effect["summary"] for effect in done.json["effects"]]
    assert f"Mail a correction to everybody with wrong news about decision {seq}" in summary
    assert f"Comment on the lead's issue that {seq} was corrected" in summary
    shown = (await leads("show", lead)).out
    assert "Quoted 12,000.00 USD a year, bespoke, version 1, valid until" in shown
    assert f"(corrected by {first})" in shown
    again = await leads("corrected", lead, "--seq", str(first), "--reason", "It was right")
    assert f"{first} was a mistake, so {seq} counts again: It was right" in again.out
    assert "Not put right: contracts@example.org got “correction” on " in again.out
    assert f"--seq {first} --reason 'It was right' --compensate mail" in again.out
    assert f"(corrected by {first})" not in (await leads("history", lead)).out


@pytest.mark.parametrize(
    ("summary", "code", "says"),
    [
        (["--compensate", "hub"], 3, "No issue of the hub is open because of"),
        (["--compensate", "everything"], 2, "everything"),
    ],
)
async def test_an_impossible_compensation_is_refused(
    leads: RunLeads, quoted: tuple[str, str], summary: list[str], code: int, says: str
) -> None:
    lead, seq = quoted
    ended: Any = await leads("corrected", lead, "--seq", seq, "--reason", "x", *summary)
    assert ended.code == code
    assert says in ended.err


async def test_a_wrong_number_is_answered_with_commands_to_type(
    leads: RunLeads, quoted: tuple[str, str]
) -> None:
    lead, seq = quoted
    ended = await leads("corrected", lead, "--seq", "999", "--reason", "A slip")
    assert ended.code == 3
    assert f"(leads history {lead})" in ended.err
    assert f"(leads corrected {lead} --seq {seq} --reason 'A slip')" in ended.err
    assert "/corrected" not in ended.err
