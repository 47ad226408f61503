"""The report of an erasure: what was done, and what a person has to do outside. It does not name who was erased."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from client.erasure.search import Hit
from process.lead.lead import Lead
from process.privacy.requests import ErasureRequest

SHOWN_IDS = 50
"""Number of ids that are named at most: a word such as `university` stands in very many."""


class ByHand(NamedTuple):
    """Something outside that only a person can look at, with the place."""

    what: str
    url: str = ""


def by_hand(lead: Lead) -> Iterator[ByHand]:
    """Yield what is left outside of a lead: the service changes the issue and the folder, but not their histories."""
    if lead.issue:
        yield ByHand("earlier versions of the issue and its title, and comments of people", lead.issue.url)
    if lead.hub_issue:
        yield ByHand("earlier versions of the hub's issue, and comments of people", lead.hub_issue.url)
    if lead.folder:
        yield ByHand(
            "the folder's name, and documents in it: keep what the law demands, bin the rest", lead.folder.url
        )
    if lead.questionnaire.response_id:
        yield ByHand("the response to the questionnaire: Google Forms lets only people delete one")
    for mail in lead.mails:
        yield ByHand(f"a mail of {mail.at:%Y-%m-%d} ({mail.template}), in mailboxes: {mail.message_id}")
    for invoice in lead.invoices:
        yield ByHand(f"invoice {lead.invoice_name(invoice.number)}: it is kept as long as the law demands")


def report_lines(
    request: ErasureRequest, leads: Iterable[Lead], hits: Iterable[Hit], today: date
) -> Iterator[str]:
    """Yield the lines of the report, as Markdown."""
    hits = list(hits)
    yield f"# Erasure {request.id}"
    yield ""
    yield f"Written on {today}. It does not say who was erased: whoever asked for it knows."
    yield ""
    yield "| lead | key epoch | steps done |"
    yield "| --- | --- | --- |"
    for each in request.leads:
        yield f"| {each.lead_id} | {each.epoch or ''} | {', '.join(each.done)} |"
    yield ""
    yield "## Search of all stores"
    yield ""
    left = [hit for hit in hits if not hit.is_id]
    yield from [f"- {hit.store}: {hit.where}" for hit in left] or ["Nothing was found."]
    if ids := [hit.where for hit in hits if hit.is_id]:
        yield ""
        more = f" and {len(ids) - SHOWN_IDS} more" if len(ids) > SHOWN_IDS else ""
        yield f"These ids look like words of the person. Ids never change: {', '.join(ids[:SHOWN_IDS])}{more}."
    yield ""
    yield "## By hand"
    yield ""
    yield "The service has no right or no means to change these. Look at each."
    for lead in leads:
        yield ""
        yield f"### {lead.id}"
        yield ""
        for what, url in by_hand(lead):
            yield f"- {what}{f': {url}' if url else ''}"
    yield ""
    yield "Backups made before are unreadable where they were sealed: their keys are destroyed. Older copies of the key"
    yield "store still have these: delete them when their time is over, and make a new copy now."
