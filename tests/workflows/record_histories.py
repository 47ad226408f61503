"""Record what later releases must go on with: `python -m tests.workflows.record_histories RELEASE`.

It writes the histories that `test_replay.py` replays, and the names of the changed rules that the release knows.

Run it once for each release: leads in flight replay the events that the released version wrote.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from tests.support.histories import write_history, write_known_rules
from tests.support.outside import Outside
from tests.support.servers import skipping_time
from tests.support.workflow_lives import Life

PRICE = {"amount": 12000, "currency": "USD", "per": "year"}


async def _of(life: Life, kind: str) -> int:
    """Return the number of the newest event of this kind."""
    return max(line.seq for line in (await life.overview()).timeline if line.kind == kind)


async def _a_year_of_a_hub(life: Life) -> None:
    await life.decide_all(
        "questionnaire_sent", "questionnaire_answered", questionnaire_answered={"response_id": "r1"}
    )
    await life.decide("maniac_t_assessed", money="yes", money_evidence="grant", in_scope=True)
    await life.to_hub()
    await life.decide("hub_information_given", name="Example Hub", url="pending")
    await life.pass_days(100)
    await life.decide("invoice_sent", number=1)
    await life.pass_days(300)
    await life.decide("service_extended", reason="the renewal is with their lawyers")
    await life.decide("decommission_decided", on="2099-01-01", reason="the course is over")


async def _a_renewal(life: Life) -> None:
    await life.to_signed()
    await life.decide_all(
        "hub_requested",
        "hub_live",
        "hub_validated",
        hub_validated={"representative": "Ada Example", "users": 7},
    )
    await life.pass_days(200)
    await life.decide_all(
        "invoice_voided",
        "price_quoted",
        "quote_accepted",
        "contract_handed_over",
        "contract_progressed",
        "contract_signed",
        invoice_voided={"number": 2, "reason": "the hub was down"},
        price_quoted={"amount": 13000, "currency": "USD", "per": "year"},
        contract_progressed={"state": "out for signature"},
        contract_signed={"evidence": "https://drive.example.org/renewal.pdf"},
    )
    await life.pass_days(230)


async def _refusals_and_corrections(life: Life) -> None:
    for args in [(1, 2), ("x",), ({"amount": "much"},)]:
        await life.signal("price_quoted", *args)
    await life.signal("nonsense", 1)
    await life.decide("price_quoted", **PRICE)
    await life.decide("price_quoted", book="2022-05", plan="Research")
    await life.decide("corrected", seq=2, reason="a slip")
    await life.decide("quote_accepted", key="k1")
    await life.decide("quote_accepted", key="k1")
    await life.handle.cancel()
    await life.settled()


async def _waiting_and_losing(life: Life) -> None:
    await life.decide("questionnaire_sent")
    await life.pass_days(40)
    await life.decide("put_on_hold", event="the grant's decision")
    await life.pass_days(40)
    await life.decide("resumed")
    await life.decide("price_quoted", **PRICE)
    await life.pass_days(45)
    await life.decide("lost", reason="budget")
    await life.decide("reopened", reason="another grant")
    await life.decide("lost", reason="timing")
    await life.pass_days(380)


async def _failures(life: Life) -> None:
    life.outside.broken |= {"send_mail": "park", "place_card": "again"}
    await life.decide("price_quoted", **PRICE)
    await asyncio.sleep(3)
    life.outside.broken.clear()
    await life.signal("retry")
    await life.settled()


async def _items_and_discounts(life: Life) -> None:
    offer = PRICE | {"item": ["Training: 2000 once", "Support: 300"], "discount_reason": "a pilot"}
    await life.decide("price_quoted", **offer, discount_percent=20, by="Ada Example")
    await life.decide("discount_declined", reason="ten would do")
    await life.decide("price_quoted", **offer, discount_percent=15, by="Ada Example")
    await life.pass_days(8)
    await life.decide_all(
        "discount_approved",
        "quote_accepted",
        "contract_handed_over",
        "contract_signed",
        "vendor_setup_not_needed",
        discount_approved={"by": "Grace Example"},
        contract_signed={"evidence": "https://drive.example.org/signed.pdf", "reference": "PO-1"},
    )
    await life.pass_days(40)


async def _mistakes_put_right(life: Life) -> None:
    await life.decide("price_quoted", **PRICE)
    await life.settled()
    await life.decide(
        "corrected",
        seq=await _of(life, "price_quoted"),
        reason="a zero too many",
        compensate=["mail", "comment"],
    )
    await life.settled()
    await life.decide("corrected", seq=await _of(life, "corrected"), reason="it was right", compensate="all")
    await life.settled()


async def _a_duplicate(life: Life) -> None:
    await life.signal("flag_duplicates", {"originals": [{"lead_id": "lead-original"}]})
    await life.decide("price_quoted", **PRICE)
    await life.decide("kept_apart", reason="another faculty")
    await life.settled()
    await life.decide("corrected", seq=await _of(life, "kept_apart"), reason="the same after all")
    await life.decide("merged", into="lead-original")
    await life.settled()


async def _other_people_and_rules(life: Life) -> None:
    team = {"addresses": {"contracts": ["contracts@example.org"]}}
    await life.signal("set_team", team)
    await life.decide("price_quoted", **PRICE)
    await life.settled()
    await life.signal("set_team", {"addresses": {"contracts": ["deals@example.org"]}})
    await life.settled()
    await life.decide("policy_adopted", policy={"version": "2027-01", "periods": {"stale": 14}})
    await life.pass_days(45)


async def _a_new_run(life: Life) -> None:
    """Continue as new on a server that suggests it early; the last run is recorded."""
    await life.to_hub()
    await asyncio.sleep(2)
    await life.pass_days(70)


LIVES: dict[str, Callable[[Life], Awaitable[None]]] = {
    "a-year-of-a-hub": _a_year_of_a_hub,
    "a-renewal": _a_renewal,
    "refusals-and-corrections": _refusals_and_corrections,
    "waiting-and-losing": _waiting_and_losing,
    "failures": _failures,
    "items-and-discounts": _items_and_discounts,
    "mistakes-put-right": _mistakes_put_right,
    "a-duplicate": _a_duplicate,
    "other-people-and-rules": _other_people_and_rules,
}


async def _record(
    env: WorkflowEnvironment, release: str, name: str, live: Callable[[Life], Awaitable[None]]
) -> None:
    outside = Outside()
    async with Worker(env.client, task_queue=name, activities=outside.activities()):
        life = await Life.begin(env, outside, f"lead-{name}", queue=name)
        await live(life)
    for number, history in enumerate([each async for each in _runs(life)], start=1):
        run = f"{release}-{name}{f'-before-{number - 1}' if number > 1 else ''}"
        write_history(run, history.to_json())
        print(f"{run}: {len(history.events)} events")  # noqa: T201


async def _runs(life: Life) -> AsyncIterator[WorkflowHistory]:
    """Yield the histories of the lead's runs, newest first."""
    run: str | None = None
    while run != "":
        handle = life.env.client.get_workflow_handle(life.id, run_id=run)
        history = await handle.fetch_history()
        yield history
        run = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id


async def main(release: str) -> None:
    async with skipping_time() as env:
        for name, live in LIVES.items():
            await _record(env, release, name, live)
    async with skipping_time("limit.historyCount.suggestContinueAsNew=40") as env:
        await _record(env, release, "a-new-run", _a_new_run)
    write_known_rules(release)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
