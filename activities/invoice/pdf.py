"""Renders an invoice as a PDF, as the contracts and administration team sends it to the customer.

The same invoice and settings give the same bytes. Without a sender and payment details in the settings, the
invoice is marked as a draft and lists the missing values. A character that no font has is replaced by the nearest
one; if there is none, there is no document.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from fpdf import FPDF, Align, FontFace, XPos, YPos
from fpdf.enums import TableBordersLayout
from fpdf.fonts import TTFFont

from activities.checks import Check
from activities.invoice.fonts import FAMILY, GlyphSet, bold, further_fonts, glyphs, has_rtl, kept_ltr, regular
from config.groups import Invoicing
from config.settings import Settings
from process.identity import same_text
from process.lead.invoice import Invoice
from process.lead.lead import Lead

_INK, _GREY, _RULE, _SHADE = (33, 37, 41), (108, 117, 125), (206, 212, 218), (241, 243, 245)
_MARGIN = 20  # mm
_LINE = 5.2  # mm, for text of 10 points
_LABEL = 32  # mm
_PERIOD = re.compile(r", (\d{4}-\d{2}-\d{2} to \d{4}-\d{2}-\d{2})\Z")
SHOWN = 10
"""Missing characters that an error names."""

REQUIRED = {
    "sender": "our name",
    "address": "our address",
    "tax_id": "our tax id",
    "bank": "how it is paid",
}
"""Settings without which an invoice is a draft, with their names on the document."""


def missing_settings(ours: Invoicing) -> list[str]:
    """Return the values that are missing for a final invoice, each with its setting."""
    return [
        f"{label} (LEADS_INVOICE__{name.upper()})"
        for name, label in REQUIRED.items()
        if label in _missing(ours)
    ]


def _missing(ours: Invoicing) -> list[str]:
    """Return the values that are missing, as the document names them."""
    return [label for name, label in REQUIRED.items() if not getattr(ours, name)]


class InvoiceChecks:
    """Checks of the invoice settings. Missing values are reported, but are no failure."""

    def __init__(self, settings: Settings) -> None:
        self._ours = settings.invoice

    def checks(self) -> Iterator[Check]:
        """Check that the fonts can be read, and report if invoices are drafts."""
        broken = list(self._broken())
        if missing := missing_settings(self._ours):
            found = f"drafts only, without {', '.join(missing)}"
        else:
            found = f"from {self._ours.sender}, payable within {self._ours.payment_days} days"
        yield Check("Invoices", "as a PDF", ok=not broken, detail="; ".join(broken) or found)

    def _broken(self) -> Iterator[str]:
        for file in self._ours.fonts:
            try:
                glyphs(file)
            except OSError as error:
                yield f"the font {file.name} cannot be read: {error.strerror}. See LEADS_INVOICE__FONTS"
            except ValueError as error:
                yield f"{file.name} cannot be used, {error}. See LEADS_INVOICE__FONTS"


def invoice_pdf(lead: Lead, invoice: Invoice, ours: Invoicing) -> bytes:
    """Return the PDF. `ours` holds the sender's data. Raises MissingGlyphs if no font can show its text."""
    page = _drawn(lead, invoice, ours, bold())
    if page.missing:
        page.close_fonts()  # as output does
        raise MissingGlyphs("".join(page.missing))
    return bytes(page.output())


class MissingGlyphs(ValueError):
    """No configured font has some characters of the document."""

    def __str__(self) -> str:
        some = " ".join(self.args[0][:SHOWN])
        more = " …" if len(self.args[0]) > SHOWN else ""
        return f"no font has {some}{more}: name a font file with them in LEADS_INVOICE__FONTS, or change the text"


