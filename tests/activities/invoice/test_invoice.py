"""The invoice as a PDF, read back by another library."""

import re
from contextlib import suppress
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from activities.invoice.fonts import GlyphSet
from activities.invoice.pdf import REQUIRED, InvoiceChecks, MissingGlyphs, _customer, invoice_pdf
from config.groups import Invoicing
from config.settings import Settings
from process.lead.contract import Vendor, VendorStatus
from process.lead.invoice import Invoice, InvoiceLine
from process.lead.lead import Lead
from process.money.amounts import Money
from tests.support.performing import a_lead

OURS = Invoicing(
    sender="Example Hubs",
    address=["1 Example Street", "Example City"],
    tax_id="00-0000000",
    bank=["Example Bank", "Account 000 111 222"],
    contact="billing@example.org",
    note="Exempt from sales tax.",
)


def money(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


def an_invoice(*texts: str, missing: tuple[str, ...] = (), amount: str = "1234.56", **more: str) -> Invoice:
    lines = tuple(InvoiceLine(text=text, amount=money(amount)) for text in texts or ("Service",))
    return Invoice(
        number=7,
        index=6,
        period_start=date(2026, 7, 1),
        period_end=date(2026, 7, 31),
        prepared_on=date(2026, 7, 2),
        lines=lines,
        missing_usage=missing,
        **more,
    )


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def text(lead: Lead, invoice: Invoice, ours: Invoicing = OURS) -> str:
    return text_of(invoice_pdf(lead, invoice, ours))


def test_it_shows_all_that_the_customer_needs_to_pay_it() -> None:
    lead = a_lead(email="ada@example.org", vendor=Vendor(status=VendorStatus.DONE, number="V-17"))
    shown = text(
        lead, an_invoice("Premier", "Usage in 2026-06", missing=("2026-04", "2026-05"), reference="PO-117")
    )
    for part in (
        "Example Hubs",
        "1 Example Street\nExample City\nTax id 00-0000000\nbilling@example.org",
        "ABCDEFGH-007",
        "Example University\nAda Example\nada@example.org",
        "V-17",
        "PO-117",
        "2026-07-01 to 2026-07-31",
        "2026-07-02",
        "Premier",
        "Usage in 2026-06",
        "1,234.56 USD",
        "Total",
        "2,469.12 USD",
        "Please pay 2,469.12 USD by 2026-08-01 and name ABCDEFGH-007.",
        "Example Bank\nAccount 000 111 222\nExempt from sales tax.",
        "2026-04, 2026-05",
        "page 1 of 1",
    ):
        assert part in shown
    assert "Draft" not in shown
    assert "This is a draft" not in shown


@pytest.mark.parametrize("days", [0, 30, 60])
def test_it_is_due_so_many_days_after_its_date(days: int) -> None:
    due = {0: "2026-07-02", 30: "2026-08-01", 60: "2026-08-31"}[days]
    assert f"by {due} and" in text(a_lead(), an_invoice(), OURS.model_copy(update={"payment_days": days}))


@pytest.mark.parametrize("name", ["sender", "address", "tax_id", "bank"])
def test_without_one_thing_of_us_it_is_a_draft_and_says_what_it_lacks(name: str) -> None:
    ours = OURS.model_copy(update={name: type(getattr(OURS, name))()})
    shown = text(a_lead(), an_invoice(), ours)
    assert "Draft" in shown
    assert f"It lacks {REQUIRED[name]}." in shown.replace("\n", " ")
    assert "LEADS_" not in shown  # settings are for us; `leads check` names them


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (
            "Accounts Payable\n2 Example Avenue, Room 5",
            "Example University\nAccounts Payable\n2 Example Avenue, Room 5\n",
        ),
        (
            "Example University, Accounts Payable, 4711 Town",
            "Example University\nAccounts Payable\n4711 Town\n",
        ),
    ],
)
def test_it_is_addressed_to_where_the_customer_wants_it(address: str, shown: str) -> None:
    found = text(a_lead(billing_address=address), an_invoice())
    assert shown in found
    assert "Ada Example" not in found


def test_a_reference_of_the_lead_stands_in_for_one_of_the_contract() -> None:
    assert "Your reference" not in text(a_lead(), an_invoice())
    assert "PO-1" in text(a_lead(reference="PO-1"), an_invoice())
    both = text(a_lead(reference="PO-1"), an_invoice(reference="PO-2"))
    assert "PO-2" in both
    assert "PO-1" not in both


def test_it_says_nothing_of_missing_usage_when_none_is_and_asks_for_nothing_when_nothing_is_owed() -> None:
    assert "Not on this invoice" not in text(a_lead(), an_invoice())
    assert "Please pay" not in text(a_lead(), an_invoice(amount="0"))


