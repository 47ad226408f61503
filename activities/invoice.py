"""An invoice as a PDF: a draft that the contracts and administration team completes and sends.

The same invoice gives the same bytes. The font is one of those that every PDF reader has, so that none must be shipped or
found; it covers Western European text (Windows-1252). Other Latin letters lose their marks (Łódź becomes Lódz), what is
left of other scripts becomes "?", and then the file says so.
"""

import unicodedata
from datetime import UTC, datetime, time

from fpdf import FPDF, Align, FontFace, XPos, YPos
from fpdf.enums import TableBordersLayout

from process.lead import Invoice, Lead

_CHARSET = "windows-1252"
_UNKNOWN = "?"
_INK, _GREY, _SHADE = (33, 37, 41), (108, 117, 125), (241, 243, 245)
_MARGIN = 20  # mm
_LABEL = 32  # mm


def invoice_pdf(lead: Lead, invoice: Invoice) -> bytes:
    """The PDF. Any text is accepted."""
    name = lead.invoice_name(invoice.number)
    page = _Page(f"Invoice {name}")
    page.set_creation_date(datetime.combine(invoice.prepared_on, time(), UTC))
    page.set_title(f"Invoice {name}, {lead.org}")  # metadata can hold any script
    page.add_page()
    page.heading("Invoice", "Draft")
    page.facts(
        {
            "Number": name,
            "Customer": lead.org,
            "Attention": f"{lead.person}, {lead.email}" if lead.email else lead.person,
            "For": lead.title,
            "Service period": f"{invoice.period_start} to {invoice.period_end}",
            "Prepared on": str(invoice.prepared_on),
            "Our vendor no.": lead.vendor.number or "",
        }
    )
    page.amounts([(line.text, str(line.amount)) for line in invoice.lines], str(invoice.total))
    if invoice.missing_usage:
        page.note(
            f"Not on this invoice: usage and cloud cost of {', '.join(invoice.missing_usage)}. "
            "They are not reported yet and will be billed once they are."
        )
    if page.substituted:
        page.note(
            f"“{_UNKNOWN}” stands for letters that this file's font does not have; the lead's issue has the full text."
        )
    return bytes(page.output())


class _Page(FPDF):
    """A4, in the service's plain style."""

    def __init__(self, footing: str) -> None:
        super().__init__(format="A4")
        self.substituted = False
        self._footing = footing
        self.core_fonts_encoding = _CHARSET
        self.set_margin(_MARGIN)
        self.set_auto_page_break(True, margin=_MARGIN + 5)
        self.set_text_color(*_INK)
        self.set_font("helvetica", size=10)

    def footer(self) -> None:
        self.set_y(-_MARGIN)
        self.set_font("helvetica", size=8)
        self.set_text_color(*_GREY)
        self.cell(0, 5, f"{self._footing}   ·   page {self.page_no()} of {{nb}}", align=Align.C)

    def heading(self, title: str, remark: str) -> None:
        self.set_font("helvetica", "B", 24)
        self.cell(self.epw / 2, 14, title)
        self.set_font("helvetica", size=12)
        self.set_text_color(*_GREY)
        self.cell(0, 14, remark, align=Align.R, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_draw_color(*_INK)
        self.line(self.l_margin, self.y, self.w - self.r_margin, self.y)
        self.ln(8)

    def facts(self, facts: dict[str, str]) -> None:
        for label, value in facts.items():
            if not value:
                continue
            self.set_font("helvetica", size=10)
            self.set_text_color(*_GREY)
            self.cell(_LABEL, 6, label)
            self.set_text_color(*_INK)
            self.multi_cell(0, 6, self._fitting(value), align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(8)

    def amounts(self, lines: list[tuple[str, str]], total: str) -> None:
        self.set_draw_color(*_GREY)
        bold = FontFace(emphasis="BOLD", fill_color=_SHADE)
        with self.table(
            col_widths=(7, 3),
            text_align=(Align.L, Align.R),
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=bold,
            line_height=6,
            padding=1.5,
        ) as table:
            table.row(("Description", "Amount"))
            for text, amount in lines:
                table.row((self._fitting(text), amount))
            table.row(("Total", total), style=bold)
        self.ln(8)

    def note(self, text: str) -> None:
        self.set_font("helvetica", size=10)
        self.set_fill_color(*_SHADE)
        self.multi_cell(
            0,
            6,
            self._fitting(text),
            align=Align.L,
            fill=True,
            padding=3,
            new_x=XPos.LMARGIN,
            new_y=YPos.NEXT,
        )
        self.ln(4)

    def _fitting(self, text: str) -> str:
        found = "".join(_nearest(each) for each in unicodedata.normalize("NFC", text))
        self.substituted |= found.count(_UNKNOWN) > text.count(_UNKNOWN)
        return found


def _nearest(character: str) -> str:
    """The character if the font has it, else what comes closest."""
    category = unicodedata.category(character)
    if category[0] in "ZC":
        return "" if category == "Cf" else " "
    plain = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    # Letters with a stroke do not come apart, but their names say what they are: LATIN SMALL LETTER L WITH STROKE.
    case, _, letter = unicodedata.name(character, "").partition(" WITH ")[0].rpartition(" LETTER ")
    named = {"LATIN SMALL": letter.lower(), "LATIN CAPITAL": letter}.get(case, "")
    return next((each for each in (character, plain, named) if each and _has(each)), _UNKNOWN)


def _has(text: str) -> bool:
    try:
        text.encode(_CHARSET)
    except UnicodeEncodeError:
        return False
    return True
