"""`leads keys`: makes, shows and rotates the keys under which personal data is sealed."""

import asyncio
import secrets
from typing import Annotated, Literal

from cyclopts import Parameter

from config.settings import Settings
from keys.errors import KeysError
from keys.master_keys import MasterKeys
from keys.sql_store import SqlKeyStore
from starter.cli.arguments import Json
from starter.cli.configuration import read_settings
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output
from starter.cli.session import demand_workers_keys

Action = Literal["init", "status", "rotate"]


async def keys(
    action: Annotated[
        Action,
        Parameter(
            help="init: print new values for the settings that are missing, and make the key store. "
            "status: show how many keys there are. rotate: wrap all keys under the newest master key."
        ),
    ] = "status",
    /,
    *,
    json: Json = False,
) -> None:
    """Make, show or rotate the keys under which names, addresses and texts are sealed.

    To change the master key, set the new one as LEADS_KEYS__MASTER_KEY and the old one as LEADS_KEYS__MASTER_KEY_PREVIOUS,
    restart the service, run `leads keys rotate`, and take the old one out.

    Example: leads keys status
    """
    settings, out = read_settings(), Output(as_json=json)
    made = _missing(settings) if action == "init" else {}
    if made:
        if not out.value({"settings": made, "store": None}):
            out.line("Put these lines into .env, and keep a copy apart from all backups:")
            for name, value in made.items():
                out.line(f"{name}={value}")
            out.line("Then run `leads keys init` again, which makes the key store.", "dim")
        return
    store = _opened(settings)
    if action != "init":
        await demand_workers_keys(settings)
    try:
        await asyncio.to_thread(_do, action, store, settings, out)
    except KeysError as error:
        raise CommandFailed(ExitCode.UNAVAILABLE, str(error)) from None
    finally:
        store.close()


def _missing(settings: Settings) -> dict[str, str]:
    """Return new values of the settings that are needed and not set."""
    given = {
        "LEADS_KEYS__MASTER_KEY": settings.keys.master_key,
        "LEADS_KEYS__PEPPER": settings.keys.pepper,
    }
    return {name: secrets.token_hex(32) for name, value in given.items() if value is None}


def _opened(settings: Settings) -> SqlKeyStore:
    if not settings.keys.master_keys:
        raise CommandFailed(
            ExitCode.USAGE,
            "LEADS_KEYS__MASTER_KEY is not set: `leads keys init` makes one. Nothing is sealed.",
        )
    try:
        return SqlKeyStore(settings.keys.store_url.get_secret_value(), MasterKeys(settings.keys.master_keys))
    except KeysError as error:
        raise CommandFailed(ExitCode.USAGE, f"LEADS_KEYS__STORE_URL: {error}") from None


def _do(action: Action, store: SqlKeyStore, settings: Settings, out: Output) -> None:
    if action == "init":
        store.prepare()
        if not out.value({"settings": {}, "store": store.location}):
            out.line(f"The key store is ready: {store.location}", "green")
        return
    rotated = store.rotate() if action == "rotate" else None
    counts, here = store.counts(), MasterKeys(settings.keys.master_keys)
    value = {
        "store": store.location,
        "seals": settings.keys.seals,
        "owners": counts.owners,
        "keys": counts.kept,
        "destroyed": counts.destroyed,
        "master_keys": here.ids,
    }
    if out.value(value | ({} if rotated is None else {"rotated": rotated})):
        return
    if rotated is not None:
        out.line(f"Keys that were wrapped anew: {rotated}", "green")
        if settings.keys.master_key_previous:
            out.line("LEADS_KEYS__MASTER_KEY_PREVIOUS is needed no more: take it out, here and elsewhere.")
    every = counts.destroyed + sum(counts.kept.values())
    out.line(
        f"{store.location}; owners (leads, months of chores, requests to erase): {counts.owners}, keys: {every}, "
        f"destroyed: {counts.destroyed}"
    )
    out.line(
        f"What is written is {'sealed' if settings.keys.seals else 'not sealed (LEADS_KEYS__ENCRYPTION)'}"
    )
    for name, number in sorted(counts.kept.items()):
        which = "this one" if name == here.newest else "the previous one" if name in here.ids else "not here"
        out.items([f"Keys under the master key {name} ({which}): {number}"])
    if missing := sorted(counts.kept.keys() - set(here.ids)):
        out.line(
            f"What is under {', '.join(missing)} can't be read here: set that master key, or while keys are rotated "
            "LEADS_KEYS__MASTER_KEY_PREVIOUS.",
            "yellow",
        )
