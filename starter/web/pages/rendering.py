"""Renders the pages from `templates/pages`. Every text is escaped; an undefined name is an error."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import format_currency, format_decimal, format_percent
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from process.core.refusal import title
from process.links import link_complaint
from process.reports.report import Column
from starter.web.assets import static
from starter.web.auth.visitor import Visitor
from starter.web.services import services_of
from starter.web.spelling import decision_address, lead_address

TEMPLATES = Path(__file__).resolve().parents[3] / "templates" / "pages"
NAVIGATION = (("/agenda", "Agenda"), ("/board", "Board"), ("/reports", "Reports"))
"""Address and name of the pages that every page links to."""
LOCALE = "en"
_ADDRESS = re.compile(r"(https?://[^\s<>\"]+)")
_ENDINGS = ".,;:!?)]”"
"""Characters that end a sentence or a bracket and not the address before them."""


@cache
def environment() -> Environment:
    """Return the environment of all pages."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {"number": number, "money": money, "moment": moment, "day": day, "title": title}
    made.filters |= {"figure": figure, "upper_start": upper_start}
    made.filters |= {
        "lead_address": lead_address,
        "decision_address": decision_address,
        "leads_outside": leads_outside,
        "with_links": with_links,
    }
    made.globals["static"] = static
    for file in sorted(TEMPLATES.rglob("*.html")):  # the files on the disk may later belong to newer code
        made.get_template(file.relative_to(TEMPLATES).as_posix())
    return made


def page(
    request: Request,
    name: str,
    visitor: Visitor | None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """Return the page made of this template. `visitor`: None for a page that anybody may see."""
    services = services_of(request)
    known = {
        "request": request,
        "path": request.url.path,
        "visitor": visitor,
        "navigation": NAVIGATION if visitor else (),
        "now": services.clock(),
        "zone": services.settings.zone,
    }
    return HTMLResponse(environment().get_template(name).render(known | values), status, headers)


# ---- filters


def number(value: int | Decimal) -> str:
    """Return a number as people read it: 1,204."""
    return format_decimal(value, locale=LOCALE)


def money(amount: Decimal, currency: str) -> str:
    """Return an amount with its currency: 12,000.00 USD."""
    return format_currency(amount, currency, format="#,##0.00 ¤¤", locale=LOCALE)


def figure(value: str | int | Decimal | date, column: Column) -> str:
    """Return a figure of a report as its column shows it: 12,000.00, 27.5%, 2026-11-29."""
    match value:
        case Decimal() if column.kind == "percent":
            return format_percent(value, format="#,##0.#%", locale=LOCALE)
        case Decimal() if column.currency:
            return format_currency(value, column.currency, format="#,##0.00", locale=LOCALE)
        case int() | Decimal():
            return number(value)
    return str(value)


def moment(value: datetime, zone: str = "UTC") -> str:
    """Return a moment in a zone: 2026-11-29 10:02."""
    return f"{value.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def day(value: date | None) -> str:
    """Return a day: 2026-11-29, and nothing for None."""
    return value.isoformat() if value else ""


def upper_start(text: str) -> str:
    """Return the text with a capital at its start, unless that is a sign such as ρ."""
    return text[:1].upper() + text[1:] if text[:1].isascii() else text


def leads_outside(text: str) -> bool:
    """Return True if the text is an address to which a browser may be led."""
    return not link_complaint(text)


def with_links(text: str) -> Markup:
    """Return the text with a link for each address to which a browser may be led."""
    return Markup("").join(map(_as_link, _ADDRESS.split(text)))


def _as_link(part: str) -> Markup:
    address = part.rstrip(_ENDINGS)
    if not leads_outside(address):
        return escape(part)
    link = Markup('<a href="{0}" rel="noreferrer">{0}</a>').format(address)
    return link + part[len(address) :]
