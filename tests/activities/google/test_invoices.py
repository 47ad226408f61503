"""Invoices in Drive: one file for each, whatever happens on the way."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from activities.google.drive import DriveActivities
from process.effects import CreateFolder, PrepareInvoice, ReserveIds
from process.effects.observations import InvoicePrepared
from process.lead.invoice import Invoice, InvoiceLine
from process.lead.lead import Lead
from process.money.amounts import Money
from process.types import Link
from sandbox.faults import Fault
from sandbox.server import Sandbox
from tests.support.drive_effects import RATE_LIMITS, SERVER_TROUBLE, change_file, created, fault_id, ids
from tests.support.performing import a_lead, after_a_minute, failure, perform


def billed(drive: DriveActivities) -> tuple[Lead, PrepareInvoice]:
    """A lead with a folder and an invoice, and an id for the invoice's file."""
    invoice = Invoice(
        number=3,
        index=2,
        period_start=date(2026, 9, 1),
        period_end=date(2026, 9, 30),
        prepared_on=date(2026, 9, 1),
        lines=(InvoiceLine(text="Service", amount=Money(amount=Decimal("1250.00"), currency="USD")),),
    )
    lead = a_lead(invoices=(invoice,))
    found = ids(drive, lead)
    assert found.folder_id is not None
    folder = CreateFolder(key="k", cause=2, folder_id=found.folder_id)
    link = created(perform(drive.create_folder, folder, lead))
    effect = PrepareInvoice(key="k", cause=2, number=3, file_id=found.invoice_ids[3])
    return lead.replaced(folder=link, folder_id=link.id), effect


def one_invoice(sandbox: Sandbox, lead: Lead, effect: PrepareInvoice) -> bool:
    assert lead.folder
    (file,) = sandbox.google.children(lead.folder.id)
    text = PdfReader(BytesIO(sandbox.google.content(file.id))).pages[0].extract_text()
    assert "1,250.00 USD" in text
    return (file.id, file.name, file.mime_type, file.app_properties) == (
        effect.file_id,
        "Invoice ABCDEFGH-003.pdf",
        "application/pdf",
        {"leadId": lead.id, "invoice": "ABCDEFGH-003"},
    )


def test_the_invoice_lies_in_the_leads_folder(drive: DriveActivities, sandbox: Sandbox) -> None:
    lead, effect = billed(drive)
    first, second = (perform(drive.prepare_invoice, effect, lead).observation for _ in range(2))
    assert first == second
    url = f"{sandbox.url}/drive/file/{effect.file_id}"
    assert first == InvoicePrepared(number=3, file=Link(id=effect.file_id, url=url))
    assert one_invoice(sandbox, lead, effect)


@pytest.mark.usefixtures("without_pauses")
@pytest.mark.parametrize(
    "fault", [each for each in SERVER_TROUBLE if each.system == "drive"] + RATE_LIMITS, ids=fault_id
)
def test_trouble_leaves_one_invoice(
    drive: DriveActivities, sandbox: Sandbox, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead, effect = billed(drive)
    sandbox.faults.add(fault.model_copy(deep=True))
    assert not failure(drive.prepare_invoice, effect, lead).non_retryable
    sandbox.faults.clear()
    after_a_minute(monkeypatch)
    perform(drive.prepare_invoice, effect, lead)
    assert one_invoice(sandbox, lead, effect)


def test_two_workers_at_once_make_one_invoice(drive: DriveActivities, sandbox: Sandbox) -> None:
    lead, effect = billed(drive)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: perform(drive.prepare_invoice, effect, lead), range(2))
    assert first == second
    assert one_invoice(sandbox, lead, effect)


def test_an_invoice_that_the_lead_does_not_have_parks(drive: DriveActivities) -> None:
    lead, effect = billed(drive)
    assert failure(drive.prepare_invoice, effect, lead.replaced(invoices=())).type == "Parked"
    assert failure(drive.prepare_invoice, effect, lead.replaced(folder=None)).type == "Parked"


def test_an_invoice_that_came_back_with_its_folder_is_not_made_twice(
    drive: DriveActivities, sandbox: Sandbox
) -> None:
    """The folder was in the trash; somebody asked for a new one, and somebody else had restored it by then."""
    lead, effect = billed(drive)
    observation = perform(drive.prepare_invoice, effect, lead).observation
    assert isinstance(observation, InvoicePrepared)
    lead = lead.replaced(invoices=(lead.invoices[0].replaced(file=observation.file),))
    assert file_reserved(drive, lead) == effect.file_id
    perform(drive.prepare_invoice, effect, lead)
    assert one_invoice(sandbox, lead, effect)


@pytest.mark.parametrize("change", [{"trashed": True}, {"parents": ("1Elsewhere",)}, None])
def test_an_invoice_that_lies_in_the_folder_no_more_gets_another_file(
    drive: DriveActivities, sandbox: Sandbox, change: dict[str, Any] | None
) -> None:
    lead, effect = billed(drive)
    observation = perform(drive.prepare_invoice, effect, lead).observation
    assert isinstance(observation, InvoicePrepared)
    if change is None:
        del sandbox.google.files[effect.file_id]
    else:
        change_file(sandbox, effect.file_id, **change)
    lead = lead.replaced(invoices=(lead.invoices[0].replaced(file=observation.file),))
    assert file_reserved(drive, lead) != effect.file_id


def file_reserved(drive: DriveActivities, lead: Lead) -> str:
    """Return the id of the file after the folder was replaced."""
    (invoice,) = lead.invoices
    assert invoice.file
    effect = ReserveIds(key="k", cause=3, numbers=(3, 4), files={3: invoice.file.id})
    found = ids(drive, lead.replaced(folder=None, folder_id=None), effect)
    assert found.folder_id == lead.folder_id
    assert found.invoice_ids[4] not in (invoice.file.id, found.invoice_ids[3])
    return found.invoice_ids[3]
