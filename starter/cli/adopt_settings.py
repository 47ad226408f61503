"""`leads adopt-settings`: lets the leads of a namespace belong to the settings at hand."""

from typing import Annotated

from client.belonging import recorded
from client.claiming import adopt, belonging_of
from client.connection import connect
from client.lists import failing
from client.sealing import codec_by
from starter.cli.arguments import Json, flag
from starter.cli.configuration import read_settings
from starter.cli.output import Output, confirmed


async def adopt_settings(
    *, yes: Annotated[bool, flag("Do it without asking.")] = False, json: Json = False
) -> None:
    """Let the leads of this namespace belong to the settings at hand, so that workers start with these.

    A worker refuses to start where the ledger, the organisation or GitHub differ from those that the leads belong to, for
    it would write their events into another ledger. Use this after such a move, with the ledger moved as well. Shows what
    differs, then asks.
    """
    settings, out = read_settings(), Output(as_json=json)
    client = await connect(codec=codec_by(settings))
    known = await recorded(client, settings.task_queue)
    with failing():
        here = await belonging_of(settings)
    different = list(known.differences(here)) if known else ["nothing is recorded yet"]
    if not json:
        out.line(f"Namespace {client.namespace}, task queue {settings.task_queue}", "bold")
        out.items(different or ["The leads belong to these settings already"])
    adopted = bool(different) and (yes or (not json and confirmed("Adopt these settings?")))
    if adopted:
        with failing():
            await adopt(client, settings)
    if out.value({"differences": different, "adopted": adopted}):
        return
    if adopted:
        out.line("The leads belong to these settings now. Start the worker.", "green")
    elif different:
        out.line("Nothing was changed. Add --yes to do it.", "dim")
