"""Invoice documents: if their folder is lost, they are made again unchanged, and nobody gets a second mail."""

from datetime import date

from dateutil.relativedelta import relativedelta

from process.core.batches import BatchRun
from process.core.requests import batch_of, request_for
from process.effects import CreateFolder, PrepareInvoice, ReserveIds
from process.effects.observations import IdsReserved, InvoicePrepared, MailSent
from process.effects.requests import BatchResult, Failure, Outcome
from process.lead.lead import Lead
from tests.support.lives import BOOK_QUOTE, Life
from tests.support.states import FOLDER_GONE


def without_folder(life: Life) -> Life:
    """Find the lead's folder deleted, and replace it."""
    life.wait(hours=1).finds_drift(FOLDER_GONE).does("folder_replaced")
    return life


def billed() -> Life:
    """Return a lead with four invoice documents; the second invoice is voided and replaced by the fourth."""
    life = Life().live(BOOK_QUOTE)
    for month in ("2026-06", "2026-07"):
        life.until(f"{month}-28").perform()
        life.does("usage_reported", month=month, active_users=280)
    life.until("2026-08-10").perform().does("invoice_voided", number=2, reason="Wrong")
    return life.until("2026-08-12").perform()


def waiting(life: Life) -> list[int]:
    """Return the numbers of the invoices that are to be prepared."""
    return [item.effect.number for item in life.aggregate.outbox if isinstance(item.effect, PrepareInvoice)]


def reserving(life: Life) -> list[tuple[int, ...]]:
    """Return the numbers of the invoices whose ids are to be reserved."""
    return [item.effect.numbers for item in life.aggregate.outbox if isinstance(item.effect, ReserveIds)]


def files(lead: Lead) -> list[str]:
    return [invoice.file.id if invoice.file else "" for invoice in lead.invoices]


def announcements(life: Life) -> int:
    """Return how many mails about a prepared invoice were sent."""
    facts = (event.fact for event in life.aggregate.event_log.events)
    return sum(isinstance(fact, MailSent) and fact.template == "invoice" for fact in facts)


def made_of(life: Life) -> list[str]:
    """Return the summaries of all prepared documents."""
    return [e.summary for e in life.aggregate.event_log.events if isinstance(e.fact, InvoicePrepared)]


def test_every_document_of_a_lost_folder_is_made_again() -> None:
    life = billed()
    assert files(life.lead) == ["file-1", "file-2", "file-3", "file-4"]
    known, mails = life.lead.invoices, len(life.mails("invoice"))
    assert len(made_of(without_folder(life))) == 4
    assert reserving(life) == [tuple(range(1, 17))]
    life.perform()
    assert made_of(life)[4:] == [
        f"Invoice {number} was made again, as it was: https://example.org/file-{number}"
        for number in (1, 2, 3, 4)
    ]
    assert life.lead.invoices == known
    assert len(life.mails("invoice")) == mails, "the contracts team has them already"
    assert life.until("2026-09-01").perform().lead.invoices[-1].number == 5
    assert len(life.mails("invoice")) == mails + 1


def test_a_document_made_again_has_the_same_content() -> None:
    life = billed()
    life.does("details_changed", org="Renamed University", billing_address="Elsewhere 1", reference="PO-2")
    life.does("corrected", seq=life.lead.last_seq, reason="Not yet")
    life.does("details_changed", org="Other University")
    requested = {}
    for number in (1, 2, 3, 4):
        effect = PrepareInvoice(key="k", cause=1, number=number, file_id=f"file-{number}")
        requested[number] = request_for(life.aggregate, effect, life.now)
    without_folder(life).perform()
    for number, task in requested.items():
        lead = task.lead
        assert (lead.org, lead.billing_address, lead.folder) == ("Example University", None, life.lead.folder)
        assert lead.invoice(number) == life.lead.invoices[number - 1].replaced(
            file=None, voided_on=None, void_reason=None
        )
    assert life.until("2026-09-01").lead.invoices[-1].number == 5
    effect = PrepareInvoice(key="k", cause=1, number=5, file_id="file-5")
    assert request_for(life.aggregate, effect, life.now).lead.org == "Other University"


def test_after_a_second_loss_each_document_is_made_once_in_the_newest_folder() -> None:
    life = without_folder(billed()).perform(but="invoice")
    life.performs(next(e for e in life.aggregate.startable(frozenset()) if e.queue == "invoice"))
    assert waiting(life) == [2, 3, 4]
    without_folder(life)
    assert (waiting(life), reserving(life)) == ([], [tuple(range(1, 17))])
    life.perform()
    assert len(made_of(life)) == 4 + 1 + 4


