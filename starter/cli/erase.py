"""`leads erase`: erases a person from every store, once a second person has agreed."""

import os
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from client.erasure.doubts import doubt_about
from client.erasure.erasing import forget_in_pages
from client.erasure.finding import person_named
from client.erasure.reapplying import reapply, remove_unreadable
from client.erasure.report import report_lines
from config.login import login
from process.actor import Actor
from process.privacy.requests import ErasureRequest, HoldReason, RequestState
from process.types import Base
from starter.cli.arguments import Json, flag
from starter.cli.configuration import read_settings
from starter.cli.erasure_stores import Opened, opened_stores
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output, confirmed, count_of, progress
from starter.cli.pages_store import EmptyStore
from starter.cli.persons import actor_at_command_line, demand_people, find_person, show_found
from starter.cli.session import demand_workers_keys

REPORT = "erasure-{id}.md"
"""Name of the report. It names nobody."""


class ErasureLine(Base):
    """One request in the journal, for a list."""

    id: str
    kind: str
    state: str
    asked_on: date
    leads: int
    held_until: date | None = None
    held_for: str | None = None
    found: int = 0

    @classmethod
    def of(cls, request: ErasureRequest, today: date) -> "ErasureLine":
        """Return the line of a request on a day."""
        return cls(
            id=request.id,
            kind=request.kind,
            state=request.state(today),
            asked_on=request.asked_at.date(),
            leads=len(request.leads),
            held_until=request.held_until,
            held_for=request.held_for,
            found=request.found,
        )


class ErasureResult(Base):
    """The result of carrying a request out."""

    id: str
    state: str
    leads: list[str]
    left: list[str] = []
    """Places that still name the person."""
    report: str
    lines: list[str] = []
    """The report itself, if it could not be written."""


async def erase(
    person: Annotated[
        str | None,
        Parameter(help="The person's mail address, GitHub login (as @ada) or full name, as leads know them."),
    ] = None,
    /,
    *more: Annotated[
        str,
        Parameter(
            help="Further words of the same person, such as the surname alone: it is not found by the full name."
        ),
    ],
    lead: Annotated[
        list[str] | None,
        Parameter(
            help="Erase from this lead alone: others mean another person. May be given several times.",
            negative="",
        ),
    ] = None,
    exactly: Annotated[
        bool, flag("Look for these words alone, not for further ones of the same person.")
    ] = False,
    anyway: Annotated[
        bool,
        flag(
            "Ask in spite of a doubt: the words are short or common, another request names the person, or nothing names "
            "them (then --confirm searches the rest)."
        ),
    ] = False,
    confirm: Annotated[
        str | None,
        Parameter(help="Agree to this request and carry it out; repeated, it goes on where it was ended."),
    ] = None,
    hold: Annotated[
        str | None, Parameter(help="Forbid this request until a day: the law demands it.")
    ] = None,
    until: Annotated[date | None, Parameter(help="With --hold: the last day of it.")] = None,
    reason: Annotated[
        Literal["invoice", "contract", "dispute", "authority"], Parameter(help="With --hold: why.")
    ] = "invoice",
    pages: Annotated[
        str | None,
        Parameter(
            help="Let the pages' store alone forget the person of this request: where only that is reached."
        ),
    ] = None,
    no_pages: Annotated[
        bool, flag("With --confirm: there are no pages, so that their store is not missed.")
    ] = False,
    withdraw: Annotated[
        str | None, Parameter(help="Withdraw this request, which nobody has confirmed.")
    ] = None,
    rest_is_fine: Annotated[
        str | None,
        Parameter(
            help="End this request: you have looked at each place that is left, and it means somebody else."
        ),
    ] = None,
    list_: Annotated[bool, flag("List all requests.", "--list")] = False,
    again: Annotated[
        bool,
        flag("Erase again what was erased: after a backup was restored, before workers start.", "--reapply"),
    ] = False,
    report: Annotated[
        Path | None, Parameter(help="With --confirm: folder for the report; by default this one.")
    ] = None,
    logs: Annotated[
        list[Path] | None,
        Parameter(help="With --confirm: folder of log files to search as well.", negative=""),
    ] = None,
    by: Annotated[str | None, Parameter(help="You. By default your login name.", env_var="LEADS_BY")] = None,
    yes: Annotated[bool, flag("Do it without asking.")] = False,
    json: Json = False,
) -> None:
    """Erase a person from every store: Temporal, the ledger, the pages' store, and by their keys from backups.

    With a PERSON, shows what is found and makes a request. Somebody else confirms it, and it is carried out: running leads
    go on without the person, ended ones keep dates and amounts. It cannot be taken back. It may be ended and repeated at any
    moment; at its end, all stores are searched, and a report says what is left to do by hand.

    Example: leads erase ada@example.org; then, by somebody else, leads erase --confirm ID
    """
    if (
        sum(
            (
                person is not None,
                confirm is not None,
                hold is not None,
                withdraw is not None,
                pages is not None,
                rest_is_fine is not None,
                list_,
                again,
            )
        )
        != 1
    ):
        raise CommandFailed(
            ExitCode.USAGE,
            "Give one of: a person, --confirm, --hold, --pages, --withdraw, --rest-is-fine, --list, --reapply.",
        )
    if (hold is None) != (until is None):
        raise CommandFailed(ExitCode.USAGE, "--hold and --until belong together.")
    out = Output(as_json=json)
    await demand_workers_keys(read_settings())
    with opened_stores() as opened:
        actor = actor_at_command_line(by or login(), opened.policy)
        if confirm or hold or withdraw or rest_is_fine:
            demand_people(actor, opened.policy)
        if person is not None:
            await _ask(
                opened, (person, *more), lead or (), actor, out, widen=not exactly, anyway=anyway, yes=yes
            )
        elif confirm is not None:
            await _confirm(
                opened,
                confirm,
                actor,
                out,
                folder=report or Path(),
                logs=logs or (),
                no_pages=no_pages,
                yes=yes,
            )
        elif hold is not None and until is not None:
            _show(opened.requests.hold(hold, actor, until, HoldReason(reason), _today()), out)
        elif pages is not None:
            _forget_in_pages(opened, pages, out)
        elif withdraw is not None:
            _show(opened.requests.withdraw(withdraw, actor), out)
        elif rest_is_fine is not None:
            _show(opened.requests.accept_rest(rest_is_fine, actor), out)
        elif again:
            await _reapply(opened, out)
        else:
            _list(opened.journal.requests(), out)


