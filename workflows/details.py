"""The current details of a lead in the Temporal UI, in Markdown."""

import re
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from process.calendar import day_of
from process.core.aggregate import LeadAggregate
from process.core.answers import Refusal
from process.views.agenda import next_date
from process.views.attention import attention
from process.views.lead_overview import TimelineLine
from process.views.next_step import next_step
from process.views.overview import timeline

SHOWN = 15
"""Number of events and refusals that the details show, newest first. The queries have all."""


def details(aggregate: LeadAggregate, now: datetime) -> str:
    """Return the lead's stage, next step, concerns, quotes, newest events and refusals."""
    return "\n".join(_lines(aggregate, now))


def _lines(aggregate: LeadAggregate, now: datetime) -> Iterator[str]:
    lead, step, coming = aggregate.lead, next_step(aggregate.lead), next_date(aggregate.lead)
    yield f"## {_plain(lead.heading)}"
    yield f"\n**{lead.stage}** · next: **{_plain(lead.role_with_person(step.owner))}** — {_plain(step.text)}"
    if coming:
        yield f"\nNext date: {coming}"
    links = {"Lead's issue": lead.issue, "Drive folder": lead.folder, "Hub's issue": lead.hub_issue}
    if any(links.values()):
        yield "\n" + " · ".join(f"[{name}]({link.url})" for name, link in links.items() if link)
    if found := attention(lead, lead.today(now)):
        yield "\n### Attention"
        yield from (f"- {_plain(line)}" for line in found)
    if aggregate.parked:
        yield "\n### Failed for good, waiting for the signal `retry`"
        yield from (
            f"- {item.effect.summary()}: {_plain(item.reason)} (`{item.effect.key}`)"
            for item in aggregate.parked
        )
    if lead.quotes:
        yield "\n### Quotes"
        for quote in reversed(lead.quotes):
            made_of = (
                "; ".join(map(str, quote.lines)) if len(quote.lines) > 1 else ""
            )  # the UI shows no list in a list
            yield (
                f"- version {quote.version}: {quote}, {quote.status_text}, valid until {quote.valid_until}"
                f"{f' ({_plain(made_of)})' if made_of else ''}"
            )
    yield "\n### What happened"
    yield from (_event(line, lead.zone) for line in reversed(timeline(aggregate, SHOWN)))
    if (earlier := len(aggregate.event_log.events) - SHOWN) > 0:
        yield f"- … and {earlier} earlier (query `timeline`)"
    if aggregate.refusals:
        yield f"\n### Refused ({aggregate.refused_total})"
        yield from (_refusal(refusal, lead.zone) for refusal in reversed(aggregate.refusals[-SHOWN:]))


def _refusal(refusal: Refusal, zone: str) -> str:
    at = f"{refusal.at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
    return f"- {at} · {refusal.kind}, by {_plain(refusal.by)}: {_plain(str(refusal.refused))}"


def _event(line: TimelineLine, zone: str) -> str:
    summary = _plain(line.summary)
    if line.corrected:
        summary = f"~~{summary}~~ (corrected by {line.corrected_by})"
    return f"- {line.seq} · {day_of(line.at, zone)} · {summary} · by {_plain(line.who)}"


def _plain(text: str) -> str:
    """Return a person's text on one line, escaped for Markdown and HTML."""
    return re.sub(r"([\\`*_\[\]<>|~#])", r"\\\1", " ".join(text.split()))
