"""The seeded start: a shared drive with sales/leads, the leads questionnaire and the price list."""

from sandbox.google.state import (
    FOLDER,
    FORM,
    SHEET,
    DriveFile,
    Form,
    GoogleState,
    Question,
    SharedDrive,
    Sheet,
    Shown,
    Spreadsheet,
    now,
)

SERVICE_ACCOUNT = "lead-to-hub@sandbox.iam.gserviceaccount.example.org"
DRIVE = "0ASandboxSharedDrivePVA"
SALES = "1SandboxFolderSales00000000000000"
LEADS = "1SandboxFolderLeads00000000000000"
QUESTIONNAIRE = "1SandboxFormLeadsQuestionnaire000000000000000"
PRICES = "1SandboxSheetPrices0000000000000000000000000"

_QUESTIONS = (
    Question(item_id="10a0c001", question_id="20b0d001", title="Organisation", required=True),
    Question(item_id="10a0c002", question_id="20b0d002", title="Your name", required=True),
    Question(item_id="10a0c003", question_id="20b0d003", title="E-mail", required=True),
    Question(
        item_id="10a0c004",
        question_id="20b0d004",
        title="What do you want to do with a hub?",
        help="Teaching, research, an event: whom it serves and what they would do on it.",
        required=True,
        kind="PARAGRAPH",
    ),
    Question(item_id="10a0c005", question_id="20b0d005", title="How many users?", help="In a usual month."),
    Question(
        item_id="10a0c006", question_id="20b0d006", title="Budget", help="Amount and currency, if you know."
    ),
    Question(
        item_id="10a0c007",
        question_id="20b0d007",
        title="Who decides about the budget?",
    ),
    Question(item_id="10a0c008", question_id="20b0d008", title="When do you need it?"),
    Question(
        item_id="10a0c009",
        question_id="20b0d009",
        title="Cloud provider",
        kind="RADIO",
        options=("Google Cloud", "AWS", "Azure", "No preference"),
    ),
    Question(
        item_id="10a0c010",
        question_id="20b0d010",
        title="How should people log in?",
        kind="CHECKBOX",
        options=("Google", "GitHub", "CILogon", "Other"),
    ),
    Question(item_id="10a0c011", question_id="20b0d011", title="Anything else?", kind="PARAGRAPH"),
)

_PRICES: tuple[tuple[str | int | float, ...], ...] = (
    ("2022-05", "Education", 12000, "USD", "year", "Shared cluster; a dedicated cluster is +50 %"),
    ("2022-05", "Research", 18000, "USD", "year", "Shared cluster; a dedicated cluster is +50 %"),
    ("2022-05", "Partnership", 50000, "USD", "year", "From this amount on"),
    ("2022-05", "Dedicated cluster", 0.5, "", "surcharge", "Share of the plan's price"),
    ("2026-06", "General membership", 15000, "USD", "year", "Usage fee and cloud cost come on top"),
    ("2026-06", "Premier", 50000, "USD", "year", "Usage fee and cloud cost come on top"),
    ("2026-06", "1-10", 10, "USD", "user-month", "Monthly active users"),
    ("2026-06", "11-100", 5, "USD", "user-month", ""),
    ("2026-06", "101-1000", 2.5, "USD", "user-month", ""),
    ("2026-06", "1001-10000", 1.25, "USD", "user-month", ""),
    ("2026-06", "10001+", 0, "USD", "user-month", "Free from here on"),
)


def seeded() -> GoogleState:
    """A fresh state. Ids are always the same, so that links and settings outlive a reset."""
    time = now()
    state = GoogleState(
        service_account=SERVICE_ACCOUNT, leads_folder=LEADS, questionnaire=QUESTIONNAIRE, price_sheet=PRICES
    )
    state.drives[DRIVE] = SharedDrive(
        id=DRIVE,
        name="Example organisation",
        members={SERVICE_ACCOUNT: "fileOrganizer", "ann@example.org": "organizer"},
    )
    for file_id, name, mime_type, parent in (
        (SALES, "sales", FOLDER, DRIVE),
        (LEADS, "leads", FOLDER, SALES),
        (QUESTIONNAIRE, "Leads questionnaire", FORM, SALES),
        (PRICES, "Prices", SHEET, SALES),
    ):
        state.files[file_id] = DriveFile(
            id=file_id,
            name=name,
            mime_type=mime_type,
            drive_id=DRIVE,
            parents=(parent,),
            created_time=time,
            modified_time=time,
        )
    state.forms[QUESTIONNAIRE] = Form(
        id=QUESTIONNAIRE,
        title="Leads questionnaire",
        description="A few questions, so that we can tell whether a hub from us is what you need.",
        questions=_QUESTIONS,
    )
    state.responses[QUESTIONNAIRE] = {}
    header = ("book", "plan", "amount", "currency", "per", "notes")
    rows = tuple(
        tuple(Shown(value=cell, text=f"{cell:,.2f}") if isinstance(cell, int) else cell for cell in row)
        for row in _PRICES
    )
    state.spreadsheets[PRICES] = Spreadsheet(
        id=PRICES, title="Prices", sheets=(Sheet(sheet_id=0, title="Prices", rows=(header, *rows)),)
    )
    return state