async def _ask(
    opened: Opened,
    words: Sequence[str],
    lead_ids: Sequence[str],
    actor: Actor,
    out: Output,
    *,
    widen: bool,
    anyway: bool,
    yes: bool,
) -> None:
    """Show what is found of the person, and make a request."""
    found = find_person(opened.ledger, words, lead_ids, widen=widen)
    if not out.as_json:
        show_found(found, out)
    places = [] if lead_ids else opened.places_in_pages(found.person)
    if not out.as_json:
        out.items(f"pages: {each}" for each in places or ())
        _say_if_empty(opened, out)
        out.line(
            "A surname alone is not found by the full name: give it as well, if somebody may have written it.",
            "dim",
        )
    if not (found.leads or places or (anyway and not lead_ids)):
        raise CommandFailed(ExitCode.NOT_FOUND, _nowhere(has_pages=places is not None))
    demand_people(actor, opened.policy)
    number = count_of(len(found.leads), "lead") + (
        f" and {count_of(len(places), 'place')} of the pages" if places else ""
    )
    if named := opened.names_in_settings(found.person):
        raise CommandFailed(
            ExitCode.REFUSED,
            f"The settings name this person ({', '.join(named)}). Take them out first, and start the workers anew: "
            "otherwise each lead is told of them again.",
        )
    doubt = doubt_about(opened.requests, person_named(words), found, _today(), limited=bool(lead_ids))
    if doubt and not anyway:
        raise CommandFailed(
            ExitCode.REFUSED,
            f"{doubt} Only these words, and none that were added: --exactly. All the same: --anyway.",
        )
    if not (yes or (not out.as_json and confirmed(f"Ask for the erasure from {number}?"))):
        if not out.value([each._asdict() for each in found.leads]):
            out.line("No request was made. Add --yes to make it.", "dim")
        return
    request = opened.requests.ask(
        found.person, [each.lead_id for each in found.leads], actor, limited=bool(lead_ids)
    )
    if not out.value(ErasureLine.of(request, _today())):
        out.line(f"Asked for: {request.id}", "green")
        out.line(f"Somebody else carries it out: leads erase --confirm {request.id}")


def _nowhere(*, has_pages: bool) -> str:
    """Return that nobody was found, and where nobody has looked."""
    asked = (
        "" if has_pages else "the store of the pages (it is not reached from here: LEADS_WEB__STORE_URL), "
    )
    return (
        f"No lead{' and no row of the pages' if has_pages else ''} names this person. A surname alone is not found in a "
        'full name: give all words of theirs (leads erase "Full Name" Surname mail). Not looked at yet: '
        f"{asked}Temporal's other histories and the logs. With --anyway a request is made, and --confirm searches them."
    )


