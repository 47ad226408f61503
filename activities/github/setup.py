"""Sets up GitHub for leads: creates missing labels, issue forms, and the board's field and columns.

Existing things stay as they are. Each is looked up first, and created by a request that fails if it exists by then, so
the set-up may be repeated after any failure, and run several times at once.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import partial
from typing import NamedTuple, TypeVar

from temporalio.exceptions import ApplicationError

from activities.errors import PARKED
from activities.github.board import columns_of
from activities.github.forms import FOLDER, Form, forms
from activities.github.setup_client import BoardField, BoardSetup, Column, GitHubSetupClient, LabelSettings
from config.groups import GitHub
from process.policy import Policy
from process.types import Stage

T = TypeVar("T")

_PAUSES = (1.0, 3.0)
"""Seconds before another attempt after a passing failure."""

_COLOURS: Mapping[Stage, str] = {
    Stage.LEAD: "GRAY",
    Stage.QUOTED: "BLUE",
    Stage.CONTRACTED: "YELLOW",
    Stage.HUB: "GREEN",
    Stage.LOST: "RED",
    Stage.CLOSED: "PURPLE",
}


class SetupStatus(StrEnum):
    """The result for one item. An item that differs from ours is left as it is."""

    PRESENT = "present"
    DIFFERS = "differs"
    CREATED = "created"
    MISSING = "missing"
    BY_HAND = "by hand"
    FAILED = "failed"


class SetupItem(NamedTuple):
    """One thing that leads need on GitHub, with its status."""

    where: str
    name: str
    status: SetupStatus
    detail: str = ""
    """The difference from ours, or the problem and its remedy. Never a secret."""


class GitHubSetup:
    """Sets up the team's two repositories and its board, with the names in the policy of new leads.

    With `dry_run` nothing is created. `link` also links the board to both repositories.
    """

    def __init__(
        self,
        settings: GitHub,
        policy: Policy,
        *,
        dry_run: bool = False,
        link: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._policy = policy
        self._client = GitHubSetupClient(settings)
        self._dry_run = dry_run
        self._link = link
        self._sleep = sleep

    def items(self) -> Iterator[SetupItem]:
        """Yield each thing with its status. Stops where GitHub does not answer."""
        github, names = self._settings, self._policy.labels
        leads = (names.lead, names.hub_service, names.customer)
        seen: set[str] = set()
        parts: tuple[tuple[str, Callable[[], Iterator[SetupItem]]], ...] = (
            (f"{github.org}/{github.leads_repo}", partial(self._repository, github.leads_repo, leads)),
            (f"{github.org}/{github.hubs_repo}", partial(self._repository, github.hubs_repo, (names.hub,))),
            (f"board {github.project_number}", self._board),
        )
        for where, part in parts:
            try:
                yield from part()
            except ApplicationError as error:
                detail = _sentence(error)
                if error.type != PARKED:
                    yield SetupItem(
                        where,
                        "this and what follows",
                        SetupStatus.FAILED,
                        f"{detail}; run this again{_when(error)}",
                    )
                    return
                if detail not in seen:  # one problem may stop several of them
                    yield SetupItem(where, "all of it", SetupStatus.BY_HAND, detail)
                seen.add(detail)

    # Repositories

    def _repository(self, repo: str, labels: tuple[str, ...]) -> Iterator[SetupItem]:
        found = self._with_retries(lambda: self._client.repository(repo))[0]
        if found.archived:
            yield SetupItem(
                found.full_name, "all of it", SetupStatus.BY_HAND, "the repository is archived: unarchive it"
            )
            return
        if not found.has_issues:
            yield SetupItem(
                found.full_name, "issues", SetupStatus.BY_HAND, "switch them on in the repository's settings"
            )
        yield from self._labels(repo, found.full_name, labels)
        yield from self._forms(repo, found.full_name)

    def _labels(self, repo: str, where: str, names: tuple[str, ...]) -> Iterator[SetupItem]:
        there = {
            label.name.casefold(): label
            for label in self._with_retries(lambda: self._client.label_settings(repo))[0]
        }
        for name in dict.fromkeys(names):
            ours = self._label(name)
            known = there.get(name.casefold())
            if known is None:
                yield self._put(where, f"label {name}", partial(self._client.create_label, repo, ours))
            elif known == ours:
                yield SetupItem(where, f"label {name}", SetupStatus.PRESENT)
            else:
                differs = ", ".join(
                    f"{part} {getattr(known, part) or 'none'!r}, ours {getattr(ours, part)!r}"
                    for part in ("name", "color", "description")
                    if getattr(known, part) != getattr(ours, part)
                )
                yield SetupItem(where, f"label {name}", SetupStatus.DIFFERS, differs)

    def _label(self, name: str) -> LabelSettings:
        labels = self._policy.labels
        color, description = {
            labels.lead: ("0e8a16", "Somebody shows obvious interest"),
            labels.hub_service: ("1d76db", "Hub as a service"),
            labels.customer: ("5319e7", "The contract is signed"),
            labels.hub: ("d93f0b", "A hub that we run"),
        }[name]
        return LabelSettings(name=name, color=color, description=description)

    def _forms(self, repo: str, where: str) -> Iterator[SetupItem]:
        wanted = [form for form in forms(self._settings, self._policy) if form.repo == repo]
        try:
            names = self._with_retries(lambda: self._client.file_names(repo, FOLDER))[0]
        except ApplicationError as error:
            _require_parked(error)
            yield from (
                SetupItem(where, f"form {form.file}", SetupStatus.BY_HAND, _sentence(error))
                for form in wanted
            )
            return
        for form in wanted:
            yield self._form(form, where, names)

    def _form(self, form: Form, where: str, names: set[str]) -> SetupItem:
        others = sorted(names & {f"{form.name}.md", f"{form.name}.yaml"})
        both = f"{' and '.join(others)} is there too: people are offered both" if others else ""
        item = f"form {form.file}"
        text = None
        if form.file in names:
            text = self._with_retries(lambda: self._client.file_text(form.repo, form.path))[0]
        if text is None:
            return self._put(where, item, lambda: self._make_form(form), both)
        if _lines(text) == _lines(form.text):
            return SetupItem(where, item, SetupStatus.PRESENT, both)
        return SetupItem(where, item, SetupStatus.DIFFERS, _and(_difference(text, form.text), both))

    def _make_form(self, form: Form) -> bool:
        return self._client.create_file(form.repo, form.path, form.text, f"Add the issue form {form.name}")

    # The board

    def _board(self) -> Iterator[SetupItem]:
        board = self._with_retries(self._client.board)[0]
        where = f"board {self._settings.project_number} ({board.title})"
        name = self._settings.status_field
        if board.field is None:
            made = self._put(
                where, f"field {name}", partial(self._client.create_field, board, self._columns())
            )
            if made.status is not SetupStatus.PRESENT:
                yield made
            else:  # somebody else created it meanwhile, maybe with other columns
                board = self._with_retries(self._client.board)[0]
        if board.field is not None and board.field.is_single_select:
            yield SetupItem(where, f"field {name}", SetupStatus.PRESENT)
            yield from self._options(board, where)
        elif board.field is not None:
            detail = f"it is no single-select field: rename it at {board.url}, or choose LEADS_GITHUB__STATUS_FIELD"
            yield SetupItem(where, f"field {name}", SetupStatus.BY_HAND, detail)
        if self._link:
            yield from self._links(board, where)

    def _columns(self) -> list[Column]:
        """Return the columns of all stages. Stages may share one."""
        columns = columns_of(self._settings, self._policy)
        stages = {name: stage for stage, name in reversed(list(columns.items()))}
        return [Column(name=name, color=_COLOURS[stages[name]]) for name in dict.fromkeys(columns.values())]

    def _options(self, board: BoardSetup, where: str) -> Iterator[SetupItem]:
        missing = self._missing(board)
        near = {option.name.casefold(): option.name for option in (board.field or _NO_FIELD).options}
        for column in self._columns():
            item = f"column {column.name}"
            like = near.get(column.name.casefold())
            if column not in missing:
                yield SetupItem(where, item, SetupStatus.PRESENT)
            elif like:
                detail = f"it is called {like!r} there: rename it, or say so in the settings or the policy"
                yield SetupItem(where, item, SetupStatus.BY_HAND, detail)
                missing.remove(column)
        if not missing:
            return
        items = [f"column {column.name}" for column in missing]
        if self._dry_run:
            yield from (SetupItem(where, item, SetupStatus.MISSING) for item in items)
            return
        try:
            self._with_retries(lambda: self._add(missing))
        except _NotSafeError as unsafe:
            yield from (SetupItem(where, item, SetupStatus.BY_HAND, str(unsafe)) for item in items)
        except ApplicationError as error:
            _require_parked(error)
            yield from (SetupItem(where, item, SetupStatus.BY_HAND, _sentence(error)) for item in items)
        else:
            yield from (SetupItem(where, item, SetupStatus.CREATED) for item in items)

    def _missing(self, board: BoardSetup) -> list[Column]:
        names = {option.name for option in (board.field or _NO_FIELD).options}
        return [column for column in self._columns() if column.name not in names]

    def _add(self, wanted: list[Column]) -> None:
        """Add columns to the present ones. GitHub replaces all options of a field at once.

        Present options are sent with their ids, so that cards keep them. If GitHub does not accept ids, columns are added
        only while no card has a value that could be lost. There is no conditional update: so the board is read just
        before.
        """
        board = self._client.board()
        field = board.field or _NO_FIELD
        names = {option.name for option in field.options}
        missing = [column for column in wanted if column.name not in names]
        if not missing:
            return
        if not board.keeps_options and self._client.has_values():
            raise _NotSafeError(
                f"this version of GitHub would take every card out of its column: add it by hand at {board.url}/settings"
            )
        had = [
            option if board.keeps_options else option.model_copy(update={"id": None})
            for option in field.options
        ]
        now = self._client.set_options(field, [*had, *missing])
        if board.keeps_options and (lost := {o.id for o in field.options} - {o.id for o in now}):
            raise _NotSafeError(
                f"it was added, but GitHub replaced {len(lost)} of the columns: check at {board.url} if cards left them"
            )

    def _links(self, board: BoardSetup, where: str) -> Iterator[SetupItem]:
        linked = {name.casefold() for name in board.repositories}
        for repo in (self._settings.leads_repo, self._settings.hubs_repo):
            item = f"link to {repo}"
            if f"{self._settings.org}/{repo}".casefold() in linked:
                yield SetupItem(where, item, SetupStatus.PRESENT)
            else:
                yield self._put(where, item, partial(self._linked, board, repo))

    def _linked(self, board: BoardSetup, repo: str) -> bool:
        self._client.link(board, repo)
        return True

    # Helpers

    def _put(self, where: str, item: str, make: Callable[[], bool], detail: str = "") -> SetupItem:
        """Create the item, or leave it to a person if the right to create it is missing."""
        if self._dry_run:
            return SetupItem(where, item, SetupStatus.MISSING, detail)
        try:
            made, attempts = self._with_retries(make)
        except ApplicationError as error:
            _require_parked(error)
            return SetupItem(where, item, SetupStatus.BY_HAND, _and(_sentence(error), detail))
        # an attempt that failed may have put it all the same
        return SetupItem(
            where, item, SetupStatus.CREATED if made or attempts > 1 else SetupStatus.PRESENT, detail
        )

    def _with_retries(self, work: Callable[[], T]) -> tuple[T, int]:
        """Return the result of `work` and the number of attempts. Passing failures are retried."""
        for attempt, pause in enumerate(_PAUSES, start=1):
            try:
                return work(), attempt
            except ApplicationError as error:
                if error.type != "Again":
                    raise
                self._sleep(pause)
        return work(), len(_PAUSES) + 1


class _NotSafeError(Exception):
    """Columns cannot be added safely. The message says why, and what to do."""


_NO_FIELD = BoardField.model_validate({"__typename": ""})


def _require_parked(error: ApplicationError) -> None:
    """Raise every error that does not wait for a person, such as a rate limit: it stops the whole set-up."""
    if error.type != PARKED:
        raise error


def _sentence(error: ApplicationError) -> str:
    return error.message.removesuffix(", then retry")


def _and(*sentences: str) -> str:
    return "; ".join(filter(None, sentences))


def _when(error: ApplicationError) -> str:
    delay = error.next_retry_delay
    return f" in {max(1, round(delay.total_seconds() / 60))} min" if delay else ""


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def _difference(theirs: str, ours: str) -> str:
    """Return a short description of the first difference between two texts."""
    there, here = _lines(theirs), _lines(ours)
    for number, (one, other) in enumerate(zip(there, here, strict=False), start=1):
        if one != other:
            return f"differs from ours in line {number}"
    return f"has {len(there)} lines, ours {len(here)}"
