"""Storage: states as JSON files, the content of files and mails beside them.

Without a folder everything is kept in memory. A state is written to a temporary file that then replaces the old
one, so that a process killed while writing leaves the old state intact.
"""

import shutil
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

Model = TypeVar("Model", bound=BaseModel)


class Blobs:
    """Bytes by name, in a folder or in memory. A name is a single path component."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._memory: dict[str, bytes] = {}

    def put(self, name: str, content: bytes) -> None:
        """Store the bytes, in place of earlier ones of this name."""
        if self._folder is None:
            self._memory[name] = content
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        _replace(self._folder / name, content)

    def get(self, name: str) -> bytes:
        """Return the bytes. Raises KeyError if there are none of this name."""
        if self._folder is None:
            return self._memory[name]
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            raise KeyError(name) from None


class Store:
    """The data of one run or, with a folder, of all runs on that folder."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def load(self, name: str, model: type[Model]) -> Model | None:
        """Return the stored state; None if there is none, as always without a folder."""
        if self.folder is None or not (file := self.folder / f"{name}.json").exists():
            return None
        return model.model_validate_json(file.read_bytes())

    def save(self, name: str, state: BaseModel) -> None:
        """Write the state to the folder; without a folder, do nothing."""
        if self.folder is not None:
            _replace(self.folder / f"{name}.json", state.model_dump_json().encode())

    def blobs(self, name: str) -> Blobs:
        """Return the blobs in the subfolder of this name; without a folder, new ones in memory."""
        return Blobs(self.folder / name if self.folder else None)

    def clear(self, *names: str) -> None:
        """Delete the states and the blobs of these names."""
        if self.folder is None:
            return
        for name in names:
            (self.folder / f"{name}.json").unlink(missing_ok=True)
            shutil.rmtree(self.folder / name, ignore_errors=True)


def _replace(file: Path, content: bytes) -> None:
    new = file.with_name(f"{file.name}.new")
    new.write_bytes(content)
    new.replace(file)
