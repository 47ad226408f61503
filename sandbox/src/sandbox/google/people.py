"""People who act on Drive, for tests and demonstrations."""

from collections.abc import Callable
from typing import Any

from sandbox.google import commands
from sandbox.google.state import DriveFile, GoogleState


class Person:
    """A member of the shared drive. Each method has that person's rights and raises GoogleError if Google would refuse.

    `run` runs a function on the event loop that owns the state.
    """

    def __init__(self, state: GoogleState, email: str, run: Callable[[Callable[[], Any]], Any]) -> None:
        self.email = email
        self._state = state
        self._run = run

    def find_folder(self, **app_properties: str) -> DriveFile:
        """Return the file that an application created with exactly these `appProperties`."""
        return next(f for f in self._state.files.values() if f.app_properties == app_properties)

    def rename(self, file: str, name: str) -> None:
        self._run(lambda: commands.rename(self._state, self.email, file, name))

    def move(self, file: str, folder: str) -> None:
        """Move the file into another folder, or to the top of the drive."""
        self._run(lambda: commands.move(self._state, self.email, file, folder))

    def trash(self, file: str) -> None:
        self._run(lambda: commands.trash(self._state, self.email, file))

    def restore(self, file: str) -> None:
        """Take the file out of the trash."""
        self._run(lambda: commands.trash(self._state, self.email, file, trashed=False))

    def delete(self, file: str) -> None:
        """Delete the file permanently, a folder with its content."""
        self._run(lambda: commands.delete(self._state, self.email, file))
