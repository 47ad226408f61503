"""Sheets, through Google's client."""

from typing import TYPE_CHECKING, Any

import pytest
from googleapiclient.errors import HttpError

from sandbox.google.state import Sheet, Spreadsheet
from sandbox.server import Sandbox
from sandbox_tests.support.google import Google

if TYPE_CHECKING:
    from googleapiclient._apis.sheets.v4 import SheetsResource


@pytest.fixture
def sheets(google: Google) -> "SheetsResource":
    return google.sheets()


def values(sheets: "SheetsResource", sandbox: Sandbox, cells: str, **options: Any) -> Any:
    request = sheets.spreadsheets().values()
    return request.get(spreadsheetId=sandbox.ids["prices"], range=cells, **options).execute()


def test_the_price_list_as_numbers_and_as_shown(sheets: "SheetsResource", sandbox: Sandbox) -> None:
    plain = values(
        sheets, sandbox, "Prices!A1:Z", valueRenderOption="UNFORMATTED_VALUE", majorDimension="ROWS"
    )
    assert (plain["range"], plain["majorDimension"]) == ("Prices!A1:Z1000", "ROWS")
    assert plain["values"][0] == ["item", "unit", "amount", "currency"]
    assert plain["values"][1:3] == [
        ["Consulting", "day", 1200, "USD"],
        ["Training", "course", 18000, "USD"],
    ]
    assert len(plain["values"]) == 4
    assert values(sheets, sandbox, "Prices!C2")["values"] == [["1,200.00"]]


@pytest.mark.parametrize(
    ("cells", "rendered", "expected"),
    [
        ("'Odd ones'!A1:D4", "'Odd ones'!A1:D4", [["a", "", "c"], [], ["TRUE", "1.5"]]),
        ("'Odd ones'!A:A", "'Odd ones'!A1:A1000", [["a"], [], ["TRUE"]]),
        ("Odd ones", "'Odd ones'!A1:Z1000", [["a", "", "c"], [], ["TRUE", "1.5"]]),
        ("'Odd ones'!2:2", "'Odd ones'!A2:Z2", None),
        ("'Odd ones'!B3", "'Odd ones'!B3", [["1.5"]]),
    ],
)
def test_empty_ends_are_left_out(
    sheets: "SheetsResource", sandbox: Sandbox, cells: str, rendered: str, expected: Any
) -> None:
    rows = (("a", None, "c", ""), (), (True, 1.5), ())
    book = Spreadsheet(
        id=sandbox.ids["prices"], title="Odd", sheets=(Sheet(sheet_id=1, title="Odd ones", rows=rows),)
    )
    sandbox.google.spreadsheets[book.id] = book
    answer = values(sheets, sandbox, cells)
    assert (answer["range"], answer.get("values")) == (rendered, expected)


def test_by_columns(sheets: "SheetsResource", sandbox: Sandbox) -> None:
    answer = values(sheets, sandbox, "Prices!A1:B3", majorDimension="COLUMNS")
    assert answer["values"] == [["item", "Consulting", "Training"], ["unit", "day", "course"]]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("Costs!A1:Z", "Unable to parse range: Costs!A1:Z"),
        ("Prices!1A", "Unable to parse range"),
        ("Prices!AB1", "exceeds grid limits. Max rows: 1000, max columns: 26"),
    ],
)
def test_a_wrong_range_is_refused(
    sheets: "SheetsResource", sandbox: Sandbox, cells: str, message: str
) -> None:
    with pytest.raises(HttpError, match=message) as caught:
        values(sheets, sandbox, cells)
    assert caught.value.status_code == 400


def test_a_wrong_option_and_a_wrong_mask_are_refused(sheets: "SheetsResource", sandbox: Sandbox) -> None:
    with pytest.raises(HttpError) as caught:
        values(sheets, sandbox, "Prices!A1", fields="vlaues")
    assert b"Cannot find matching fields for path 'vlaues'" in caught.value.content


def test_the_spreadsheet_itself(sheets: "SheetsResource", sandbox: Sandbox) -> None:
    book: Any = sheets.spreadsheets().get(spreadsheetId=sandbox.ids["prices"]).execute()
    assert book["properties"]["title"] == "Prices"
    assert [sheet["properties"]["title"] for sheet in book["sheets"]] == ["Prices"]
    both: Any = (
        sheets.spreadsheets()
        .values()
        .batchGet(spreadsheetId=sandbox.ids["prices"], ranges=["Prices!A1", "Prices!B1:C1"])
        .execute()
    )
    assert [each["values"] for each in both["valueRanges"]] == [[["item"]], [["unit", "amount"]]]
    with pytest.raises(HttpError, match="Requested entity was not found"):
        sheets.spreadsheets().get(spreadsheetId="nothing").execute()
