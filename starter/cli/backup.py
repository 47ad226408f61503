"""`leads backup`: copies the databases of a service that runs on one machine."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from sqlalchemy.engine import make_url

from config.settings import Settings
from ledger.copying import copy_database, copy_ledger
from ledger.errors import LedgerRefused
from process.plain_errors import shown
from sql.engines import location_of
from starter.cli.arguments import Json
from starter.cli.configuration import UP, read_settings
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output

TEMPORAL = UP.parent / "temporal.sqlite"
"""Temporal's database, where `leads up` keeps it."""


async def backup(
    folder: Annotated[
        Path,
        Parameter(help="Folder for the copies, which is made if it is missing. No copies may be in it yet."),
    ],
    /,
    *,
    json: Json = False,
) -> None:
    """Copy the ledger, the store of accounts and Temporal's database of `leads up` into a folder. They may be in use.

    What lists and pages read of each lead is left out of the ledger's copy, because it names people in clear: `leads
    rebuild` makes it anew. The keys are not copied: keep them elsewhere. Where the service uses PostgreSQL, take
    deploy/backup.sh.

    Example: leads backup backup/2026-01-31
    """
    known = read_settings()
    files = {name: file for name, file in _files(known).items() if file.is_file()}
    try:
        copied = await asyncio.to_thread(_copy, files, folder)
    except LedgerRefused as error:
        raise CommandFailed(ExitCode.UNAVAILABLE, str(error)) from None
    except OSError as error:
        where = shown(str(folder))
        raise CommandFailed(ExitCode.UNAVAILABLE, f"{where} can't be written: {error.strerror}.") from None
    out = Output(as_json=json)
    if not out.value({"copies": [str(each) for each in copied]}):
        out.items(f"Copied: {each}" for each in copied)
        keys = location_of(make_url(known.keys.store_url.get_secret_value()))
        out.line(
            f"The keys are not among these: copy them ({keys}) and the master key afterwards, to another place."
        )


def _files(settings: Settings) -> dict[str, Path]:
    """Return the databases in files: the ledger first, since leads write again what it lacks of a newer Temporal."""
    return {
        "ledger": _file(settings.ledger_url.get_secret_value(), "LEADS_LEDGER_URL"),
        "web": _file(settings.web.store_url.get_secret_value(), "LEADS_WEB__STORE_URL"),
        "temporal": TEMPORAL,
    }


def _file(url: str, setting: str) -> Path:
    if not url.startswith("sqlite:///"):
        raise CommandFailed(
            ExitCode.USAGE,
            f"{setting} is no SQLite file. Use deploy/backup.sh, or the tools of the database.",
        )
    return Path(str(make_url(url).database))


def _copy(files: dict[str, Path], folder: Path) -> list[Path]:
    before = os.umask(0o077)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        copies = {name: folder / f"{name}.sqlite" for name in files}
        if there := [copy for copy in copies.values() if copy.exists()]:
            raise CommandFailed(ExitCode.USAGE, f"There is {there[0]} already. Name another folder.")
        for name, file in files.items():
            part = copies[name].with_suffix(".part")
            part.unlink(missing_ok=True)
            (copy_ledger if name == "ledger" else copy_database)(file, part)
            part.rename(copies[name])
    finally:
        os.umask(before)
    return [*copies.values()]