def test_the_same_invoice_gives_the_same_bytes() -> None:
    assert invoice_pdf(a_lead(), an_invoice(), OURS) == invoice_pdf(a_lead(), an_invoice(), OURS)
    assert invoice_pdf(a_lead(), an_invoice(), OURS) != invoice_pdf(a_lead(), an_invoice("Other"), OURS)


def test_all_invoices_share_one_font_file_whatever_a_killed_worker_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    expected = invoice_pdf(a_lead(), an_invoice(), OURS)
    (font,) = (each for each in tmp_path.rglob("*") if each.is_file())
    font.write_bytes(font.read_bytes()[:100])
    font.with_suffix(".part").write_bytes(b"")
    assert invoice_pdf(a_lead(), an_invoice(), OURS) == expected
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == [font]


def test_many_lines_go_on_over_pages_under_their_heading() -> None:
    pdf = PdfReader(BytesIO(invoice_pdf(a_lead(), an_invoice(*(f"Line {n}" for n in range(80))), OURS)))
    assert len(pdf.pages) > 1
    assert all("Description" in page.extract_text() for page in pdf.pages)
    last = pdf.pages[-1].extract_text()
    assert "98,764.80 USD" in last
    assert "Please pay 98,764.80 USD by 2026-08-01 and name ABCDEFGH-007.\nExample Bank\nAccount" in last


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Universität für Ökologie – “Köln” €", "Universität für Ökologie – “Köln” €"),
        ("Łódź, Đà Nẵng, Şişli, Ħamrun, ﬁne", "Łódź, Đà Nẵng, Şişli, Ħamrun, ﬁne"),
        ("Εθνικό Πανεπιστήμιο Αθηνών", "Εθνικό Πανεπιστήμιο Αθηνών"),
        ("Київський університет", "Київський університет"),
        ("e\u0301cole", "école"),
    ],
)
def test_names_keep_their_letters_and_what_no_font_has_is_said(written: str, shown: str) -> None:
    found = text(a_lead(org=written, title=written), an_invoice(written))
    assert found.count(shown) == 3


@pytest.mark.parametrize("written", ["東京 University", "Hub 🎉", "हिन्दी"])
def test_what_no_font_has_is_said_to_us_and_never_to_the_customer(written: str) -> None:
    with pytest.raises(MissingGlyphs, match="LEADS_INVOICE__FONTS"):
        invoice_pdf(a_lead(org=written), an_invoice(), OURS)


@pytest.mark.parametrize(
    ("org", "address", "named"),
    [
        ("ETH", "Elizabeth Street 1, Example City", True),
        ("ETH", "ETH, Example Street 1", False),
        ("ETH", "ETH Zürich\nExample Street 1", False),
        ("Example  UNIVERSITY", "example university\nHall 2", False),
        ("MIT", "Smith Road 2, Example City", True),
        ("Ünï", "Ünïversität\nHall 2", True),
        ("C++ (lab)", "The C++ (lab)\nHall 2", False),
        ("Example University", "Example\nUniversity Road 1", True),
    ],
)
def test_the_customers_name_is_added_unless_the_address_has_it(org: str, address: str, named: bool) -> None:
    lines = len(_customer(a_lead(org=org, billing_address=address)))
    assert lines - len(re.split("[,\n]", address)) == named


def test_text_from_right_to_left_does_not_turn_our_dates_round() -> None:
    found = text(a_lead(title="קורס"), an_invoice("שירות, 2026-07-01 to 2026-07-31"))
    assert "2026-07-01 to 2026-07-31" in found.replace("\u2069", "").split("קורס")[-1]
    assert GlyphSet().fitting("Course: שירות") == "\u2068Course: שירות\u2069"
    assert GlyphSet().fitting("Service 7") == "Service 7"


@pytest.mark.parametrize(
    ("theirs", "drawn"),
    [
        ("הדרכה: Python עוד 97 ימים", ("2026-07-01 to 2026-07-31", "ימים", "97", "עוד", "Python", "הדרכה")),
        ("תמיכה 24", ("2026-07-01 to 2026-07-31", "24", "תמיכה")),
        ("Course: תמיכה", ("Course", "תמיכה", "2026-07-01 to 2026-07-31")),
    ],
)
def test_words_and_numbers_stand_in_the_order_of_their_text(theirs: str, drawn: tuple[str, ...]) -> None:
    """The parts of a line, from left to right."""
    found = text(a_lead(), an_invoice(f"{theirs}, 2026-07-01 to 2026-07-31"))
    line = found.partition("Amount")[2].partition("1,234.56")[0]
    assert sorted(drawn, key=line.index) == [*drawn]


def test_what_is_no_letter_is_a_space_or_nothing() -> None:
    assert "tab and line, zerowidth" in text(a_lead(), an_invoice("tab\tand\u2028line, zero\u200bwidth"))


