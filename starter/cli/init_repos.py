"""`leads init-repos`: adds missing labels, issue forms and board columns on GitHub."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.text import Text

from config.groups import GitHub
from config.policy_file import current_policy
from process.policy import Policy
from starter.cli.arguments import Json, flag
from starter.cli.configuration import read_settings
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output

if TYPE_CHECKING:
    from activities.github.setup import SetupItem, SetupStatus


async def init_repos(
    *,
    dry_run: Annotated[bool, flag("Change nothing, only report what is missing.")] = False,
    link: Annotated[bool, flag("Also link the board to both repositories, under Projects.")] = False,
    files: Annotated[
        Path | None,
        Parameter(help="Only write the issue forms into this folder; you copy them into the repositories."),
    ] = None,
    json: Json = False,
) -> None:
    """Add missing labels, issue forms and board columns on GitHub. Safe to repeat.

    Repositories and board are those of the settings LEADS_GITHUB__… and must exist; the policy names labels and columns.
    Nothing that exists is changed: differences are reported.

    The token or GitHub App needs write access to issues, contents and organization projects. Only this command needs
    contents: revoke that right afterwards, or copy the forms by hand (--files).

    Example: leads init-repos --dry-run
    """
    known = read_settings()
    policy, out = current_policy(known), Output(as_json=json)
    if files is not None:
        if dry_run or link:
            raise CommandFailed(
                ExitCode.USAGE,
                "--files only writes forms into a folder; do not combine it with other options.",
            )
        await asyncio.to_thread(_write_forms, files, known.github, policy, out)
        return
    items = await asyncio.to_thread(_set_up, known.github, policy, dry_run=dry_run, link=link)
    if not out.value([each._asdict() for each in items]):
        out.table(("where", "what", "", "found"), (_row(each) for each in items))
    _end(items)


def _set_up(github: GitHub, policy: Policy, *, dry_run: bool, link: bool) -> "list[SetupItem]":
    from activities.github.setup import GitHubSetup  # its client takes a second to load

    return list(GitHubSetup(github, policy, dry_run=dry_run, link=link).items())


def _row(each: "SetupItem") -> tuple[str, str, Text, str]:
    return each.where, each.name, Text(each.status, _STYLES.get(each.status, "")), each.detail


_STYLES = {"created": "green", "missing": "yellow", "by hand": "bold red", "failed": "bold red"}


def _end(items: "Sequence[SetupItem]") -> None:
    """Raise CommandFailed if something is still missing."""
    from activities.github.setup import SetupStatus

    def count(status: "SetupStatus") -> int:
        return sum(each.status is status for each in items)

    if count(SetupStatus.FAILED):
        done = f"{count(SetupStatus.CREATED)} put so far" if count(SetupStatus.CREATED) else "nothing was put"
        sentence = f"GitHub did not answer as it should, {done}. Run this again: nothing is added twice."
        raise CommandFailed(ExitCode.UNAVAILABLE, sentence, printed=True)
    if manual := count(SetupStatus.BY_HAND):
        sentence = f"{manual} of {len(items)} must be done by hand, see above; then run this again."
        raise CommandFailed(ExitCode.REFUSED, sentence, printed=True)


def _write_forms(folder: Path, github: GitHub, policy: Policy, out: Output) -> None:
    """Write each form below the name of its repository; existing files are kept."""
    from activities.github.forms import forms

    written, kept = [], []
    try:
        for form in forms(github, policy):
            file = folder / form.repo / form.path
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                with file.open("x", encoding="utf-8") as new:
                    new.write(form.text)
                written.append(str(file))
            except FileExistsError:
                kept.append(str(file))
    except OSError as error:
        raise CommandFailed(ExitCode.USAGE, f"{folder} can't be written: {error.strerror}.") from error
    if out.value({"written": written, "kept": kept}):
        return
    out.line(
        "Written; copy each into the repository that its folder is named for:"
        if written
        else "Nothing written."
    )
    out.items(written)
    if kept:
        out.line("There already, and kept:")
        out.items(kept)