async def _confirm(
    opened: Opened,
    request_id: str,
    actor: Actor,
    out: Output,
    *,
    folder: Path,
    logs: Sequence[Path],
    no_pages: bool,
    yes: bool,
) -> None:
    """Agree to a request, carry it out and write the report."""
    request = opened.requests.get(request_id)
    if not out.as_json:
        out.line(f"{request.id}: {count_of(len(request.leads), 'lead')}", "bold")
        out.items(each.lead_id for each in request.leads)
    if not (yes or (not out.as_json and confirmed("Erase the person from them? It cannot be taken back."))):
        if not out.value(ErasureLine.of(request, _today())):
            out.line("Nothing was erased. Add --yes to do it.", "dim")
        return
    opened.requests.confirm(request_id, actor, _today())
    if not out.as_json:
        _say_if_empty(opened, out)
    erasing = await opened.erasing(logs, no_pages=no_pages)
    with progress(hidden=out.as_json) as shown:
        bar = shown.add_task("Erasing", total=None)
        outcome = await erasing.carry_out(
            request_id, _today(), lambda text: shown.update(bar, description=text)
        )
    lines = list(report_lines(outcome.request, outcome.leads, outcome.hits, _today()))
    file = _write(folder, outcome.request.id, lines)
    left = [f"{hit.store}: {hit.where}" for hit in outcome.hits if not hit.is_id]
    result = ErasureResult(
        id=request_id,
        state=outcome.request.state(_today()),
        leads=[each.lead_id for each in outcome.request.leads],
        left=left,
        report=str(file or ""),
        lines=[] if file else lines,
    )
    if not out.value(result):
        if outcome.is_complete:
            out.line("Erased. No store names the person any more.", "green")
        elif left:
            out.line("These still name the person:", "yellow")
            out.items(left, "yellow")
        if file:
            out.line(f"The report, with what is left to do by hand: {file}")
        else:
            out.items(lines)
    if outcome.lacks_pages:
        raise CommandFailed(
            ExitCode.REFUSED,
            f"The store of the pages is not reached from here (LEADS_WEB__STORE_URL). Where the pages run, use leads "
            f"erase --pages {request_id}; then repeat this. If there are no pages: --no-pages.",
            printed=True,
        )
    if not outcome.is_complete:
        raise CommandFailed(
            ExitCode.REFUSED,
            f"{count_of(len(left), 'place')} left; leads erase --confirm {request_id} goes on. If they mean somebody else, "
            f"look at each, then end it: leads erase --rest-is-fine {request_id}.",
            printed=True,
        )


def _say_if_empty(opened: Opened, out: Output) -> None:
    """Say that the store of the pages was never made, if that is known."""
    if isinstance(store := opened.pages, EmptyStore):
        out.line(str(store), "dim")
    elif store:
        store.close()


def _write(folder: Path, request_id: str, lines: Sequence[str]) -> Path | None:
    """Write the report, which only its owner can read, and return the file; None if it cannot be written there."""
    file = folder / REPORT.format(id=request_id)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError:  # a container has no folder to write to
        return None
    with os.fdopen(descriptor, "w", encoding="utf-8") as target:
        target.write("\n".join(lines) + "\n")
    return file


def _forget_in_pages(opened: Opened, request_id: str, out: Output) -> None:
    """Let the store of the pages alone forget the person."""
    store = opened.pages
    if store is None:
        raise CommandFailed(ExitCode.USAGE, "There is no store of the pages here: see LEADS_WEB__STORE_URL.")
    if isinstance(store, EmptyStore) and not out.as_json:
        out.line(str(store), "dim")
    with closing(store):
        forget_in_pages(opened.requests, store, request_id, _today())
    _show(opened.requests.get(request_id), out)


async def _reapply(opened: Opened, out: Output) -> None:
    """Write erased events again over what a restored ledger has, and remove runs that nobody can read any more."""
    done = []
    with progress(hidden=out.as_json) as shown:
        bar = shown.add_task("Erasing again", total=None)
        for each in reapply(opened.journal, opened.ring, opened.ledger):
            done += [each] if each.changed else []
            shown.advance(bar)
    if not out.as_json:  # at once: it is done even if Temporal does not answer
        out.line(f"Erased again from the ledger: {count_of(len(done), 'lead')}.", "green")
        out.items(each.lead_id for each in done)
    stores = (await opened.erasing(())).stores
    with progress(hidden=out.as_json) as shown:
        shown.add_task("Looking for what is unreadable in Temporal", total=None)
        gone = [each async for each in remove_unreadable(stores.leads.client, opened.journal, stores.seconds)]
    if not out.value({"ledger": [each.lead_id for each in done], "temporal": gone}):
        out.line(f"Unreadable in Temporal, and removed: {count_of(len(gone), 'lead')}.", "green")
        out.items(gone)
        if gone:
            out.line("leads restore --all begins those again that have not ended.")


def _list(requests: Sequence[ErasureRequest], out: Output) -> None:
    lines = [ErasureLine.of(each, _today()) for each in requests]
    if out.value(lines):
        return
    if not lines:
        out.line("Nobody has asked for an erasure.")
        return
    out.table(
        ("id", "kind", "state", "asked on", "leads", "note"),
        [
            (each.id, each.kind, each.state, str(each.asked_on), str(each.leads), _note(each))
            for each in lines
        ],
    )


def _note(line: ErasureLine) -> str:
    if line.state == RequestState.HELD:
        return f"until {line.held_until}: {line.held_for}"
    looked = ", looked at by a person" if line.state == RequestState.DONE else ""
    return f"{count_of(line.found, 'place')} left{looked}" if line.found else ""


def _show(request: ErasureRequest, out: Output) -> None:
    line = ErasureLine.of(request, _today())
    if not out.value(line):
        out.line(f"{line.id}: {line.state}{f', {note}' if (note := _note(line)) else ''}", "green")


def _today() -> date:
    return datetime.now(UTC).date()
