"""Google's initial state, made from the seed."""

from collections.abc import Iterator

from sandbox.google.state import (
    FOLDER,
    FORM,
    SHEET,
    Cell,
    DriveFile,
    Form,
    FormattedNumber,
    GoogleState,
    Question,
    SharedDrive,
    Sheet,
    Spreadsheet,
    now,
)
from sandbox.seed import SeedDrive, SeedFile, SeedForm, SeedSpreadsheet


def initial_state(drive: SeedDrive) -> GoogleState:
    """Return a new state for this seed."""
    state = GoogleState(service_account=drive.service_account)
    state.drives[drive.id] = SharedDrive(id=drive.id, name=drive.name, members=drive.members)
    time = now()
    for file, mime_type in _files(drive):
        state.files[file.id] = DriveFile(
            id=file.id,
            name=file.name,
            mime_type=mime_type,
            drive_id=drive.id,
            parents=(drive.id if file.parent is None else drive.folders[file.parent].id,),
            created_time=time,
            modified_time=time,
        )
    for form in drive.forms.values():
        state.forms[form.id] = _form(form)
        state.responses[form.id] = {}
    for spreadsheet in drive.spreadsheets.values():
        state.spreadsheets[spreadsheet.id] = _spreadsheet(spreadsheet)
    return state


def _files(drive: SeedDrive) -> Iterator[tuple[SeedFile, str]]:
    yield from ((file, FOLDER) for file in drive.folders.values())
    yield from ((file, FORM) for file in drive.forms.values())
    yield from ((file, SHEET) for file in drive.spreadsheets.values())


def _form(form: SeedForm) -> Form:
    questions = tuple(
        Question(
            item_id=f"10a0c{number:03d}",
            question_id=f"20b0d{number:03d}",
            title=each.title,
            help=each.help,
            required=each.required,
            kind=each.kind,
            options=tuple(each.options),
        )
        for number, each in enumerate(form.questions, start=1)
    )
    return Form(id=form.id, title=form.name, description=form.description, questions=questions)


def _spreadsheet(spreadsheet: SeedSpreadsheet) -> Spreadsheet:
    rows = tuple(tuple(_cell(each) for each in row) for row in spreadsheet.rows)
    sheet = Sheet(sheet_id=0, title=spreadsheet.name, rows=rows)
    return Spreadsheet(id=spreadsheet.id, title=spreadsheet.name, sheets=(sheet,))


def _cell(value: str | int | float) -> Cell:
    return FormattedNumber(value=value, text=f"{value:,.2f}") if isinstance(value, int) else value
