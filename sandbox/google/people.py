"""What people do on Drive, for tests and stories, in one line each."""

from collections.abc import Callable
from typing import Any

from sandbox.google import acts
from sandbox.google.state import DriveFile, GoogleState


class Person:
    """Somebody who acts, with the rights of a member of the shared drive. Each act fails with what Google would say.

    `do` performs a piece of work on the thread to which the state belongs.

    Raises:
        GoogleError: Google refuses, or there is no such file.
    """

    def __init__(self, state: GoogleState, email: str, do: Callable[[Callable[[], Any]], Any]) -> None:
        self.email = email
        self._state = state
        self._do = do

    def folder_of(self, lead: str) -> DriveFile:
        """The folder that the service made for this lead."""
        return next(f for f in self._state.files.values() if f.app_properties == {"leadId": lead})

    def rename(self, file: str, name: str) -> None:
        self._do(lambda: acts.rename(self._state, self.email, file, name))

    def move(self, file: str, folder: str) -> None:
        self._do(lambda: acts.move(self._state, self.email, file, folder))

    def trash(self, file: str) -> None:
        self._do(lambda: acts.trash(self._state, self.email, file))

    def restore(self, file: str) -> None:
        self._do(lambda: acts.trash(self._state, self.email, file, trashed=False))

    def delete(self, file: str) -> None:
        """For good."""
        self._do(lambda: acts.delete(self._state, self.email, file))
