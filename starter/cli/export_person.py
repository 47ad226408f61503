"""`leads export-person`: gives a person everything that leads keep of them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from client.export_person import collect, write_zip
from client.lists import open_ledger
from starter.cli.arguments import Json, flag
from starter.cli.configuration import read_settings
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output, confirmed
from starter.cli.persons import PersonArgument, find_person, show_found
from starter.cli.session import demand_workers_keys


async def export_person(
    person: PersonArgument,
    /,
    *more: Annotated[str, Parameter(help="Further words of the same person.")],
    output: Annotated[Path, Parameter(help="The ZIP file to write. It must not be there yet.")],
    lead: Annotated[
        list[str] | None, Parameter(help="Only this lead. May be given several times.", negative="")
    ] = None,
    yes: Annotated[bool, flag("Write it without asking.")] = False,
    json: Json = False,
) -> None:
    """Write everything that leads keep of one person into a ZIP file that only you can read.

    The person is found by name, mail address or login in all leads of the ledger, also in ended ones. Other people's names
    and words are left out. Shows what was found, then asks. Hand the file over by a way that you trust, and delete it.

    Example: leads export-person ada@example.org --output ada.zip
    """
    settings, out = read_settings(), Output(as_json=json)
    await demand_workers_keys(settings)
    with open_ledger(settings) as ledger:
        found = find_person(ledger, (person, *more), lead or ())
        if not json:
            show_found(found, out)
        if not found.leads:
            raise CommandFailed(ExitCode.NOT_FOUND, "No lead names this person.")
        if not (yes or (not json and confirmed(f"Write {output}?"))):
            if not out.value([each._asdict() for each in found.leads]):
                out.line("Nothing was written. Add --yes to do it.", "dim")
            return
        data = collect(ledger, found.person, [each.lead_id for each in found.leads])
    try:
        write_zip(output, found.person, data, datetime.now(UTC))
    except FileExistsError:
        raise CommandFailed(ExitCode.USAGE, f"{output} is there already. Choose another file.") from None
    except OSError as error:
        raise CommandFailed(ExitCode.USAGE, f"{output} cannot be written: {error.strerror}.") from None
    if not out.value({"file": str(output), "leads": [each.lead_id for each in found.leads]}):
        out.line(f"Written: {output}", "green")