def _drawn(lead: Lead, invoice: Invoice, ours: Invoicing, heavy: Path) -> "_Page":
    name, missing = lead.invoice_name(invoice.number), _missing(ours)
    due = invoice.prepared_on + timedelta(days=ours.payment_days)
    reference = invoice.reference or lead.reference or ""
    lines = [line.text for line in invoice.lines]
    texts = (
        ours.sender,
        *ours.address,
        *ours.bank,
        ours.note,
        *_customer(lead),
        lead.title,
        reference,
        *lines,
    )
    known = GlyphSet(further_fonts(texts, ours.fonts))
    page = _Page(f"Invoice {name}", known, heavy)
    page.set_creation_date(datetime.combine(invoice.prepared_on, time(), UTC))
    page.set_title(f"Invoice {name}, {lead.org}")  # metadata can hold any script
    page.set_author(ours.sender or "lead-to-hub")
    page.add_page()
    void = None if invoice.is_valid else f"Void since {invoice.voided_on}"
    page.heading("Invoice", void or ("Draft" if missing else ""), ours)
    page.columns(
        ("Bill to", _customer(lead)),
        {
            "Invoice": name,
            "Date": str(invoice.prepared_on),
            "Due": "" if void else str(due),
            "Service period": f"{invoice.period_start} to {invoice.period_end}",
            "Your reference": reference,
            "Our vendor no.": lead.vendor.number or "",
        },
    )
    page.about(lead.title)
    page.amounts([(line.text, str(line.amount)) for line in invoice.lines], str(invoice.total))
    if void:
        page.note(f"This invoice is void since {invoice.voided_on}. Please pay nothing for it.")
        return page
    if wrong := _replaced(lead, invoice):
        page.note(f"This invoice takes the place of {lead.invoice_name(wrong.number)}, which is void.")
    if invoice.total.amount:
        page.payment(f"Please pay {invoice.total} by {due} and name {name}.", ours)
    if invoice.missing_usage:
        page.note(
            f"Not on this invoice: usage and cloud cost of {', '.join(invoice.missing_usage)}. "
            "They are not reported yet and will be billed once they are."
        )
    if missing:
        page.note(f"This is a draft. It lacks {', '.join(missing)}.")
    return page


def _replaced(lead: Lead, invoice: Invoice) -> Invoice | None:
    """Return the invoice of the same period that the customer got before and that was voided, or None."""
    same = (
        other
        for other in lead.invoices
        if other.number < invoice.number
        and (other.index, other.period_start, other.period_end)
        == (invoice.index, invoice.period_start, invoice.period_end)
    )
    newest = max(same, key=lambda other: other.number, default=None)
    return newest if newest and newest.sent_on and not newest.is_valid else None


def _customer(lead: Lead) -> list[str]:
    """Return the customer's address line by line: the billing address, or else the contact."""
    if lead.billing_address:
        lines = lead.billing_address.splitlines()
        lines = [line.strip() for line in (lines if len(lines) > 1 else lines[0].split(","))]
        named = [] if _names(lead.billing_address, lead.org) else [lead.org]
        return [*named, *filter(None, lines)]
    return [line for line in (lead.org, lead.person, lead.email) if line]


def _names(address: str, org: str) -> bool:
    """Return True if the address has the organisation's name, as whole words of one line."""
    words = rf"(?<!\w){re.escape(same_text(org))}(?!\w)"
    return any(re.search(words, same_text(line)) for line in address.splitlines())


