"""The documents of invoices: where their folder is lost, they are made again as they were, and nobody is told twice."""

from process.core.requests import request_for
from process.effects import PrepareInvoice, ReserveInvoice
from process.effects.observations import InvoicePrepared
from process.lead.lead import Lead
from tests.support.lives import BOOK_QUOTE, Life
from tests.support.states import FOLDER_GONE


def without_folder(life: Life) -> Life:
    """Somebody deleted the lead's folder, and a new one is to take its place."""
    life.wait(hours=1).finds_drift(FOLDER_GONE).does("folder_replaced")
    return life


def billed() -> Life:
    """Four invoices that lie in the lead's folder: the second one was taken back, and the fourth is in its place."""
    life = Life().live(BOOK_QUOTE)
    for month in ("2026-06", "2026-07"):
        life.until(f"{month}-28").perform()
        life.does("usage_reported", month=month, active_users=280)
    life.until("2026-08-10").perform().does("invoice_voided", number=2, reason="Wrong")
    return life.until("2026-08-12").perform()


def waiting(life: Life, kind: type[PrepareInvoice | ReserveInvoice]) -> list[int]:
    return [item.effect.number for item in life.aggregate.outbox if isinstance(item.effect, kind)]


def files(lead: Lead) -> list[str]:
    return [invoice.file.id if invoice.file else "" for invoice in lead.invoices]


def made_of(life: Life) -> list[str]:
    """The words of all that was prepared."""
    return [e.summary for e in life.aggregate.event_log.events if isinstance(e.fact, InvoicePrepared)]


def test_every_document_of_a_lost_folder_is_made_again() -> None:
    life = billed()
    assert files(life.lead) == ["file-1", "file-2", "file-3", "file-4"]
    known, mails = life.lead.invoices, len(life.mails("invoice"))
    assert len(made_of(without_folder(life))) == 4
    assert waiting(life, ReserveInvoice) == [1, 2, 3, 4]
    life.perform()
    assert made_of(life)[4:] == [
        f"Invoice {number} was made again, as it was: https://example.org/file-{number}"
        for number in (1, 2, 3, 4)
    ]
    assert life.lead.invoices == known
    assert len(life.mails("invoice")) == mails, "the contracts team has them already"
    assert life.until("2026-09-01").perform().lead.invoices[-1].number == 5
    assert len(life.mails("invoice")) == mails + 1


def test_made_again_it_says_what_it_said() -> None:
    life = billed()
    life.does("details_changed", org="Renamed University", billing_address="Elsewhere 1", reference="PO-2")
    life.does("corrected", seq=life.lead.last_seq, reason="Not yet")
    life.does("details_changed", org="Other University")
    told = {}
    for number in (1, 2, 3, 4):
        effect = PrepareInvoice(key="k", cause=1, number=number, file_id=f"file-{number}")
        told[number] = request_for(life.aggregate, effect, life.now)
    without_folder(life).perform()
    for number, task in told.items():
        lead = task.lead
        assert (lead.org, lead.billing_address, lead.folder) == ("Example University", None, life.lead.folder)
        assert lead.invoice(number) == life.lead.invoices[number - 1].replaced(
            file=None, voided_on=None, void_reason=None
        )
    assert life.until("2026-09-01").lead.invoices[-1].number == 5
    effect = PrepareInvoice(key="k", cause=1, number=5, file_id="file-5")
    assert request_for(life.aggregate, effect, life.now).lead.org == "Other University"


def test_lost_again_on_the_way_each_is_made_once_in_the_folder_that_is_there() -> None:
    life = without_folder(billed()).perform(but="invoice")
    for _ in range(5):  # the first one is made, and ids are there for the others
        life.performs(next(e for e in life.aggregate.startable(frozenset()) if e.queue == "invoice"))
    assert (waiting(life, PrepareInvoice), waiting(life, ReserveInvoice)) == ([2, 3, 4], [])
    without_folder(life).perform(but="invoice")
    assert (waiting(life, PrepareInvoice), waiting(life, ReserveInvoice)) == ([], [1, 2, 3, 4])
    life.perform()
    assert len(made_of(life)) == 4 + 1 + 4


def test_a_document_that_was_to_be_written_into_the_lost_folder_goes_into_the_new_one_and_is_told_of() -> (
    None
):
    life = billed().until("2026-09-01").perform(but="invoice")
    (reserving,) = (e for e in life.aggregate.startable(frozenset()) if isinstance(e, ReserveInvoice))
    assert reserving.number == 5
    without_folder(life)
    assert sorted(waiting(life, ReserveInvoice)) == [1, 2, 3, 4, 5]
    mails = len(life.mails("invoice"))
    life.perform()
    assert [mail.fields["number"] for mail in life.mails("invoice")[mails:]] == ["5"]


def test_what_failed_in_the_lost_folder_is_not_tried_there_again() -> None:
    life = billed().until("2026-09-01")
    while not waiting(life, PrepareInvoice):
        (effect, *_) = [e for e in life.aggregate.startable(frozenset()) if e.queue in ("invoice", "folder")]
        life.performs(effect)
    (effect,) = (i.effect for i in life.aggregate.outbox if isinstance(i.effect, PrepareInvoice))
    life.aggregate = life.aggregate.park(effect, "It is gone", life.now)
    without_folder(life)
    assert life.aggregate.parked == ()
    life.perform()
    assert [invoice.file is not None for invoice in life.lead.invoices] == [True] * 5
    assert made_of(life).count("Invoice 5 was prepared: https://example.org/file-5") == 1


def test_a_replacement_that_was_a_mistake_asks_for_nothing_more() -> None:
    life = without_folder(billed())
    life.does("corrected", seq=life.lead.last_seq, reason="It was restored")
    assert waiting(life, ReserveInvoice) == []
