"""What a mail says: its template, filled for reading as it is (text) and for being turned into HTML.

The text part is the Markdown itself. What people typed is escaped only where Markdown is turned into HTML, so that
it stays readable and still can't make links or formatting of its own.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, NamedTuple

from markdown_it import MarkdownIt

from config.settings import Settings, lead_page
from process.calendar import add_working_days
from process.corrections.corrected_decision import CorrectedDecision
from process.deadlines.serving import notices
from process.effects import SendCorrection, SendMail
from process.effects.introductions import mails_to_former
from process.lead.hub import HUB_FIELDS
from process.lead.lead import Lead
from process.lead.qualification import MANIAC_T
from process.lead.quote import as_percent, each
from process.money.billing import agreed
from process.types import Role
from process.views.overview import next_step
from templates.rendering import render

_MARKDOWN = MarkdownIt("commonmark", {"html": False})
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_ADDRESS = re.compile(r"https?://[^\s<>]+")


class Parts(NamedTuple):
    """The same message twice."""

    text: str
    html: str


def written(
    effect: SendMail | SendCorrection,
    lead: Lead,
    settings: Settings,
    *,
    namespace: str,
    corrected_decision: CorrectedDecision | None = None,
) -> Parts:
    """The mail's body. `namespace`: Temporal's, for the link to the lead's workflow; `mistake`: what it corrects."""
    known = _facts(effect, lead, settings, namespace)
    if corrected_decision:
        known |= {
            "corrected_decision": corrected_decision,
            "newest": corrected_decision.corrections[-1],
            "wrong": _wrong(corrected_decision, lead),
        }
    return filled(f"mail/{effect.template}.md", known)


def filled(template: str, known: dict[str, object]) -> Parts:
    """A template with what is known, both ways."""
    html = _MARKDOWN.render(_filled(template, _escaped, known))
    return Parts(_filled(template, _plain, known), f"<!DOCTYPE html>\n<html><body>\n{html}</body></html>\n")


def _wrong(corrected_decision: CorrectedDecision, lead: Lead) -> list[str]:
    """The mails that say otherwise than it is."""
    return [
        f"our mail “{mail.template.replace('_', ' ')}” of {lead.today(mail.at)}"
        for mail in corrected_decision.notified
        if mail.counts is not corrected_decision.counts
    ]


def _facts(
    effect: SendMail | SendCorrection, lead: Lead, settings: Settings, namespace: str
) -> dict[str, object]:
    contract = lead.renewal if lead.renewal.handed_over_on else lead.contract
    clocks = lead.policy.clocks

    def working_days_on(days: int) -> date | None:
        """So many working days after the contracts team was last heard of, or got it, holds left aside."""
        since = lead.awaited_since
        return add_working_days(since, days, lead.policy.holidays) if since else None

    def run(decision: str) -> str:
        """The command that records a decision, as `invoice-sent --number 3`."""
        name, _, options = decision.partition(" ")
        return f"`leads {name} {lead.id} {options}".strip() + "`"

    number, version = effect.fields.get("number"), effect.fields.get("version")
    about = next((quote for quote in lead.quotes if str(quote.version) == version), None)
    invoice = lead.invoice(int(number)) if number else None
    quote = about or lead.quote or agreed(lead) or (lead.quotes[-1] if lead.quotes else None)
    return {
        "lead": lead,
        "fields": effect.fields,
        "run": run,
        "step": next_step(lead),
        "hub": [
            (HUB_FIELDS[name], said) for name, said in lead.hub.information.items() if name in HUB_FIELDS
        ],
        "team": f"the {effect.fields.get('role', '')} team",
        "unsent": [lead.invoice_name(invoice.number) for invoice in lead.unsent],
        "owed": [lead.invoice_name(invoice.number) for invoice in lead.invoices if invoice.owed],
        "unpaid": [invoice.number for invoice in lead.invoices if invoice.stands and not invoice.paid_on],
        "quote": quote,
        "made_of": "; ".join(map(str, quote.lines)) if quote and len(quote.lines) > 1 else "",
        "reduction": f"{quote.reduction} off {quote.list_price} {each(quote.per)}"
        if quote and quote.discount
        else "",
        "of_version": f" --version {version}" if version else "",
        "approver": lead.policy.discounts.approver,
        "without_approval": as_percent(lead.policy.discounts.without_approval),
        "agreed": agreed(lead),
        "handed_over": contract,
        "track": "renewal" if lead.renewal.handed_over_on else "contract",
        "invoice": invoice,
        "invoice_name": lead.invoice_name(int(number)) if number else "",
        "maniac_t": MANIAC_T,
        "vendor_steps": ", ".join(f"forms {step} on {day}" for step, day in lead.vendor.forms.items()),
        "acknowledge_by": working_days_on(clocks.handover_reminder),
        "escalated_on": working_days_on(
            clocks.news_escalation if contract.acknowledged_on else clocks.handover_escalation
        ),
        "send_by": invoice.prepared_on + timedelta(days=clocks.invoice_unsent) if invoice else None,
        "notices": sorted(notices(lead), reverse=True),
        "earlier": mails_to_former(lead, Role(effect.fields["role"])) if "role" in effect.fields else (),
        "questionnaire_url": settings.google.questionnaire_url,
        "workflow_url": lead_page(settings.temporal_ui, namespace, lead.id),
    }


def _filled(template: str, write: Callable[[str], str], known: dict[str, object]) -> str:
    def text(value: object) -> str:
        """What people typed, in one line."""
        return "" if value is None else write(" ".join(str(value).split()))

    def quoted(value: str | None) -> str:
        """What people typed, in its own lines, as a quotation."""
        return "\n".join(f"> {write(line.strip())}" for line in (value or "").splitlines())

    def link(url: str | None) -> str:
        return f"<{url}>" if url and _ADDRESS.fullmatch(url) else text(url)

    def points(*lines: tuple[str, Any]) -> str:
        """A list of what is known; `lines` are labels and texts made by the functions above."""
        return "\n".join(f"- {label}: {value}" for label, value in lines if value)

    said = render(template, text=text, quoted=quoted, link=link, points=points, **known)
    return re.sub(r"\n{3,}", "\n\n", said).strip() + "\n"


def _plain(text: str) -> str:
    return text


def _escaped(text: str) -> str:
    return _PUNCTUATION.sub(r"\\\1", text)
