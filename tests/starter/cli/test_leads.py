"""Leads steered and looked at from the command line, on a real server."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

import client.leads
from config.settings import Settings
from ledger.errors import LedgerUnavailable
from ledger.ledger import Ledger
from process.decisions.opening import LeadOpened
from process.identity import contact_key
from process.types import Link
from starter.cli.check_leads import rows_check
from tests.support.commands import Opened, RunLeads, Visible, eventually, refused
from tests.support.lives import Life
from tests.support.outside import Outside
from tests.support.rows import write_rows
from tests.support.waiting import TIMEOUT
from workflows import search_attributes as attributes

# ---- decide


async def test_a_decision_prints_its_event_and_its_effects(leads: RunLeads, opened: Opened) -> None:
    lead = await opened()
    price = ("--amount", "12000", "--currency", "usd", "--per", "year")
    ended = await leads("price-quoted", lead, *price, "--key", "one")
    assert ended.code == 0
    assert "Quoted 12,000.00 USD a year" in ended.out
    assert "  Chores: " in ended.out, "one line, unless one failed"
    ended = await leads("price-quoted", lead, *price, "--key", "one", "-v")
    assert "Mail to contracts: price quoted" in ended.out
    assert f"{lead} is at quoted" in ended.out
    accepted = (await leads("quote-accepted", lead, "--accepted-by", "Ada", "--json")).json
    assert accepted["lead_id"] == lead
    assert accepted["stage"] == "quoted"
    assert accepted["accepted"] is True
    assert accepted["repeat"] is False
    assert accepted["pending"] is False
    assert "accepted" in accepted["message"]
    assert any(effect["key"] == f"{lead}/{accepted['seq']}/update_issue" for effect in accepted["effects"])


async def test_a_decision_while_the_ledger_is_away_says_that_it_is_not_recorded_yet(
    leads: RunLeads, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    def append(*_: object, **__: object) -> int:
        raise LedgerUnavailable("The disk is full")

    lead = await opened()
    price = ("--currency", "usd", "--per", "year")
    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "append", append)
        ended = await leads("price-quoted", lead, "--amount", "12000", *price)
        assert ended.code == 0
        assert "Quoted 12,000.00 USD a year" in ended.out
        assert (
            "The ledger is away. The event is written to it, and lists show it, when it is back" in ended.out
        )
        assert "Write the events to the ledger, which was away" in (await leads("show", lead)).out
        assert not (await leads("price-quoted", lead, "--amount", "11000", *price, "--json")).json["recorded"]


async def test_a_price_takes_items_and_a_discount_as_people_write_them(
    leads: RunLeads, opened: Opened
) -> None:
    lead = await opened()
    price = ("--amount", "12000", "--currency", "usd", "--per", "year")
    items = ("--item", "Training: 2,000.00 once", "--item", "Support: 300 a year")
    off = ("--discount-percent", "20 %", "--discount-reason", "A pilot")
    texts = (*price, *items, *off)
    wrong = await leads("price-quoted", lead, *price, "--item", "Training 2000")
    assert wrong.code == 2
    assert "leads: --item: write an item as `Training: 2000 once`" in wrong.err
    preview = await leads("preview", lead, "price-quoted", *texts)
    assert "It would mean: Quoted 9,900.00 USD a year and 2,000.00 USD once" in preview.out
    ended = await leads("price-quoted", lead, *texts, "--verbose")
    assert ended.code == 0
    assert "it can't be approved: it is not known who gave the discount" in ended.out
    assert (
        "quotes it again where the service knows them: in a comment on the lead's issue"
        in ended.out + ended.err
    )
    assert "discount approval" not in ended.out
    assert "next is sales: quote the discount of 20 % (2,400.00 USD) again" in ended.out
    shown = (await leads("show", lead)).out
    for line in (
        "1: 9,900.00 USD a year and 2,000.00 USD once, can't be approved: it is not known",
        "Training: 2,000.00 USD once",
        "Discount of 20 %: -2,400.00 USD a year",
    ):
        assert line in shown
    refused(
        await leads("discount-approved", lead),
        "Nobody can approve this discount",
        "https://github.example.org/",
    )
    options = (await leads("options", lead)).out
    assert "discount-approved" in options
    assert "Nobody can approve this discount" in " ".join(options.split())
    history = (await leads("history", lead)).out
    assert "Ann, sales (not authenticated)" in history
    assert (await leads("price-quoted", lead, *price)).code == 0
    assert (await leads("quote-accepted", lead)).code == 0


async def test_a_repeat_is_done_already(leads: RunLeads, opened: Opened) -> None:
    lead = await opened()
    summary = ("questionnaire-sent", lead, "--key", "mail-17")
    first = (await leads(*summary, "--json")).json
    again = await leads(*summary, "--json")
    assert again.code == 0
    assert again.json["repeat"] is True
    assert again.json["seq"] == first["seq"]
    assert "already decided" in (await leads(*summary)).out


async def test_a_refusal_is_one_sentence(leads: RunLeads, opened: Opened) -> None:
    lead = await opened()
    refused(
        await leads("hub-requested", lead),
        "No contract is signed",
        f"(leads contract-signed {lead} --evidence EVIDENCE)",
        "--exception-by",
    )
    as_json = await leads("hub-requested", lead, "--json")
    assert as_json.code == 3
    assert as_json.json == {"error": as_json.err.removeprefix("leads: ").strip(), "code": 3}
    assert len((await leads("show", lead, "--json")).json["refused"]) == 2


async def test_without_a_worker_a_decision_is_sent_and_taken_later(
    leads_alone: RunLeads, work: Callable[[], Worker], org: str
) -> None:
    started = await leads_alone("start", "--org", org, "--person", "Ada", "--title", "A hub", "--json")
    lead = started.json["lead_id"]
    ended = await leads_alone("questionnaire-sent", lead, "--timeout", "2", "--json")
    assert ended.code == 0
    assert ended.json["pending"] is True
    assert "No worker answers" in ended.json["message"]
    unanswered = await leads_alone("show", lead, "--timeout", "2")
    assert unanswered.code == 5
    assert "No worker answers" in unanswered.err
    assert (await leads_alone("retry", lead, "--timeout", "0.5")).code == 5
    async with work(), asyncio.timeout(TIMEOUT):
        kinds: list[str] = []
        while (
            "questionnaire_sent" not in kinds
        ):  # a question may be answered before what came earlier is taken
            kinds = [line["kind"] for line in (await leads_alone("history", lead, "--json")).json]
    assert kinds.count("questionnaire_sent") == 1


# ---- find


async def test_a_unique_beginning_of_an_id_is_enough(
    leads: RunLeads, opened: Opened, org: str, visible: Visible
) -> None:
    lead = await opened()
    await visible(lead)
    for name in (lead, lead[:-2], lead.removeprefix("lead-"), org, org.upper()):
        assert (await leads("show", name, "--json")).json["lead_id"] == lead
    unclear = await leads("questionnaire-sent", lead[:-2])
    assert unclear.code == 4
    assert "Repeat it with the id" in unclear.err
    assert lead in unclear.err
    assert (await leads("questionnaire-sent", org)).out.startswith(f"[{org} / Ada] - A hub")


async def test_an_ambiguous_beginning_of_an_id_is_refused(
    leads: RunLeads, opened: Opened, queue: str, visible: Visible
) -> None:
    one = await opened("--id", f"lead-twin-{queue}-a")
    two = await opened("--id", f"lead-twin-{queue}-b", "--not-a-duplicate")
    await visible(one, two)
    ended = await leads("show", f"twin-{queue}")
    assert ended.code == 4
    assert one in ended.err
    assert two in ended.err


@pytest.mark.parametrize("name", ["", " ", "'", "lead-"])
async def test_an_empty_name_finds_no_lead(leads: RunLeads, opened: Opened, name: str) -> None:
    await opened()
    assert "names no lead" in (await leads("lost", name, "--reason", "budget")).err


@pytest.mark.parametrize("name", ["lead-nobody", "it's", "", "x" * 2000])
@pytest.mark.parametrize("command", ["show", "history", "options", "retry", "quote-accepted"])
async def test_no_such_lead(leads: RunLeads, command: str, name: str) -> None:
    ended = await leads(command, name)
    assert ended.code == 4
    assert not ended.out
    assert ended.err.count("\n") == 1


async def test_a_lead_is_found_by_its_issue(
    leads: RunLeads, org: str, env: WorkflowEnvironment, queue: str, outside: Outside
) -> None:
    faces = client.leads.LeadsClient(env.client, queue, "http://localhost:8233", timedelta(seconds=TIMEOUT))
    issue = Link(id="12", url=f"https://github.example.org/example/{queue}/issues/12")
    begun = await faces.open(
        LeadOpened(org=org, person="Ada", title="A hub", email="ada@example.org", issue=issue)
    )
    found = await eventually(lambda: faces.by_issue(queue, 12), bool)
    assert found.id == begun.lead_id
    view = await faces.overview(found)
    assert view.lead.issue == issue
    assert f"{begun.lead_id}/1/update_issue" in [effect.key for effect in view.effects]
    assert f"{begun.lead_id}/1/open_issue" not in [effect.key for effect in view.effects]
    assert await faces.by_issue(queue, 13) is None
    assert await faces.by_issue("leads' OR 1=1", 12) is None
    known = (await found.describe()).typed_search_attributes
    assert known.get(attributes.ISSUE) == f"{queue}#12"
    assert known.get(attributes.DOMAIN) == contact_key("grace@EXAMPLE.org")


# ---- look


async def test_show_prints_the_whole_lead(
    leads: RunLeads, opened: Opened, outside: Outside, org: str
) -> None:
    outside.broken["send_mail"] = "park"
    lead = await opened()
    await leads("price-quoted", lead, "--amount", "12000", "--currency", "USD", "--per", "year")
    await leads("hub-requested", lead)

    async def shown() -> dict[str, Any]:
        found: dict[str, Any] = (await leads("show", lead, "--json")).json
        return found

    view = await eventually(shown, lambda view: any(e["status"] == "parked" for e in view["effects"]))
    assert {"lead_id", "lead", "stage", "timeline", "refused", "effects", "url"} <= set(view)
    assert (view["lead_id"], view["stage"]) == (lead, "quoted")
    text = (await leads("show", lead)).out
    for wanted in (
        f"[{org} / Ada] - A hub",
        f"{lead} · quoted · next is community: agree to the price",
        f"Failed for good (leads retry {lead})",
        f"({lead}/",
        f"Issue: https://github.example.org/{lead}",
        "[x] Price quoted",
        "1: 12,000.00 USD a year, open",
        "Quoted 12,000.00 USD a year",
        "hub-requested by Ann, sales: No contract is signed",
    ):
        assert wanted in text
    parked = next(effect["key"] for effect in view["effects"] if effect["status"] == "parked")
    outside.broken.clear()
    assert (await leads("retry", lead, parked, "--json")).json["retried"] == [parked]
    await eventually(shown, lambda view: all(e["status"] == "done" for e in view["effects"]))
    assert (await leads("retry", lead, "--json")).json["retried"] == []


async def test_a_lead_continues_in_a_new_run_when_asked_to(
    leads: RunLeads, opened: Opened, env: WorkflowEnvironment, visible: Visible
) -> None:
    lead = await opened()

    async def run() -> str:
        return (await env.client.get_workflow_handle(lead).describe()).run_id

    before = await run()
    asked = {"leads": 1, "asked": 1, "failed": 0}
    assert (await leads("adopt", lead, "--json")).json == asked
    await eventually(run, lambda now: now != before)
    before = await run()
    await visible(lead)
    assert (await leads("adopt", "--all", "--json")).json == asked
    await eventually(run, lambda now: now != before)
    assert (await leads("adopt", "--all", "--rate", "0")).code == 2
    assert (await leads("adopt")).code == 2
    assert (await leads("adopt", lead, "--all")).code == 2


async def test_text_from_people_cannot_control_the_terminal(leads: RunLeads, opened: Opened) -> None:
    lead = await opened()
    await leads("questionnaire-sent", lead, "--note", "\x1b[2J\x07 [red]gone[/red]\nsecond line")
    for command in ("show", "history"):
        text = (await leads(command, lead)).out
        assert "[red]gone[/red] second line" in text
        assert "\x1b" not in text
        assert "\x07" not in text


async def test_history_keeps_what_was_corrected(leads: RunLeads, opened: Opened) -> None:
    lead = await opened()
    seq = (await leads("questionnaire-sent", lead, "--json")).json["seq"]
    await leads("corrected", lead, "--seq", str(seq), "--reason", "Another lead's")
    lines = (await leads("history", lead)).out.splitlines()
    assert any(line.startswith(str(seq)) and "(corrected by " in line for line in lines)
    assert not any(line != line.rstrip() for line in lines)


async def test_options_and_preview_change_nothing(leads: RunLeads, opened: Opened) -> None:
    lead = await opened()
    options = {option["kind"]: option for option in (await leads("options", lead, "--json")).json}
    assert options["price_quoted"]["allowed"]
    assert not options["quote_accepted"]["allowed"]
    first, *_ = (await leads("options", lead)).out.splitlines()[1:]
    assert first.split()[:2] == ["questionnaire-sent", "next"]
    possible, every = (await leads("options", lead)).out, (await leads("options", lead, "--all")).out
    assert "--amount --currency --per" in possible
    assert "31 other decisions are refused now" in possible
    assert "quote-accepted" not in possible
    assert "quote-accepted" in every
    summary = ("--amount", "12000", "--currency", "EUR", "--per", "once")
    preview = (await leads("preview", lead, "price-quoted", *summary, "--json")).json
    assert preview["stage"] == "quoted"
    assert "Mail to contracts: price quoted" in preview["effects"]
    text = await leads("preview", lead, "price_quoted", *summary)
    assert "It would mean: Quoted 12,000.00 EUR once" in text.out
    refused(await leads("preview", lead, "quote-accepted"), "(leads price-quoted ")
    assert (await leads("preview", lead, "price-quoted", "--amount", "much")).code == 2
    view = (await leads("show", lead, "--json")).json
    assert view["stage"] == "lead"
    assert not view["refused"]


async def test_list_filters(leads: RunLeads, opened: Opened, org: str) -> None:
    lead = await opened()

    async def listed(*summary: str) -> list[dict[str, Any]]:
        return [row for row in (await leads("list", *summary, "--json")).json if row["lead_id"] == lead]

    (row,) = await eventually(lambda: listed("--owner", "sales"), bool)
    assert (row["stage"], row["owner"], row["heading"]) == ("lead", "sales", f"[{org} / Ada] - A hub")
    assert not await listed("--stage", "quoted", "--stage", "hub")
    assert not await listed("--owner", "engineering")
    assert not await listed("--attention")
    await leads("lost", lead, "--reason", "budget")
    await eventually(lambda: listed("--stage", "lost"), bool)
    assert not await listed()
    text = (await leads("list", "--stage", "lost")).out
    assert text.splitlines()[0].split() == [
        "lead",
        "stage",
        "next",
        "is",
        "next",
        "date",
        "attention",
        "title",
    ]
    assert any(line.startswith(lead) for line in text.splitlines())


async def test_a_decision_on_a_terminated_lead_says_how_to_restore_it(
    leads: RunLeads, opened: Opened, env: WorkflowEnvironment, org: str
) -> None:
    lead = await opened()
    await env.client.get_workflow_handle(lead).terminate()
    ended = await leads("quote-accepted", lead)
    assert ended.code == 4
    assert "its workflow is terminated in Temporal" in ended.err
    assert f"`leads restore {lead}` begins it again" in ended.err
    refused(await leads("start", "--org", org, "--person", "Ada", "--title", "A hub"), lead)


async def test_the_check_compares_the_ledger_with_temporal(
    leads: RunLeads,
    opened: Opened,
    env: WorkflowEnvironment,
    queue: str,
    ledger_url: str,
    visible: Visible,
) -> None:
    lead = await opened()
    await visible(lead)
    settings = Settings(_env_file=None, ledger_url=ledger_url, task_queue=queue)
    found = await eventually(lambda: rows_check(env.client, settings), lambda found: found.detail == "1")
    assert found.ok
    write_rows(ledger_url, Life(lead_id="lead-terminated"))
    found = await rows_check(env.client, settings)
    assert not found.ok
    how = "not in Temporal, though no decision has ended it"
    assert found.detail == (
        f"in Temporal: 1, in the ledger: 2; not running: lead-terminated ({how}). See `leads restore --all`"
    )


async def test_an_invalid_option_names_the_help_of_its_own_command(leads: RunLeads) -> None:
    turned = await leads("start", "--org", "A\u202eB", "--person", "Ada", "--title", "A hub")
    assert turned.code == 2
    assert "`leads start --help` explains it." in turned.err
