"""Letters for documents: Arimo, which comes with a package, and further fonts that the settings name."""

import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path

from fontTools.ttLib import TTFont, TTLibError
from fontTools.varLib import instancer

FAMILY = "Arimo"
UNKNOWN = "?"
"""Stands for a letter that no font has."""

_BOLD = 700


@cache
def regular() -> Path:
    """The font's file: Latin, Greek, Cyrillic and Hebrew. It is one for all weights, and as it is the regular one."""
    return Path(str(files("fontpkg_arimo") / "files" / "Arimo[wght].ttf"))


@contextmanager
def bold() -> Iterator[Path]:
    """The same in bold, as a file for as long as it is read."""
    with tempfile.NamedTemporaryFile(prefix="arimo-bold-", suffix=".ttf") as file:
        file.write(_cut_bold())
        file.flush()
        yield Path(file.name)


@cache
def _cut_bold() -> bytes:
    """Cut out of the regular one once in a process: that takes most of a second."""
    with BytesIO() as file, TTFont(regular(), recalcTimestamp=False) as font:
        instancer.instantiateVariableFont(font, {"wght": _BOLD}, inplace=True)
        font.save(file)
        return file.getvalue()


@cache
def letters(file: Path) -> frozenset[int]:
    """The characters that a font has. Raises OSError or ValueError where it is none."""
    try:
        with file.open("rb") as opened, TTFont(opened, fontNumber=0, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except TTLibError as error:
        raise ValueError(f"it is no font: {error}") from None


def further_fonts(texts: Iterable[str], files: Sequence[Path]) -> list[Path]:
    """Those of these fonts that have letters of the texts that Arimo lacks; what can't be read is left out."""
    wanted = {ord(character) for text in texts for character in text} - letters(regular())
    found = []
    for file in files if wanted else ():
        with suppress(OSError, ValueError):  # `leads check` says it
            if has := wanted & letters(file):
                found.append(file)
                wanted -= has
    return found


class Letters:
    """The letters that Arimo and these further fonts have."""

    def __init__(self, further: Sequence[Path] = ()) -> None:
        self.further = further
        self.substituted = False
        """Whether a text had letters that are not among them."""
        self._known = letters(regular()).union(*map(letters, further))

    def fitting(self, text: str) -> str:
        """The text, with what comes closest in the place of letters that no font has. Any text is accepted."""
        found = "".join(self._nearest(each) for each in unicodedata.normalize("NFC", text))
        self.substituted |= found.count(UNKNOWN) > text.count(UNKNOWN)
        return found

    def _nearest(self, character: str) -> str:
        category = unicodedata.category(character)
        if category[0] in "ZC":
            return "" if category == "Cf" else " "
        plain = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
        return next(
            (text for text in (character, plain) if text and self._known.issuperset(map(ord, text))), UNKNOWN
        )
