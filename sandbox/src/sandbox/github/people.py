"""People who act on GitHub, for tests and demonstrations."""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sandbox.github import board, commands, git
from sandbox.github.auth import as_person
from sandbox.github.errors import NotFoundError
from sandbox.github.forms import template
from sandbox.github.markdown import task_line, toggle_task
from sandbox.github.records import (
    Comment,
    Issue,
    Item,
    Project,
    ReactionContent,
    Repository,
    StateReason,
    User,
)
from sandbox.github.state import GitHubState

T = TypeVar("T")


class Person:
    """A GitHub user. Each method has that user's rights and raises GitHubError if GitHub would refuse.

    `run` runs a function on the event loop that owns the state.
    """

    def __init__(
        self, state: GitHubState, user: User, base: str, run: Callable[[Callable[[], Any]], Any]
    ) -> None:
        self.login = user.login
        self._state = state
        self._user = user
        self._viewer = as_person(user)
        self._base = base
        self._run = run

    # -- issues -------------------------------------------------------------------------------------------------

    def open(self, repo: str, title: str, body: str | None = None, *, labels: tuple[str, ...] = ()) -> Issue:
        """Create an issue. Labels are silently dropped if the person may not set them."""
        return self._write(
            lambda: commands.create_issue(
                self._state, self._viewer, self._repository(repo), title=title, body=body, labels=labels
            )
        )

    def fill_in(
        self, repo: str, form: str, answers: Mapping[str, str | Sequence[str]], *, title: str | None = None
    ) -> Issue:
        """Create an issue from a form, such as `request.yml`. `answers`: label of a question -> answer or answers.

        Raises:
            LookupError: There is no such form or question.
        """

        def work() -> Issue:
            repository = self._repository(repo)
            found = template(repository, form)
            if found is None or not found.is_form:
                raise LookupError(f"{repo} has no form {form}")
            if strange := answers.keys() - {entry.label for entry in found.entries}:
                raise LookupError(f"{form} asks for no {min(strange)}")
            given = {name: [text] if isinstance(text, str) else text for name, text in answers.items()}
            return commands.create_from_form(
                self._state, self._viewer, repository, found, title=title, given=given
            )

        return self._write(work)

    def put_file(self, repo: str, path: str, text: str, message: str = "Put by hand") -> None:
        """Create or replace a file."""

        def work() -> None:
            repository = self._repository(repo)
            had = repository.files.get(path)
            change = commands.FileChange(
                path=path,
                content=base64.b64encode(text.encode()).decode(),
                message=message,
                sha=None if had is None else git.blob(had.encode()),
            )
            commands.put_file(self._state, self._viewer, repository, change)

        self._write(work)

    def edit(self, repo: str, number: int, *, title: str | None = None, body: str | None = None) -> Issue:
        """Change the issue's title or description; None leaves it unchanged."""
        return self._change(repo, number, commands.Change(title=title, body=body))

    def tick(self, repo: str, number: int, label: str) -> Issue:
        """Check or uncheck the task with this label in the description.

        Raises:
            ValueError: There is no such task.
        """

        def work() -> Issue:
            issue = self._issue(repo, number)
            text = issue.body or ""
            change = commands.Change(body=toggle_task(text, task_line(text, label)))
            return commands.edit_issue(self._state, self._viewer, issue, change)

        return self._write(work)

    def close(self, repo: str, number: int, reason: StateReason = "completed") -> Issue:
        return self._change(repo, number, commands.Change(state="closed", state_reason=reason))

    def reopen(self, repo: str, number: int) -> Issue:
        return self._change(repo, number, commands.Change(state="open"))

    def label(self, repo: str, number: int, *names: str) -> Issue:
        """Add labels to the issue; those that the repository does not have are created."""
        return self._write(
            lambda: commands.add_labels(self._state, self._viewer, self._issue(repo, number), names)
        )

    def unlabel(self, repo: str, number: int, name: str) -> Issue:
        """Remove a label from the issue. Raises NotFoundError if the issue does not have it."""
        return self._write(
            lambda: commands.remove_label(self._state, self._viewer, self._issue(repo, number), name)
        )

    def transfer(self, repo: str, number: int, target: str) -> Issue:
        """Move the issue to another repository of the organization."""
        return self._write(
            lambda: commands.transfer_issue(
                self._state, self._viewer, self._issue(repo, number), self._repository(target)
            )
        )

    def delete(self, repo: str, number: int) -> None:
        """Delete the issue with its comments, events and cards."""
        self._write(lambda: commands.delete_issue(self._state, self._viewer, self._issue(repo, number)))

    def rename_repository(self, repo: str, name: str) -> Repository:
        """Rename the repository. Requests for the old name are redirected."""
        return self._write(
            lambda: commands.rename_repository(self._state, self._viewer, self._repository(repo), name)
        )

    # -- comments -----------------------------------------------------------------------------------------------

    def comment(self, repo: str, number: int, body: str) -> Comment:
        return self._write(
            lambda: commands.create_comment(self._state, self._viewer, self._issue(repo, number), body)
        )

    def edit_comment(self, comment: int, body: str) -> Comment:
        """Change the comment with this id."""
        return self._write(
            lambda: commands.edit_comment(self._state, self._viewer, self._comment(comment), body)
        )

    def delete_comment(self, comment: int) -> None:
        """Delete the comment with this id."""
        self._write(lambda: commands.delete_comment(self._state, self._viewer, self._comment(comment)))

    def react(self, comment: int, content: ReactionContent) -> None:
        """Add a reaction to the comment with this id."""
        self._write(lambda: commands.react(self._state, self._viewer, self._comment(comment), content))

    # -- the board ----------------------------------------------------------------------------------------------

    def add_card(self, repo: str, number: int) -> Item:
        """Add the issue to the first board and return its card."""
        return self._write(
            lambda: board.add_item(self._state, self._viewer, self._board(), self._issue(repo, number))
        )

    def move(self, repo: str, number: int, column: str) -> Item:
        """Move the issue's card to the column of this name."""

        def work() -> Item:
            field, item = self._board().status, self._card(repo, number)
            option = next((option.id for option in field.options if option.name == column), column)
            value: board.Value = {"single_select_option_id": option}
            return board.set_value(self._state, self._viewer, item, field, value)

        return self._write(work)

    def archive_card(self, repo: str, number: int, *, archived: bool = True) -> Item:
        """Archive the issue's card on the first board, or restore it."""
        return self._write(
            lambda: board.archive_item(self._state, self._viewer, self._card(repo, number), archived=archived)
        )

    def delete_card(self, repo: str, number: int) -> None:
        """Remove the issue's card from the first board; the issue stays."""
        self._write(lambda: board.delete_item(self._state, self._viewer, self._card(repo, number)))

    def automate(self, **automations: str) -> None:
        """Configure the board's automations: `closed="Done"`, `reopened="Todo"`, `closes="Done"`."""

        def work() -> None:
            project = self._board()
            self._state.projects[project.id] = project.replaced(automations=automations)

        self._write(work)

    def rename_column(self, column: str, name: str) -> None:
        """Rename a column of the first board."""

        def work() -> None:
            project = self._board()
            options = tuple(
                option.replaced(name=name) if option.name == column else option
                for option in project.status.options
            )
            fields = tuple(
                field.replaced(options=options) if field == project.status else field
                for field in project.fields
            )
            self._state.projects[project.id] = project.replaced(fields=fields)

        self._write(work)

    # -- look-ups ------------------------------------------------------------------------------------------

    def _write(self, work: Callable[[], T]) -> T:
        def write() -> T:
            with self._state.writing(self._user, self._base):
                return work()

        done: T = self._run(write)
        return done

    def _change(self, repo: str, number: int, change: commands.Change) -> Issue:
        return self._write(
            lambda: commands.edit_issue(self._state, self._viewer, self._issue(repo, number), change)
        )

    def _repository(self, name: str) -> Repository:
        return _found(self._state.repository(self._state.organization.login, name), name)

    def _issue(self, repo: str, number: int) -> Issue:
        return _found(self._state.issue(self._repository(repo), number), f"{repo}#{number}")

    def _comment(self, number: int) -> Comment:
        return _found(self._state.comments.get(number), f"comment {number}")

    def _board(self) -> Project:
        return _found(self._state.project(1), "board 1")

    def _card(self, repo: str, number: int) -> Item:
        """Return the issue's card on the first board."""
        project = self._board()
        cards = self._state.items_with(self._issue(repo, number))
        return _found(next((card for card in cards if card.project_id == project.id), None), "card")


def _found(it: T | None, name: str) -> T:
    if it is None:
        raise NotFoundError(f"Not Found: {name}")
    return it
