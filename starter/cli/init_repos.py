"""`leads init-repos`: labels, issue forms and the board's columns, put in place on GitHub where they are missing."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.text import Text

from config.policy_file import current_policy
from config.settings import GitHub
from process.policy import Policy
from starter.cli.errors import CommandError, ExitCode
from starter.cli.options import Json, flag
from starter.cli.output import Output
from starter.cli.session import read_settings

if TYPE_CHECKING:
    from activities.github.setup import SetupItem, SetupStatus


async def init_repos(
    *,
    dry_run: Annotated[bool, flag("Only look, and say what is missing.")] = False,
    link: Annotated[bool, flag("Also show the board under Projects in both repositories.")] = False,
    files: Annotated[
        Path | None,
        Parameter(
            help="Only write the issue forms into this folder, to be put into the repositories by hand."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Put labels, issue forms and the board's columns in place on GitHub. What is there stays as it is. Safe to repeat.

    Repositories and board are those that LEADS_GITHUB__… name, and must be there; the policy names labels and columns.
    A label keeps its colour, a file its text, a card its column: where something differs from ours, that is said.

    The token or GitHub App needs issues, contents and organization projects (write). Nothing else needs to write contents:
    take that right away again afterwards, or copy the forms by hand (--files).
    """
    known = read_settings()
    policy, out = current_policy(known), Output(as_json=json)
    if files is not None:
        if dry_run or link:
            raise CommandError(
                ExitCode.USAGE, "--files writes the forms into a folder and does nothing else."
            )
        await asyncio.to_thread(_write_forms, files, known.github, policy, out)
        return
    pieces = await asyncio.to_thread(_set_up, known.github, policy, dry_run=dry_run, link=link)
    if not out.value([each._asdict() for each in pieces]):
        out.table(("where", "what", "", "found"), (_row(each) for each in pieces))
    _end(pieces)


def _set_up(github: GitHub, policy: Policy, *, dry_run: bool, link: bool) -> "list[SetupItem]":
    from activities.github.setup import GitHubSetup  # its client takes a second to load

    return list(GitHubSetup(github, policy, dry_run=dry_run, link=link).pieces())


def _row(each: "SetupItem") -> tuple[str, str, Text, str]:
    return each.where, each.name, Text(each.status, _STYLES.get(each.status, "")), each.detail


_STYLES = {"put": "green", "missing": "yellow", "by hand": "bold red", "failed": "bold red"}


def _end(pieces: "Sequence[SetupItem]") -> None:
    """Raises CommandError where something is missing still."""
    from activities.github.setup import SetupStatus

    def count(status: "SetupStatus") -> int:
        return sum(each.status is status for each in pieces)

    if count(SetupStatus.FAILED):
        done = f"{count(SetupStatus.PUT)} put so far" if count(SetupStatus.PUT) else "nothing was put"
        sentence = (
            f"GitHub did not answer as it should, {done}. Run this again: what is there is not put twice."
        )
        raise CommandError(ExitCode.UNAVAILABLE, sentence, printed=True)
    if left := count(SetupStatus.BY_HAND):
        sentence = f"{left} of {len(pieces)} are to be done by hand, as said above; then run this again."
        raise CommandError(ExitCode.REFUSED, sentence, printed=True)


def _write_forms(folder: Path, github: GitHub, policy: Policy, out: Output) -> None:
    """Each form under the name of its repository; a file that is there is left as it is."""
    from activities.github.forms import forms

    written, left = [], []
    try:
        for form in forms(github, policy):
            file = folder / form.repo / form.path
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                with file.open("x", encoding="utf-8") as new:
                    new.write(form.text)
                written.append(str(file))
            except FileExistsError:
                left.append(str(file))
    except OSError as error:
        raise CommandError(ExitCode.USAGE, f"{folder} can't be written: {error.strerror}.") from error
    if out.value({"written": written, "left": left}):
        return
    out.line(
        "Written, each to be put into the repository whose name its folder has:"
        if written
        else "Nothing written."
    )
    out.items(written)
    if left:
        out.line("There already, and left as they are:")
        out.items(left)
