"""Puts everything that leads keep of one person into a ZIP file that only its owner can read."""

import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from client.past import events_of
from ledger.reader import LedgerReader
from process.core.fold import fold
from process.lead.lead import Lead
from process.personal import ERASED
from process.privacy.export import PersonalData, export
from process.privacy.person import Person

README = """\
Everything that the service for leads keeps of one person
=========================================================

Known as: {words}
Made at:  {at}
Leads:    {leads}

data.json     each text that names them or is theirs, by lead and by event, for a program
timeline.md   the same for people: of each lead, in the order of time
links.md      where more of them stands outside of the service: issues, folders, mails, invoices

The names and the words of other people are left out: {erased} stands in their place.
The service keeps names for as long after the end of a lead as its policy says, and amounts as long as the law
demands.
"""


class LeadOfPerson(NamedTuple):
    """One lead, and what it keeps of the person."""

    lead: Lead
    data: PersonalData


def collect(ledger: LedgerReader, person: Person, lead_ids: Iterable[str]) -> list[LeadOfPerson]:
    """Return the person's data in these leads. Raises LedgerError."""
    found = []
    for lead_id in lead_ids:
        events = events_of(ledger, lead_id)
        if events:
            data = export(events, person, lead_id)
            found.append(LeadOfPerson(fold(events, lead_id), data))
    return found


def write_zip(file: Path, person: Person, found: list[LeadOfPerson], now: datetime) -> None:
    """Write the ZIP file, which must not be there yet. Raises FileExistsError or another OSError."""
    words = ", ".join((*person.names, *person.addresses, *(f"@{login}" for login in person.logins)))
    readme = README.format(
        words=words, at=f"{now.astimezone(UTC):%Y-%m-%d %H:%M} UTC", leads=len(found), erased=ERASED
    )
    data = {
        "known_as": person.model_dump(mode="json"),
        "leads": [each.data.model_dump(mode="json") for each in found],
    }
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("README.txt", readme)
        target.writestr("data.json", json.dumps(data, ensure_ascii=False, indent=2) + "\n")
        target.writestr("timeline.md", "\n".join(_timeline(found)) + "\n")
        target.writestr("links.md", "\n".join(_links(found)) + "\n")


def _timeline(found: list[LeadOfPerson]) -> Iterator[str]:
    yield "# Timeline"
    for each in found:
        yield ""
        yield f"## {each.data.lead_id}"
        yield ""
        for line in each.data.timeline:
            yield f"- {line.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC: {line.summary}"
            for path, text in line.fields.items():
                yield f"  - {path}: {' '.join(text.split())}"


def _links(found: list[LeadOfPerson]) -> Iterator[str]:
    yield "# Outside of the service"
    for lead, _ in found:
        yield ""
        yield f"## {lead.id}"
        yield ""
        places = {"issue": lead.issue, "hub's issue": lead.hub_issue, "folder": lead.folder}
        for name, link in places.items():
            if link:
                yield f"- {name}: {link.url}"
        for mail in lead.mails:
            yield f"- mail of {mail.at:%Y-%m-%d}, {mail.template.replace('_', ' ')}: {mail.message_id}"
        for invoice in lead.invoices:
            yield f"- invoice {lead.invoice_name(invoice.number)}"
