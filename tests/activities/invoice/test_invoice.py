"""The invoice as a PDF, read back by another library."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from activities.invoice import invoice_pdf
from process.lead import Invoice, InvoiceLine, Vendor, VendorStatus
from process.money import Money
from tests.activities.performing import a_lead


def money(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


def an_invoice(*texts: str, missing: tuple[str, ...] = ()) -> Invoice:
    lines = tuple(InvoiceLine(text=text, amount=money("1234.56")) for text in texts or ("Service",))
    return Invoice(
        number=7,
        index=6,
        period_start=date(2026, 7, 1),
        period_end=date(2026, 7, 31),
        prepared_on=date(2026, 7, 2),
        lines=lines,
        missing_usage=missing,
    )


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def test_it_shows_all_that_the_team_needs_to_send_it() -> None:
    lead = a_lead(email="ada@example.org", vendor=Vendor(status=VendorStatus.DONE, number="V-17"))
    text = text_of(
        invoice_pdf(lead, an_invoice("Premier", "Usage in 2026-06", missing=("2026-04", "2026-05")))
    )
    for part in (
        "ABCDEFGH-007",
        "Example University",
        "Ada Example, ada@example.org",
        "V-17",
        "2026-07-01 to 2026-07-31",
        "2026-07-02",
        "Premier",
        "Usage in 2026-06",
        "1,234.56 USD",
        "Total",
        "2,469.12 USD",
        "2026-04, 2026-05",
        "page 1 of 1",
    ):
        assert part in text


def test_it_says_nothing_of_missing_usage_when_none_is() -> None:
    assert "Not on this invoice" not in text_of(invoice_pdf(a_lead(), an_invoice()))


def test_the_same_invoice_gives_the_same_bytes() -> None:
    assert invoice_pdf(a_lead(), an_invoice()) == invoice_pdf(a_lead(), an_invoice())
    assert invoice_pdf(a_lead(), an_invoice()) != invoice_pdf(a_lead(), an_invoice("Other"))


def test_many_lines_go_on_over_pages_under_their_heading() -> None:
    pdf = PdfReader(BytesIO(invoice_pdf(a_lead(), an_invoice(*(f"Line {n}" for n in range(80))))))
    assert len(pdf.pages) > 1
    assert all("Description" in page.extract_text() for page in pdf.pages)
    assert "98,764.80 USD" in pdf.pages[-1].extract_text()


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Universität für Ökologie – “Köln” €", "Universität für Ökologie – “Köln” €"),
        ("Łódź, Đà Nẵng, Şişli, Ħamrun, ﬁne", "Lódz, Dà Nang, Sisli, Hamrun, fine"),
        ("東京 University", "?? University"),
        ("tab\tand\u2028line, zero\u200bwidth", "tab and line, zerowidth"),
        ("e\u0301cole", "école"),
    ],
)
def test_what_the_font_lacks_comes_as_near_as_it_can(written: str, shown: str) -> None:
    text = text_of(invoice_pdf(a_lead(), an_invoice(written)))
    assert shown in text
    assert ("stands for letters" in text) == ("?" in shown)


def test_the_metadata_keeps_every_letter() -> None:
    reader = PdfReader(BytesIO(invoice_pdf(a_lead(org="東京大学"), an_invoice())))
    assert reader.metadata
    assert reader.metadata.title == "Invoice ABCDEFGH-007, 東京大学"


printable = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60).filter(str.strip)


@settings(deadline=None)  # a busy machine is no failure
@given(org=printable, line=st.text(max_size=400))
def test_no_text_breaks_it(org: str, line: str) -> None:
    assert "1,234.56 USD" in text_of(invoice_pdf(a_lead(org=org), an_invoice(line)))


def test_a_word_longer_than_the_page_is_broken() -> None:
    assert "1,234.56 USD" in text_of(invoice_pdf(a_lead(org="W" * 200), an_invoice("W" * 500)))
