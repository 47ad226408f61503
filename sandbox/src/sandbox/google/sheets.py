"""Sheets v4: spreadsheets and their values, read-only."""

import re
from typing import Any, NamedTuple

from sandbox.google import errors
from sandbox.google.call import Call, Handler
from sandbox.google.state import Cell, FormattedNumber, Sheet, Spreadsheet

_CELLS = re.compile(r"\$?([A-Za-z]{0,3})\$?(\d*)(?::\$?([A-Za-z]{0,3})\$?(\d*))?")


class Area(NamedTuple):
    """A rectangle of a sheet; zero-based, ends excluded."""

    sheet: Sheet
    top: int
    left: int
    bottom: int
    right: int

    def __str__(self) -> str:
        title = self.sheet.title
        quoted = title if re.fullmatch(r"[A-Za-z_]\w*", title) else "'" + title.replace("'", "''") + "'"
        first = f"{_letters(self.left)}{self.top + 1}"
        last = f"{_letters(self.right - 1)}{self.bottom}"
        return f"{quoted}!{first}" if first == last else f"{quoted}!{first}:{last}"


def get(call: Call) -> dict[str, Any]:
    """Serve `spreadsheets.get`, without the cells; with `ranges`, only the sheets of these ranges."""
    if call.query.get("includeGridData"):
        raise errors.not_implemented("grid data; read the values")
    book = _spreadsheet(call)
    wanted = {_area(book, each).sheet.sheet_id for each in call.query.get("ranges", [])}
    return {
        "spreadsheetId": book.id,
        "properties": {
            "title": book.title,
            "locale": "en_US",
            "autoRecalc": "ON_CHANGE",
            "timeZone": "Etc/GMT",
        },
        "sheets": [
            {
                "properties": {
                    "sheetId": sheet.sheet_id,
                    "title": sheet.title,
                    "index": index,
                    "sheetType": "GRID",
                    "gridProperties": {"rowCount": sheet.row_count, "columnCount": sheet.column_count},
                }
            }
            for index, sheet in enumerate(book.sheets)
            if not wanted or sheet.sheet_id in wanted
        ],
        "spreadsheetUrl": f"{call.base}/spreadsheets/d/{book.id}/edit",
    }


def get_values(call: Call) -> dict[str, Any]:
    """Serve `spreadsheets.values.get`."""
    return _values(_area(_spreadsheet(call), call.path["range"]), call)


def batch_get_values(call: Call) -> dict[str, Any]:
    """Serve `spreadsheets.values.batchGet`."""
    book = _spreadsheet(call)
    areas = [_area(book, each) for each in call.query.get("ranges", [])]
    return {"spreadsheetId": book.id, "valueRanges": [_values(area, call) for area in areas]}


HANDLERS: dict[str, Handler] = {
    "sheets.spreadsheets.get": get,
    "sheets.spreadsheets.values.get": get_values,
    "sheets.spreadsheets.values.batchGet": batch_get_values,
}


def _spreadsheet(call: Call) -> Spreadsheet:
    book = call.state.spreadsheets.get(call.path["spreadsheetId"])
    if book is None:
        raise errors.entity_not_found()
    call.must_see(book.id)
    return book


def _values(area: Area, call: Call) -> dict[str, Any]:
    """Return the area as a `ValueRange`: without trailing empty cells, and without `values` if all are empty."""
    columns = call.query.get("majorDimension") == "COLUMNS"
    plain = call.query.get("valueRenderOption", "FORMATTED_VALUE") != "FORMATTED_VALUE"
    height = min(area.bottom, len(area.sheet.rows))
    grid = [
        [_rendered(_cell(area.sheet, row, column), plain) for column in range(area.left, area.right)]
        for row in range(area.top, height)
    ]
    if columns:
        grid = [list(column) for column in zip(*grid, strict=True)]
    trimmed = _without_tail([_without_tail(line, "") for line in grid], [])
    answer: dict[str, Any] = {"range": str(area), "majorDimension": "COLUMNS" if columns else "ROWS"}
    return answer | ({"values": trimmed} if trimmed else {})


def _cell(sheet: Sheet, row: int, column: int) -> Cell:
    cells = sheet.rows[row]
    return cells[column] if column < len(cells) else None


def _rendered(cell: Cell, plain: bool) -> str | bool | int | float:
    if cell is None:
        return ""
    if isinstance(cell, FormattedNumber):
        return cell.value if plain else cell.text
    if plain or isinstance(cell, str):
        return cell
    return (
        str(cell).upper() if isinstance(cell, bool) else f"{cell:g}" if isinstance(cell, float) else str(cell)
    )


def _without_tail(line: list[Any], empty: Any) -> list[Any]:
    end = len(line)
    while end and line[end - 1] == empty:
        end -= 1
    return line[:end]


def _area(book: Spreadsheet, text: str) -> Area:
    """Parse a range in A1 notation: `Prices!A1:Z`, `'My sheet'!B2`, `A:C`, `Prices`."""
    titles = {sheet.title.casefold(): sheet for sheet in book.sheets}
    name, mark, cells = text.rpartition("!")
    if not mark:
        whole = titles.get(_unquoted(text).casefold())
        if whole:
            return Area(whole, 0, 0, whole.row_count, whole.column_count)
    sheet = titles.get(_unquoted(name).casefold()) if mark else book.sheets[0]
    match = _CELLS.fullmatch(cells)
    if sheet is None or not match or not (match[1] or match[2]):
        raise errors.invalid_argument(f"Unable to parse range: {text}")
    one = match[3] is None
    if one and not (match[1] and match[2]):
        raise errors.invalid_argument(f"Unable to parse range: {text}")
    left, top = _number(match[1], 1) - 1, int(match[2] or 1) - 1
    right = left + 1 if one else _number(match[3], sheet.column_count)
    bottom = top + 1 if one else int(match[4] or sheet.row_count)
    left, right = min(left, right - 1), max(left + 1, right)
    top, bottom = min(top, bottom - 1), max(top + 1, bottom)
    if left >= sheet.column_count or top >= sheet.row_count:
        raise errors.invalid_argument(
            f"Range ({text}) exceeds grid limits. Max rows: {sheet.row_count}, max columns: {sheet.column_count}"
        )
    return Area(sheet, top, left, min(bottom, sheet.row_count), min(right, sheet.column_count))


def _unquoted(name: str) -> str:
    return name[1:-1].replace("''", "'") if name[:1] == name[-1:] == "'" and len(name) > 1 else name


def _number(letters: str, default: int) -> int:
    """Return the number of a column: A is 1, Z is 26, AA is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number or default


def _letters(index: int) -> str:
    text, number = "", index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text
