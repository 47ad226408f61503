"""Activity that reads the price list from a Google Sheet, a JSON file, or the built-in books."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from temporalio.exceptions import ApplicationError

from activities.checks import Check
from activities.errors import park
from activities.google.clients import sheets_api
from activities.performs import performs
from config.settings import Settings
from process.effects.observations import PricesRead
from process.effects.requests import EffectRequest, Outcome
from process.money.pricing import BUILT_IN, PriceBook, PriceListError, books_from_rows

_COLUMNS = "book, plan, amount, currency, per and notes"


class PricingActivities:
    """Reads the price list from the sheet, or else the file, that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self._google = settings.google
        self._file = settings.price_file
        self._api = sheets_api(settings.google)

    @performs("read_prices")
    def read_prices(self, request: EffectRequest) -> Outcome:
        """Read the price list."""
        return Outcome(observation=self._read())

    def checks(self) -> Iterator[Check]:
        """Check that the price list can be read and parsed."""
        try:
            prices = self._read()
        except ApplicationError as error:
            yield Check("Price list", "prices", ok=False, detail=error.message)
            return
        plans = sum(len(book.plans) for book in prices.books)
        yield Check("Price list", prices.origin, ok=True, detail=f"{len(prices.books)} books, {plans} plans")

    def _read(self) -> PricesRead:
        if self._google.price_sheet:
            origin = f"the Google Sheet, {self._google.price_range}"[:200]
            try:
                return PricesRead(origin=origin, books=books_from_rows(self._sheet_rows()))
            except PriceListError as error:
                raise park(f"The price list (LEADS_GOOGLE__PRICE_SHEET): {error}") from None
        if self._file:
            origin = f"the file {self._file.name}"[:200]
            try:
                return PricesRead(origin=origin, books=books_in(self._file))
            except PriceListError as error:
                raise park(f"The price list (LEADS_PRICE_FILE): {error}") from None
        return PricesRead(origin="the built-in price list", books=BUILT_IN)

    def _sheet_rows(self) -> list[dict[str, Any]]:
        answer = self._api.execute(
            self._api.service.spreadsheets()
            .values()
            .get(
                spreadsheetId=self._google.price_sheet,
                range=self._google.price_range,
                majorDimension="ROWS",
                valueRenderOption="UNFORMATTED_VALUE",  # 12000, not 12,000.00
                dateTimeRenderOption="FORMATTED_STRING",  # a book's name that Sheets parsed as a date
            ),
            "the price list (LEADS_GOOGLE__PRICE_SHEET, LEADS_GOOGLE__PRICE_RANGE)",
        )
        header, *rows = answer.get("values", [[]])
        names = [str(name).strip().casefold() for name in header]
        return [
            dict(zip(names, row, strict=False)) for row in rows
        ]  # Sheets omits empty cells at the end of a row


def books_in(file: Path) -> tuple[PriceBook, ...]:
    """Return the price books in a JSON file: a list of objects, the first of which counts as row 2.

    Raises PriceListError, which names the file.
    """
    try:
        rows = json.loads(file.read_text(encoding="utf-8-sig"), parse_float=Decimal)
    except OSError as error:
        raise PriceListError(f"{file.name} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise PriceListError(f"{file.name} is not JSON: {error}") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PriceListError(f"{file.name} must be a list of objects with the keys {_COLUMNS}")
    try:
        return books_from_rows(rows)
    except PriceListError as error:
        raise PriceListError(f"{file.name}, where the first object is row 2: {error}") from None