def test_hebrew_is_drawn_from_right_to_left() -> None:
    found = text(a_lead(), an_invoice("אוניברסיטה"))
    assert "אוניברסיטה" in found or "אוניברסיטה"[::-1] in found  # readers do not agree which order that is
    assert "?" not in found


@pytest.fixture
def square_font(tmp_path: Path) -> Path:
    """A font with two Chinese letters, each a square."""
    pen = TTGlyphPen(None)
    for number, point in enumerate([(0, 0), (0, 700), (700, 700), (700, 0)]):
        pen.lineTo(point) if number else pen.moveTo(point)
    pen.closePath()
    square, names = pen.glyph(), [".notdef", "east", "capital"]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord("東"): "east", ord("京"): "capital"})
    builder.setupGlyf(dict.fromkeys(names, square))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (800, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Squares", "styleName": "Regular", "psName": "Squares"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(tmp_path / "squares.ttf")
    return tmp_path / "squares.ttf"


def test_a_further_font_gives_the_letters_of_another_script(square_font: Path) -> None:
    ours = OURS.model_copy(update={"fonts": [square_font]})
    assert "東京 University" in text(a_lead(org="東京 University", title="東京"), an_invoice(), ours)
    with pytest.raises(MissingGlyphs, match="no font has 大:"):
        text(a_lead(title="大 東京"), an_invoice(), ours)
    assert text(a_lead(), an_invoice(), ours) == text(a_lead(), an_invoice())


def test_a_font_that_cannot_be_read_stops_no_invoice(tmp_path: Path) -> None:
    (broken := tmp_path / "broken.ttf").write_bytes(b"no font")
    ours = OURS.model_copy(update={"fonts": [broken, tmp_path / "gone.ttf"]})
    assert "Example University" in text(a_lead(), an_invoice(), ours)
    (check,) = InvoiceChecks(Settings(_env_file=None, invoice=ours)).checks()
    assert not check.ok
    assert "broken.ttf cannot be used, it is not a font" in check.detail
    assert "the font gone.ttf cannot be read: No such file or directory" in check.detail


def test_the_check_says_whether_invoices_are_drafts() -> None:
    (bare,) = InvoiceChecks(Settings(_env_file=None)).checks()
    assert bare.ok
    assert "drafts only, without our name (LEADS_INVOICE__SENDER), our address" in bare.detail
    (full,) = InvoiceChecks(Settings(_env_file=None, invoice=OURS)).checks()
    assert (full.ok, full.detail) == (True, "from Example Hubs, payable within 30 days")


def test_the_metadata_keeps_every_letter() -> None:
    reader = PdfReader(BytesIO(invoice_pdf(a_lead(org="אוניברסיטה"), an_invoice(), OURS)))
    assert reader.metadata
    assert reader.metadata.title == "Invoice ABCDEFGH-007, אוניברסיטה"
    assert reader.metadata.author == "Example Hubs"


printable = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60).filter(str.strip)


@settings(deadline=None, max_examples=20)  # a busy machine is no failure
@given(org=printable, line=st.text(max_size=400), address=printable, bank=st.text(max_size=60))
def test_no_text_breaks_it(org: str, line: str, address: str, bank: str) -> None:
    lead = a_lead(org=org, billing_address=address)
    with suppress(MissingGlyphs):
        assert "1,234.56 USD" in text(lead, an_invoice(line), OURS.model_copy(update={"bank": [bank]}))


def test_a_word_longer_than_the_page_is_broken() -> None:
    assert "1,234.56 USD" in text(a_lead(org="W" * 200), an_invoice("W" * 500))


def test_a_voided_invoice_says_so_and_asks_for_no_payment() -> None:
    void = an_invoice().replaced(
        sent_on=date(2026, 7, 3), voided_on=date(2026, 7, 9), void_reason="Their price was mistyped"
    )
    shown = text(a_lead(), void)
    assert "Void since 2026-07-09" in shown
    assert "Please pay nothing for it." in shown
    for absent in ("Please pay 1,234.56", "Due", "Account 000", "mistyped"):
        assert absent not in shown


@pytest.mark.parametrize("sent", [date(2026, 7, 3), None], ids=["sent", "never sent"])
def test_a_corrected_invoice_names_the_one_that_its_customer_got_before(sent: date | None) -> None:
    void = an_invoice().replaced(number=6, sent_on=sent, voided_on=date(2026, 7, 9))
    other = void.replaced(number=5, index=5, period_start=date(2026, 6, 1), period_end=date(2026, 6, 30))
    new = an_invoice(amount="1000")
    shown = text(a_lead(invoices=(other, void, new)), new)
    assert ("takes the place of ABCDEFGH-006, which is void" in shown) is (sent is not None)
    assert "ABCDEFGH-005" not in shown
    assert "Please pay 1,000.00 USD" in shown
