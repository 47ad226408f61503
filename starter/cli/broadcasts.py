"""Asks many leads for the same, with a progress bar."""

from client.broadcast import Broadcast, broadcast
from client.leads import LeadsClient
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output, progress


async def ask_all(leads: LeadsClient, message: Broadcast, out: Output, asked: str) -> None:
    """Send the message to all leads that its query finds, and print how many were asked."""
    with progress(hidden=out.as_json) as shown:
        bar = shown.add_task("Asking the leads")
        sent = await broadcast(
            leads.client,
            message,
            lambda sent: shown.update(bar, total=sent.leads or None, completed=sent.done + sent.failed),
        )
    if not out.value({"leads": sent.leads, "asked": sent.done, "failed": sent.failed}):
        out.line(f"{asked}: {sent.done} of {sent.leads} leads.")
    if sent.state == "failed":
        raise CommandFailed(
            ExitCode.UNAVAILABLE,
            f"The batch operation {sent.job_id} failed; the Temporal UI shows why. Repeat the command.",
            printed=True,
        )
