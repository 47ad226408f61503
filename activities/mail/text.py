"""Renders the body of a mail from its Markdown template, as text and as HTML.

The text part is the Markdown itself. Text that people typed is escaped only for the HTML part, so that it stays
readable in the text and cannot add links or formatting to the HTML.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, NamedTuple

from markdown_it import MarkdownIt

from activities.questionnaire_link import shown_link
from config.settings import Settings, public_page
from process.calendar import add_working_days
from process.corrections.corrected_decision import CorrectedDecision
from process.deadlines.serving import decommission_notices
from process.effects import SendCorrection, SendMail
from process.effects.introductions import mails_to_former
from process.lead.hub import HUB_FIELDS
from process.lead.lead import Lead
from process.lead.qualification import MANIAC_T
from process.lead.quote import as_percent, each
from process.money.terms import agreed
from process.types import Role
from process.views.next_step import next_step
from templates.rendering import render

_MARKDOWN = MarkdownIt("commonmark", {"html": False})
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_ADDRESS = re.compile(r"https?://[^\s<>]+")


class MailBody(NamedTuple):
    """One body in both formats."""

    text: str
    html: str


def mail_body(
    effect: SendMail | SendCorrection,
    lead: Lead,
    settings: Settings,
    *,
    namespace: str,
    corrected_decision: CorrectedDecision | None = None,
) -> MailBody:
    """Return the body of the effect's mail.

    `namespace` is Temporal's, for the link to the lead's workflow. A correction needs `corrected_decision`.
    """
    context = _context(effect, lead, settings, namespace)
    if corrected_decision:
        context |= {
            "corrected_decision": corrected_decision,
            "newest": corrected_decision.newest,
            "wrong": _wrong(corrected_decision, lead),
        }
    return render_body(f"mail/{effect.template}.md", context)


def render_body(template: str, context: dict[str, object]) -> MailBody:
    """Return the template rendered with these variables, as text and as HTML."""
    html = _MARKDOWN.render(_markdown(template, _escape, context))
    return MailBody(
        _markdown(template, _keep, context), f"<!DOCTYPE html>\n<html><body>\n{html}</body></html>\n"
    )


def _wrong(corrected_decision: CorrectedDecision, lead: Lead) -> list[str]:
    """Return the mails that state the opposite of what counts now."""
    return [
        f"our mail “{mail.template.replace('_', ' ')}” of {lead.today(mail.at)}"
        for mail in corrected_decision.notified
        if mail.counts is not corrected_decision.counts
    ]


def _context(
    effect: SendMail | SendCorrection, lead: Lead, settings: Settings, namespace: str
) -> dict[str, object]:
    contract = lead.renewal if lead.renewal.handed_over_on else lead.contract
    periods = lead.policy.periods

    def working_days_on(days: int) -> date | None:
        """Return the day this many working days after the contracts team's last sign of life, or the hand-over."""
        since = lead.awaiting_contract_since
        return add_working_days(since, days, lead.policy.holidays) if since else None

    def run(decision: str) -> str:
        """Return the command that records a decision, for example `invoice-sent --number 3`."""
        name, _, options = decision.partition(" ")
        return f"`leads {name} {lead.id} {options}".strip() + "`"

    number, version = effect.fields.get("number"), effect.fields.get("version")
    about = next((quote for quote in lead.quotes if str(quote.version) == version), None)
    replaces = effect.fields.get("replaces")
    invoice = lead.invoice(int(number)) if number else None
    quote = about or lead.quote or agreed(lead) or (lead.quotes[-1] if lead.quotes else None)
    return {
        "lead": lead,
        "fields": effect.fields,
        "run": run,
        "step": next_step(lead),
        "hub": [
            (HUB_FIELDS[name], value) for name, value in lead.hub.information.items() if name in HUB_FIELDS
        ],
        "team": f"the {effect.fields.get('role', '')} team",
        "unsent": [lead.invoice_name(invoice.number) for invoice in lead.unsent],
        "owed": [lead.invoice_name(invoice.number) for invoice in lead.invoices if invoice.owed],
        "unpaid": [invoice.number for invoice in lead.invoices if invoice.is_valid and not invoice.paid_on],
        "quote": quote,
        "replaced": next((quote for quote in lead.quotes if str(quote.version) == replaces), None),
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
        "acknowledge_by": working_days_on(periods.handover_reminder),
        "escalated_on": working_days_on(
            periods.news_escalation if contract.acknowledged_on else periods.handover_escalation
        ),
        "send_by": invoice.prepared_on + timedelta(days=periods.invoice_unsent) if invoice else None,
        "notices": sorted(decommission_notices(lead), reverse=True),
        "earlier": mails_to_former(lead, Role(effect.fields["role"])) if "role" in effect.fields else (),
        "questionnaire_url": shown_link(settings, lead.id),
        "workflow_url": public_page(settings.temporal_ui, namespace, lead.id),
    }


def _markdown(template: str, escape: Callable[[str], str], context: dict[str, object]) -> str:
    def text(value: object) -> str:
        """Return text that people typed, on one line."""
        return "" if value is None else escape(" ".join(str(value).split()))

    def quoted(value: str | None) -> str:
        """Return text that people typed, as a quotation with its own lines."""
        return "\n".join(f"> {escape(line.strip())}" for line in (value or "").splitlines())

    def link(url: str | None) -> str:
        return f"<{url}>" if url and _ADDRESS.fullmatch(url) else text(url)

    def points(*lines: tuple[str, Any]) -> str:
        """Return a list of labelled values without the empty ones."""
        return "\n".join(f"- {label}: {value}" for label, value in lines if value)

    rendered = render(template, text=text, quoted=quoted, link=link, points=points, **context)
    return re.sub(r"\n{3,}", "\n\n", rendered).strip() + "\n"


def _keep(text: str) -> str:
    return text


def _escape(text: str) -> str:
    return _PUNCTUATION.sub(r"\\\1", text)
