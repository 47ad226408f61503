"""`leads digest`: print this week's digest, or send it now."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter
from temporalio.exceptions import ApplicationError

from activities.digest import DigestMailer, digest_text
from client.chores import Chores
from client.digest import digest_zone, send_now
from client.digest_figures import with_figures
from client.errors import NoWorker
from client.lists import lead_lists
from process.views.digest import DigestMail, Week
from starter.cli.arguments import Json, flag
from starter.cli.configuration import read_settings
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output
from starter.cli.session import leads_of
from workflows.digest import digest_id, lines


async def digest(
    *,
    send: Annotated[
        bool, flag("Send this week's digest now. It is sent once a week, so the schedule then skips it.")
    ] = False,
    timeout: Annotated[float, Parameter("--timeout", help="With --send: seconds to wait for it.")] = 120.0,
    json: Json = False,
) -> None:
    """Print this week's digest as it would be sent now: a mail to each role, and to each person who has one by name."""
    settings, leads = read_settings(), await leads_of()
    week = Week.at(datetime.now(UTC), digest_zone(settings))
    out = Output(as_json=json)
    if send:
        await _send(Chores.of(leads.client, settings), week, timeout, out)
        return
    with lead_lists(settings) as rows:
        mails = rows.digests(week, datetime.now(UTC)).mails
    found = with_figures(mails, settings, week.day, digest_zone(settings))
    mailer = DigestMailer(settings, leads.policy)
    if out.value([each.model_dump(mode="json") | {"to": _to(mailer, each)} for each in found]):
        return
    if not found:
        out.line("There is nothing to say, so no mail.", "green")
    for mail in found:
        out.heading(f"To {', '.join(_to(mailer, mail))}: {mail.subject}")
        for line in digest_text(mail).text.splitlines():
            out.line(line)


async def _send(chores: Chores, week: Week, timeout: float, out: Output) -> None:
    try:
        async with asyncio.timeout(timeout):
            done, before = await send_now(*chores, week)
    except TimeoutError:
        raise NoWorker(chores.task_queue) from None
    if not out.value(done.model_dump(mode="json") | {"already": before}):
        out.line(f"The digest of {done.week}{' was sent before:' if before else ':'}")
        out.items(lines(done))
    if done.failed:
        raise CommandFailed(
            ExitCode.UNAVAILABLE,
            f"{len(done.failed)} mails could not be sent; the workflow {digest_id(week)} retries every hour.",
            printed=True,
        )


def _to(mailer: DigestMailer, mail: DigestMail) -> tuple[str, ...]:
    try:
        return mailer.recipients(mail)
    except ApplicationError as error:
        return (f"nobody ({error.message})",)
