"""Nothing that is pending or arrives when a lead continues as new is lost or done twice.

Each edge between two runs has a start, events while the old run hands over, and a condition for the new run.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.common import WorkflowIDConflictPolicy

from process.core.answers import Answer
from process.lead.lead import Lead
from process.views.lead_overview import Overview
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import Life

PRICE = {"amount": 12000, "currency": "USD", "per": "year"}
Act = Callable[[Life], Awaitable[Any]]


async def _nothing(life: Life) -> None:
    """Nothing happens."""


@dataclass(frozen=True)
class Seen:
    """The lead in its new run, and the effects performed outside."""

    life: Life
    view: Overview

    @property
    def lead(self) -> Lead:
        return self.view.lead

    @property
    def assets(self) -> list[str]:
        return sorted(asset.name for asset in self.lead.assets)

    @property
    def refused(self) -> list[str]:
        return [refusal.kind for refusal in self.view.refused]

    def count(self, kind: str) -> int:
        """Return the number of events of this kind."""
        return [line.kind for line in self.view.timeline].count(kind)

    def mails(self, template: str) -> int:
        return self.life.outside.templates(self.life.id).count(template)


@dataclass(frozen=True)
class Edge:
    """An edge between two runs.

    `meanwhile` happens while the old run hands over, `after` in the new run before its effects are done.
    """

    name: str
    before: Act = _nothing
    meanwhile: Act = _nothing
    after: Act = _nothing
    holds: Callable[[Seen], bool] = bool
    alone: bool = False
    """True if another decision in between would make it another edge."""


def _decides(kind: str, **body: Any) -> Act:
    async def act(life: Life) -> None:
        answer = await life.decide(kind, **body)
        assert answer.accepted, str(answer)

    return act


def _signals(kind: str, *args: Any) -> Act:
    async def act(life: Life) -> None:
        await life.signal(kind, *args)

    return act


def _breaks(how: str, kind: str, then: Act = _nothing) -> Act:
    async def act(life: Life) -> None:
        life.outside.broken[f"{kind} {life.id}"] = how
        await then(life)
        async with asyncio.timeout(TIMEOUT):
            while not life.outside.begun[f"{kind} {life.id}"]:
                await asyncio.sleep(0.02)

    return act


async def _mended(life: Life) -> None:
    life.outside.broken.clear()
    await life.signal("retry")


def _passes(days: float) -> Act:
    async def act(life: Life) -> None:
        await life.pass_days(days)

    return act


def _both(*acts: Act) -> Act:
    async def act(life: Life) -> None:
        for each in acts:
            await each(life)

    return act


def _at_once(*acts: Act) -> Act:
    async def act(life: Life) -> None:
        await asyncio.gather(*(each(life) for each in acts))

    return act


async def _starts_again(life: Life) -> None:
    """Start the same lead once more, with a signal: the running lead receives it."""
    queue = (await life.handle.describe()).task_queue
    with life.env.with_time_skipping_disabled():
        await life.env.client.start_workflow(
            "LeadWorkflow",
            {"org": "Example University", "person": "Ada Example", "title": "A hub for a course"},
            id=life.id,
            task_queue=queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal="asset_attached",
            start_signal_args=[{"name": "from a second start"}],
        )


async def _same_key(life: Life) -> None:
    answer = await life.decide("price_quoted", **PRICE, key="k1")
    assert (answer.accepted, answer.repeat) == (True, True)


async def _other_content(life: Life) -> None:
    answer = await life.decide("price_quoted", **PRICE | {"amount": 13000}, key="k1")
    assert "already stands for another decision" in str(answer)


async def _refused_key(life: Life) -> None:
    answer: Answer = await life.decide("hub_live", key="k2")
    assert not answer.accepted


async def _double_click(life: Life) -> None:
    answer = await life.decide("price_quoted", **PRICE)
    assert (answer.accepted, answer.repeat) == (True, True)


async def _cancels(life: Life) -> None:
    await life.handle.cancel()


async def _corrects(life: Life, kind: str) -> None:
    """Correct the newest decision of this kind."""
    view = await life.overview()
    seq = max(line.seq for line in view.timeline if line.kind == kind)
    await _decides("corrected", seq=seq, reason="a slip")(life)


_QUOTED = _decides("price_quoted", **PRICE, key="k1")
_HANDED_OVER = _both(_QUOTED, _decides("quote_accepted"), _decides("contract_handed_over"))
_SLIP = _both(_breaks("park", "send_mail", _QUOTED), lambda life: _corrects(life, "price_quoted"))
_ASSET = {"name": "notes"}

EDGES = (
    Edge("nothing is pending", holds=lambda seen: seen.count("lead_opened") == 1),
    Edge(
        "a signal arrives",
        meanwhile=_signals("asset_attached", _ASSET),
        holds=lambda seen: seen.assets == ["notes"],
    ),
    Edge(
        "many signals arrive",
        meanwhile=_at_once(*(_signals("asset_attached", {"name": f"notes {n}"}) for n in range(30))),
        holds=lambda seen: seen.assets == sorted(f"notes {n}" for n in range(30)),
    ),
    Edge(
        "an update arrives",
        meanwhile=_decides("asset_attached", **_ASSET),
        holds=lambda seen: seen.count("asset_attached") == 1,
    ),
    Edge(
        "a second start with a signal arrives",
        meanwhile=_starts_again,
        holds=lambda seen: (
            seen.count("lead_opened") == 1 and [a.name for a in seen.lead.assets] == ["from a second start"]
        ),
    ),
    Edge(
        "the same key comes again",
        before=_QUOTED,
        after=_same_key,
        holds=lambda seen: len(seen.lead.quotes) == 1 and seen.mails("price_quoted") == 1,
    ),
    Edge("the key belongs to another decision", before=_QUOTED, after=_other_content),
    Edge(
        "a refusal under a key is remembered",
        before=lambda life: life.decide("hub_live", key="k2"),
        after=_refused_key,
        holds=lambda seen: seen.refused == ["hub_live"],
    ),
    Edge(
        "a double click, the second in the new run",
        alone=True,
        before=_decides("price_quoted", **PRICE),
        after=_double_click,
        holds=lambda seen: len(seen.lead.quotes) == 1,
    ),
    Edge(
        "the same signal before and after",
        before=_signals("price_quoted", PRICE | {"key": "k1"}),
        after=_signals("price_quoted", PRICE | {"key": "k1"}),
        holds=lambda seen: len(seen.lead.quotes) == 1,
    ),
    Edge(
        "refusals are kept",
        before=_both(*(_signals("nonsense", n) for n in range(3))),
        meanwhile=_signals("more_nonsense"),
        holds=lambda seen: seen.refused == ["nonsense"] * 3 + ["more_nonsense"],
    ),
    Edge(
        "cancelling is refused",
        meanwhile=_cancels,
        holds=lambda seen: seen.view.stage == "lead",
    ),
    Edge(
        "asked twice for a new run",
        meanwhile=_both(_signals("adopt"), _signals("asset_attached", _ASSET)),
        holds=lambda seen: len(seen.lead.assets) == 1,
    ),
    Edge(
        "an effect failed for good",
        before=_breaks("park", "send_mail", _QUOTED),
        after=_mended,
        holds=lambda seen: seen.mails("price_quoted") == 1,
    ),
    Edge(
        "a retry is requested between the runs",
        before=_breaks("park", "send_mail", _QUOTED),
        meanwhile=_mended,
        after=_signals("retry"),
        holds=lambda seen: seen.mails("price_quoted") == 1,
    ),
    Edge(
        "an effect is being tried again and again",
        before=_breaks("again", "place_card"),
        after=_mended,
        holds=lambda seen: seen.lead.card is not None,
    ),
    Edge(
        "an effect waits for another's result",
        before=_breaks(
            "again",
            "reserve_ids",
            _both(_QUOTED, _decides("quote_accepted"), _decides("contract_handed_over")),
        ),
        after=_mended,
        holds=lambda seen: seen.mails("handover") == 1 and seen.lead.folder is not None,
    ),
    Edge(
        "a mail is withdrawn with its decision, and sent when that is restored",
        before=_SLIP,
        after=_both(lambda life: _corrects(life, "corrected"), _mended),
        holds=lambda seen: len(seen.lead.quotes) == 1 and seen.mails("price_quoted") == 1,
    ),
    Edge(
        "a mail is withdrawn with its decision for good",
        before=_SLIP,
        after=_mended,
        holds=lambda seen: seen.mails("price_quoted") == 0 and seen.view.stage == "lead",
    ),
    Edge(
        "the ledger lags",
        before=_breaks("again", "record_events", _QUOTED),
        after=_mended,
    ),
    Edge(
        "the ledger's writing failed for good",
        before=_breaks("park", "record_events", _QUOTED),
        after=_mended,
    ),
    Edge(
        "a reminder is pending",
        before=_QUOTED,
        after=_passes(26),
        holds=lambda seen: seen.mails("quote_running_out") == 1,
    ),
    Edge(
        "a date passed just before",
        before=_both(_QUOTED, _passes(26)),
        after=_passes(10),
        holds=lambda seen: seen.mails("quote_running_out") == 1 and seen.lead.quotes[0].status == "expired",
    ),
    Edge(
        "it is on hold for an event",
        before=_decides("put_on_hold", event="the grant's decision"),
        after=_both(_passes(60), _decides("resumed")),
        holds=lambda seen: seen.mails("stale") == 0 and seen.lead.hold is None,
    ),
    Edge(
        "months are billed",
        before=_both(lambda life: life.to_hub(), _passes(40)),
        after=_passes(40),
        holds=lambda seen: (
            [invoice.number for invoice in seen.lead.invoices] == [1, 2, 3] and seen.mails("invoice") == 3
        ),
    ),
    Edge(
        "the lead has ended",
        alone=True,
        before=_decides("lost", reason="budget"),
        after=_decides("reopened", reason="another grant"),
        holds=lambda seen: seen.view.stage == "lead",
    ),
)


async def _under_way(life: Life, kind: str, decision: str, **body: Any) -> asyncio.Event:
    """Begin an effect of this kind by the decision, and return the event that lets it end."""
    name = f"{kind} {life.id}"
    held = life.outside.held[name] = asyncio.Event()
    tried = life.outside.begun[name]
    await _decides(decision, **body)(life)
    async with asyncio.timeout(TIMEOUT):
        while life.outside.begun[name] == tried:
            await asyncio.sleep(0.02)
    return held


async def _has_new_run(life: Life, before: str) -> None:
    async with asyncio.timeout(TIMEOUT):
        while await _run(life) == before:
            await asyncio.sleep(0.05)


async def _run(life: Life) -> str:
    return (await life.handle.describe()).run_id or ""


CASES = [
    pytest.param(edge, held, id=f"{edge.name}{', while an effect is under way' if held else ''}")
    for edge in EDGES
    for held in (False, True)
    if not (held and edge.alone)
]


@pytest.mark.parametrize(("edge", "held"), CASES)
async def test_nothing_is_lost_or_done_twice(life: Life, edge: Edge, held: bool) -> None:
    await life.settled()
    await edge.before(life)
    known, run = (await life.overview()).timeline, await _run(life)
    if held:  # the old run must wait for it, so all that is meant for the edge arrives there
        ends = await _under_way(life, "read_prices", "price_list_requested")
        known = (await life.overview()).timeline
    await life.signal("adopt")
    during = asyncio.ensure_future(edge.meanwhile(life))
    if held:
        await asyncio.sleep(0)
        ends.set()
    await during
    await _has_new_run(life, run)
    await edge.after(life)
    view = await life.settled()

    assert view.timeline[: len(known)] == _with_corrections(known, view)
    assert [line.seq for line in view.timeline] == list(range(1, len(view.timeline) + 1))
    assert {effect.status for effect in view.effects} == {"done"}
    done = life.outside.of(life.id)
    assert len(done) == len(set(done)), "an effect was done twice"
    assert life.outside.recorded(life.id) == [line.seq for line in view.timeline]
    assert edge.holds(Seen(life, view))


def _with_corrections(known: tuple[Any, ...], view: Overview) -> tuple[Any, ...]:
    """Return these lines with the corrections that now apply to them."""
    now = {line.seq: line for line in view.timeline}
    fields = ("corrected", "corrected_by")
    return tuple(line.replaced(**({name: getattr(now[line.seq], name) for name in fields})) for line in known)


@pytest.mark.parametrize(("how", "status"), [("again", "done"), ("park", "parked")])
async def test_an_effect_that_fails_between_runs_is_retried_or_parked(
    life: Life, how: str, status: str
) -> None:
    """A passing fault is tried again in the next run, and a lasting one is known there."""
    await life.settled()
    run, ends = await _run(life), await _under_way(life, "send_mail", "price_quoted", **PRICE)
    life.outside.broken[f"send_mail {life.id}"] = how
    await life.signal("adopt")
    while not await _is_cancel_requested(life, "perform_effects"):
        await asyncio.sleep(0.02)
    ends.set()
    await _has_new_run(life, run)
    life.outside.broken.clear()
    view = await life.settled()
    assert {effect.status for effect in view.effects if "price quoted" in effect.summary} == {status}
    assert life.outside.templates(life.id) == ["price_quoted"] * (status == "done")


async def _is_cancel_requested(life: Life, kind: str) -> bool:
    pending = (await life.handle.describe()).raw_description.pending_activities
    return any(
        each.activity_type.name == kind
        and each.state == PendingActivityState.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED
        for each in pending
    )