def test_a_document_planned_for_the_lost_folder_is_made_in_the_new_one_and_announced() -> None:
    life = billed().until("2026-09-01").perform(but="invoice")
    assert waiting(life) == [5]
    without_folder(life)
    assert (waiting(life), reserving(life)) == ([], [tuple(range(1, 18))])
    assert [mail.fields["number"] for mail in life.mails("invoice")].count("5") == 1
    announced = announcements(life)
    life.perform()
    assert announcements(life) == announced + 1


def test_the_mail_about_an_invoice_goes_out_with_the_document_and_never_before_it() -> None:
    life = billed().until("2026-09-01")
    together = [e.kind for e in life.aggregate.startable(frozenset()) if e.invoice_number == 5]
    assert together == ["prepare_invoice", "send_mail"]
    assert [e for e in life.aggregate.startable(frozenset({"invoice"})) if e.invoice_number == 5] == []
    batch = BatchRun(batch_of(life.aggregate, life.aggregate.startable(frozenset()), life.now))
    performed = []
    for item in batch:
        performed.append((item.effect.kind, item.effect.invoice_number))
        failure = Failure(reason="Drive is away", for_good=False)
        outcome = None if item.effect.kind == "prepare_invoice" else Outcome()
        result = BatchResult(key=item.effect.key, outcome=outcome, failure=None if outcome else failure)
        batch.take(item.effect, result, life.now)
    assert ("prepare_invoice", 5) in performed
    assert ("send_mail", 5) not in performed


def test_a_failed_document_is_not_retried_in_the_lost_folder() -> None:
    life = billed().until("2026-09-01")
    (effect,) = (i.effect for i in life.aggregate.outbox if isinstance(i.effect, PrepareInvoice))
    life.aggregate = life.aggregate.park(effect, "It is gone", life.now)
    without_folder(life)
    assert life.aggregate.parked == ()
    life.perform()
    assert [invoice.file is not None for invoice in life.lead.invoices] == [True] * 5
    assert made_of(life).count("Invoice 5 was prepared: https://example.org/file-5") == 1


def test_a_corrected_replacement_makes_no_more_documents() -> None:
    life = without_folder(billed())
    life.does("corrected", seq=life.lead.last_seq, reason="It was restored")
    assert waiting(life) == []


def test_a_dozen_ids_are_reserved_with_the_folder() -> None:
    life = Life().quoted()
    assert reserving(life) == [tuple(range(1, 13))]
    life.perform()
    assert life.lead.folder_id == "folder"
    assert life.lead.invoice_files == {number: f"file-{number}" for number in range(1, 13)}


def test_no_invoice_waits_for_an_id() -> None:
    life = Life().live(BOOK_QUOTE).perform()
    for month in range(1, 30):
        life.until(str(date(2026, 6, 28) + relativedelta(months=month)))
        due = [invoice.number for invoice in life.lead.invoices if not invoice.file]
        assert waiting(life) == due
        assert len(reserving(life)) <= 1
        life.perform()
    assert all(invoice.file for invoice in life.lead.invoices)
    reserved = [
        e.fact.invoice_ids for e in life.aggregate.event_log.events if isinstance(e.fact, IdsReserved)
    ]
    assert len(reserved) <= 1 + len(life.lead.invoices) // 9
    numbers = [number for ids in reserved for number in ids]
    assert numbers == sorted(set(numbers)), "each id is reserved for one invoice"


def test_invoices_that_are_due_before_there_is_an_id_get_one_later() -> None:
    life = Life().live(BOOK_QUOTE)
    life.until("2026-08-10")
    assert (waiting(life), len(life.lead.invoices)) == ([], 3)
    life.perform()
    assert [invoice.file is not None for invoice in life.lead.invoices] == [True] * 3


def test_an_id_is_forgotten_once_its_file_is_there() -> None:
    life = billed()
    assert sorted(life.lead.invoice_files) == list(range(5, 13))
    assert not any(isinstance(effect, CreateFolder) for effect in life.planned[-3:])


def test_ids_are_reserved_when_the_lead_is_opened_and_the_folder_is_made_when_it_is_wanted() -> None:
    life = Life().perform()
    assert (life.lead.folder_id, life.lead.folder) == ("folder", None)
    life.quoted()
    together = [effect.kind for effect in life.aggregate.startable(frozenset())]
    assert "create_folder" in together, "in the batch of the decision that wants it"
    life.perform().does("quote_accepted")
    life.does("contract_handed_over")
    assert [effect.kind for effect in life.planned].count("create_folder") == 1


def test_a_folder_that_is_wanted_before_there_is_an_id_is_made_afterwards() -> None:
    life = Life().quoted().perform(but="ids")
    assert not life.lead.folder
    life.perform()
    assert life.lead.folder_id == "folder"
    assert [effect.kind for effect in life.planned].count("create_folder") == 1
