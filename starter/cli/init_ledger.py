"""`leads init-ledger`: makes the tables of the ledger, as the role that owns them."""

from typing import Annotated

from cyclopts import Parameter

from ledger.database import Database
from ledger.errors import LedgerError
from starter.cli.arguments import Json
from starter.cli.configuration import read_settings
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output


async def init_ledger(
    *,
    role: Annotated[
        str | None,
        Parameter(
            help="Role of PostgreSQL that the service uses: it gets the rights to add events and to read, and no others."
        ),
    ] = None,
    reader: Annotated[
        str | None,
        Parameter(help="Role of PostgreSQL that the pages use: it gets the right to read, and no other."),
    ] = None,
    eraser: Annotated[
        str | None,
        Parameter(
            help="Role of PostgreSQL that erases people: it may also replace what events say. It can be the one of --role."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Make the tables of the ledger in LEADS_LEDGER_URL, as the role that shall own them. Safe to repeat.

    A worker makes missing tables itself, if its role may. It need not be allowed to.
    """
    try:
        database = Database.open(read_settings().ledger_url.get_secret_value())
        try:
            database.make(role, reader, eraser)
        finally:
            database.close()
    except LedgerError as error:
        raise CommandFailed(ExitCode.UNAVAILABLE, str(error)) from error
    out = Output(as_json=json)
    if not out.value({"ledger": database.location, "role": role, "reader": reader, "eraser": eraser}):
        out.line(f"The ledger is ready: {database.location}")
        if role:
            out.line(f"{role} may add events and read them, and neither change nor remove any")
        if reader:
            out.line(f"{reader} may read, and nothing else")
        if eraser:
            out.line(f"{eraser} may replace what events say, each time with a note of the erasure")
