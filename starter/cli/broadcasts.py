"""Asks many leads for the same, with a progress bar."""

from client.broadcast import Broadcast, broadcast
from client.leads import LeadsClient
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output, progress


def demand_one_or_all(lead: str | None, rate: float, *, every: bool) -> None:
    """Raise CommandFailed (usage) unless one lead is named or all are meant, at a rate that can be kept."""
    if every == (lead is not None):
        raise CommandFailed(ExitCode.USAGE, "Name one lead, or give --all for every one.")
    if rate <= 0:
        raise CommandFailed(ExitCode.USAGE, "--rate must be more than 0.")


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
