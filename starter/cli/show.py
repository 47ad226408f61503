"""Prints a lead on one screen."""

from collections.abc import Iterable, Iterator, Sequence

from client.retries import PendingRetry
from process.lead.duplicate_links import DuplicateLink, Relation
from process.lead.invoice import Invoice
from process.lead.lead import Lead, SentMail
from process.lead.quote import Quote
from process.views.checklist import checklist
from process.views.lead_overview import EffectLine, Overview, with_correction
from starter.cli.output import Output, moment
from starter.cli.spelling import as_command, write_refusal

NEWEST = 12
"""Number of events, mails and invoices shown; `leads history` and --json have all."""
NEWEST_REFUSALS = 3
"""Number of refusals shown, each of which takes several lines."""


def show_lead(
    view: Overview,
    url: str | None,
    out: Output,
    retries: Sequence[PendingRetry] = (),
    *,
    verbose: bool = False,
) -> None:
    """Print the lead. `url`: its page in the Temporal UI, None for a past day. `retries`: failed activities.

    The chores that wait are counted, and listed with `verbose` or while one fails.
    """
    lead = view.lead
    out.line(view.heading, "bold")
    out.line(f"{view.lead_id} · {view.stage} · next is {lead.role_with_person(view.owner)}: {view.next_step}")
    if lead.lost and not lead.merged_into:
        note = f": {lead.lost.note}" if lead.lost.note else ""
        out.line(f"Lost on {lead.lost.on}, {lead.lost.said_by} said no ({lead.lost.reason}){note}", "yellow")
    if view.next_day:
        out.line(f"Next date: {view.next_day}: {view.next_day_is_for}", "dim")
    out.line(f"Policy: {lead.policy.version}", "dim")
    _section(out, "Attention", view.attention, "yellow")
    failed = [effect for effect in view.effects if effect.status == "parked"]
    _section(out, f"Failed for good (leads retry {view.lead_id})", map(_failed, failed), "red")
    waiting = [effect.summary for effect in view.effects if effect.status == "waiting"]
    fails = failed or retries or any(effect.next_attempt_at for effect in view.effects)
    if waiting and not (verbose or fails):
        waiting = ["1 chore (-v lists it)" if len(waiting) == 1 else f"{len(waiting)} chores (-v lists them)"]
    _section(out, "Still to be done", waiting)
    _section(out, "Contract", _contracts(lead))
    _section(out, "Other leads", _duplicates(lead.originals))
    _section(out, "Its duplicates", _duplicates(lead.duplicates))
    postponed = [effect for effect in view.effects if effect.next_attempt_at]
    _section(out, "Being retried", [*map(str, retries), *map(_postponed, postponed)], "yellow")
    _section(out, "Events", map(str, lead.hub.events))
    links = {"Issue": lead.issue, "Folder": lead.folder, "Hub's issue": lead.hub_issue}
    known = [f"{name}: {link.url}" for name, link in links.items() if link]
    _section(out, "Links", [*known, *([f"Temporal: {url}"] if url else [])])
    _section(out, "Checklist", (f"[{'x' if item.done else ' '}] {item.text}" for item in checklist(lead)))
    _section(
        out,
        "Quotes",
        (line for quote in reversed(lead.quotes) for line in _quoted(quote)),
    )
    _section(out, "Invoices", _invoices(lead.invoices))
    _section(out, "Mail", (_mail(mail, lead.zone) for mail in lead.mails[-NEWEST:]))
    newest = view.timeline[-NEWEST:]
    out.heading("What happened")
    if earlier := len(view.timeline) - len(newest):
        command = f"leads history {view.lead_id}" if url else "--json has all"
        out.items([f"… {earlier} before that ({command})"], "dim")
    for line in newest:
        out.items([f"{line.seq:3} {moment(line.at, lead.zone)} {with_correction(line)}, by {line.who}"])
    _section(out, "Refused", _refusals(view), "yellow")


def _refusals(view: Overview) -> Iterator[str]:
    """Yield the newest refusals, and the number of those before."""
    shown = view.refused[-NEWEST_REFUSALS:]
    if earlier := len(view.refused) - len(shown):
        yield f"… {earlier} before that (--json has all)"
    for each in shown:
        reason = write_refusal(each.refused, view.lead_id)
        yield f"{moment(each.at, view.lead.zone)} {as_command(each.kind)} by {each.by}: {reason}"


def _quoted(quote: Quote) -> Iterator[str]:
    """Yield the quote, and its lines if it has several."""
    yield f"{quote.version}: {quote}, {quote.status_text}, valid until {quote.valid_until}"
    if len(quote.lines) > 1:
        yield from (f"   {line}" for line in quote.lines)
    if quote.discount:
        yield f"   The discount, by {quote.discount.given_by}: {quote.discount.reason}"


def _contracts(lead: Lead) -> Iterator[str]:
    """Yield the signed contracts, newest first: who signed, the term, the price and the bill."""
    for contract in reversed(lead.signed):
        who = f" by {contract.signed_by}" if contract.signed_by else ""
        price = lead.quote_of(contract)
        until = f", extended until {contract.extended_until}" if contract.extended_until else ""
        reference = f", their reference {contract.reference}" if contract.reference else ""
        yield (
            f"signed on {contract.signed_on}{who} ({contract.evidence_kind}), "
            f"{contract.start} to {contract.end}{until}, {price}, billed {contract.billing}{reference}"
        )


def _invoices(invoices: Sequence[Invoice]) -> Iterator[str]:
    """Yield the newest invoices, and older ones that are not settled."""
    shown = [invoice for invoice in invoices[:-NEWEST] if not invoice.settled] + [*invoices[-NEWEST:]]
    if settled := len(invoices) - len(shown):
        yield f"… {settled} before, paid or voided (--json has all)"
    for invoice in shown:
        period = f"{invoice.period_start} to {invoice.period_end}"
        yield f"{invoice.number:3} {invoice.total} for {period}, {invoice.status_text}"


def _mail(mail: SentMail, zone: str) -> str:
    return f"{moment(mail.at, zone)} {mail.template.replace('_', ' ')}, to {', '.join(mail.recipients)}"


def _duplicates(others: Iterable[DuplicateLink]) -> Iterator[str]:
    """Yield the links to other leads, without those that no longer hold."""
    for other in others:
        if other.relation is not Relation.NONE:
            yield f"{other.relation}: {other.name}{other.reasons_text}{f' {other.url}' if other.url else ''}"


def _failed(effect: EffectLine) -> str:
    return f"{effect.summary}: {effect.reason} ({effect.key})"


def _postponed(effect: EffectLine) -> str:
    return f"{effect.summary}: {effect.reason} (again at {effect.next_attempt_at:%H:%M:%S} UTC)"


def _section(out: Output, title: str, lines: Iterable[str], style: str = "") -> None:
    found = list(lines)
    if found:
        out.heading(title)
        out.items(found, style)