class _Page(FPDF):
    """An A4 document in one plain style."""

    def __init__(self, footing: str, known: GlyphSet, heavy: Path) -> None:
        super().__init__(format="A4")
        self._footing = footing
        self._glyphs = known
        self.add_font(FAMILY, "", regular())
        self.add_font(FAMILY, "B", heavy)
        for number, file in enumerate(known.further):
            self.add_font(f"further{number}", "", file)
        self.set_fallback_fonts(
            [f"further{number}" for number in range(len(known.further))], exact_match=False
        )
        # For right-to-left scripts and combining marks. Each cell runs as its first letter does: laid out in a paragraph
        # of the other direction, the words around a number would change places.
        self.set_text_shaping(True, direction=None)
        self.set_margin(_MARGIN)
        self.c_margin = 0  # text is aligned with the lines
        self.set_auto_page_break(True, margin=_MARGIN + 5)
        self.set_text_color(*_INK)
        self.set_font(FAMILY, size=10)

    def footer(self) -> None:
        self.set_y(-_MARGIN)
        self.set_font(FAMILY, size=8)
        self.set_text_color(*_GREY)
        self.cell(0, 5, f"{self._footing}   ·   page {self.page_no()} of {{nb}}", align=Align.C)

    def heading(self, title: str, remark: str, ours: Invoicing) -> None:
        """Write the sender on the left, and the document's title on the right."""
        top, half = self.y, self.epw / 2
        self.set_font(FAMILY, "B", 12)
        self._block(half, [ours.sender] if ours.sender else [], 6)
        self.set_font(FAMILY, size=9)
        self.set_text_color(*_GREY)
        tax = [f"Tax id {ours.tax_id}"] if ours.tax_id else []
        self._block(half, [*ours.address, *tax, *([ours.contact] if ours.contact else [])], 4.6)
        below = self.y
        self.set_xy(self.l_margin + half, top)
        self.set_font(FAMILY, "B", 24)
        self.set_text_color(*_INK)
        self.cell(half, 10, title, align=Align.R)
        if remark:
            self.set_xy(self.l_margin + half, top + 11)
            self.set_font(FAMILY, size=12)
            self.set_text_color(*_GREY)
            self.cell(half, 6, remark, align=Align.R)
        self.set_y(max(below, top + 18) + 3)
        self.set_draw_color(*_INK)
        self.line(self.l_margin, self.y, self.w - self.r_margin, self.y)
        self.ln(7)

    def columns(self, left: tuple[str, Sequence[str]], right: dict[str, str]) -> None:
        """Write a titled block of lines on the left, and labelled values on the right."""
        top, half = self.y, self.epw / 2
        self.set_font(FAMILY, size=9)
        self.set_text_color(*_GREY)
        self.cell(half, _LINE, left[0], new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_text_color(*_INK)
        self.set_font(FAMILY, size=10)
        self._block(half - 8, left[1], _LINE)
        below, self.y = self.y, top
        for label, value in right.items():
            if not value:
                continue
            self.set_x(self.l_margin + half)
            self.set_text_color(*_GREY)
            self.cell(_LABEL, _LINE, label)
            self.set_text_color(*_INK)
            self.multi_cell(
                half - _LABEL,
                _LINE,
                self._glyphs.fitting(value),
                align=Align.L,
                new_x=XPos.LMARGIN,
                new_y=YPos.NEXT,
            )
        self.set_y(max(self.y, below) + 7)

    def about(self, text: str) -> None:
        self.set_font(FAMILY, "B", 11)
        self.multi_cell(0, 6, self._glyphs.fitting(text), align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(2)

    def amounts(self, lines: list[tuple[str, str]], total: str) -> None:
        self.set_font(FAMILY, size=10)
        self.set_draw_color(*_RULE)
        strong = FontFace(emphasis="BOLD", fill_color=_SHADE)
        with self.table(
            col_widths=(7, 3),
            text_align=(Align.L, Align.R),
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=strong,
            line_height=_LINE,
            padding=1.6,
        ) as table:
            table.row(("Description", "Amount"))
            for text, amount in lines:
                table.row((self._described(text), amount))
            table.row(("Total", total), style=strong)
        self.ln(7)

    def _described(self, text: str) -> str:
        """Return a line's text with its period, which is ours, outside of what people wrote."""
        period = _PERIOD.search(text)
        theirs = text[: period.start()] if period else text
        shown = self._glyphs.fitting(theirs)
        if period is None:
            return shown
        return f"{shown}, {kept_ltr(period[1]) if has_rtl(theirs) else period[1]}"

    @property
    def missing(self) -> tuple[str, ...]:
        """The characters that no font has."""
        return tuple(self._glyphs.missing)

    def close_fonts(self) -> None:
        """Close the font files of a document that is not put out."""
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                font.close()

    def payment(self, ask: str, ours: Invoicing) -> None:
        """Write the request for payment and the payment details, kept together on one page."""
        lines = [*ours.bank, *([ours.note] if ours.note else [])]
        if self.will_page_break(6 + _LINE * (len(lines) + 1)):
            self.add_page()
        self.set_font(FAMILY, "B", 10)
        self.multi_cell(0, 6, self._glyphs.fitting(ask), align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_font(FAMILY, size=10)
        self._block(self.epw, lines, _LINE)
        self.ln(5)

    def note(self, text: str) -> None:
        self.set_font(FAMILY, size=9)
        self.set_fill_color(*_SHADE)
        self.multi_cell(
            0,
            5,
            self._glyphs.fitting(text),
            align=Align.L,
            fill=True,
            padding=3,
            new_x=XPos.LMARGIN,
            new_y=YPos.NEXT,
        )
        self.ln(4)

    def _block(self, width: float, lines: Sequence[str], height: float) -> None:
        for line in lines:
            self.multi_cell(
                width, height, self._glyphs.fitting(line), align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT
            )
