"""Fonts for documents: the packaged font Arimo, and further fonts that the settings name."""

import fcntl
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path

from fontTools.ttLib import TTFont, TTLibError
from fontTools.varLib import instancer

FAMILY = "Arimo"
UNKNOWN = "?"
"""Stands for a character that no font has. A document with it is never handed over."""

_BOLD = 700
_ISOLATE, _LTR, _POP = "\u2068", "\u2066", "\u2069"
_RTL = ("R", "AL", "AN")
_JOINERS = "\u200c\u200d"
_IGNORABLE = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef\u034f]")
"""Variation selectors and the like, which show nothing by themselves."""


@cache
def regular() -> Path:
    """Return Arimo's file, a variable font in regular weight with Latin, Greek, Cyrillic and Hebrew."""
    return Path(str(files("fontpkg_arimo") / "files" / "Arimo[wght].ttf"))


def bold() -> Path:
    """Return Arimo in bold, as a file in a folder of this user's own below the temporary folder.

    fpdf takes fonts as files only. All workers share this one, so that killed workers leave no other behind.
    """
    folder = Path(tempfile.gettempdir()) / f"leads-fonts-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.lstat().st_uid != os.getuid():
        raise PermissionError(f"the folder {folder} belongs to another user")
    file, content = folder / "arimo-bold.ttf", _cut_bold()
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(
            opened, fcntl.LOCK_EX
        )  # one writer at a time, so that an unfinished file is replaced by the next
        if not file.is_file() or file.read_bytes() != content:
            part = folder / "arimo-bold.part"
            part.write_bytes(content)
            part.replace(file)
    finally:
        os.close(opened)
    return file


@cache
def _cut_bold() -> bytes:
    """Return the bold font, made from the variable font. It takes most of a second, so it is cached."""
    with BytesIO() as file, TTFont(regular(), recalcTimestamp=False) as font:
        instancer.instantiateVariableFont(font, {"wght": _BOLD}, inplace=True)
        font.save(file)
        return file.getvalue()


@cache
def glyphs(file: Path) -> frozenset[int]:
    """Return the code points that a font has. Raises OSError or ValueError for an unusable file."""
    try:
        with file.open("rb") as opened, TTFont(opened, fontNumber=0, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except TTLibError as error:
        raise ValueError(f"it is not a font: {error}") from None


def further_fonts(texts: Iterable[str], files: Sequence[Path]) -> list[Path]:
    """Return those fonts that have characters of the texts that Arimo lacks. Unreadable files are skipped."""
    wanted = {ord(character) for text in texts for character in text} - glyphs(regular())
    found = []
    for file in files if wanted else ():
        with suppress(OSError, ValueError):  # InvoiceChecks reports it
            if has := wanted & glyphs(file):
                found.append(file)
                wanted -= has
    return found


class GlyphSet:
    """The characters that Arimo and these further fonts have."""

    def __init__(self, further: Sequence[Path] = ()) -> None:
        self.further = further
        self.missing: dict[str, None] = {}
        """Characters of some text that no font has, each once, in order."""
        self._glyphs = glyphs(regular()).union(*map(glyphs, further))

    def fitting(self, text: str) -> str:
        """Return the text with the nearest substitute for each character that no font has. Accepts any text.

        Text from left to right with other parts is isolated, so that these do not turn round what stands beside it.
        """
        found = "".join(self._nearest(each) for each in unicodedata.normalize("NFC", text))
        return f"{_ISOLATE}{found}{_POP}" if has_rtl(found) and not is_rtl(found) else found

    def _nearest(self, character: str) -> str:
        category = unicodedata.category(character)
        if _IGNORABLE.match(character) or (category[0] in "ZC" and category not in ("Co", "Cn")):
            joins = character in _JOINERS and ord(character) in self._glyphs
            return character if joins else "" if category in ("Cf", "Mn") else " "
        plain = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
        for text in (character, plain):
            if text and self._glyphs.issuperset(map(ord, text)):
                return text
        self.missing[character] = None
        return UNKNOWN


def has_rtl(text: str) -> bool:
    """Return True if a part of the text runs from right to left."""
    return any(unicodedata.bidirectional(each) in _RTL for each in text)


def is_rtl(text: str) -> bool:
    """Return True if the text runs from right to left: its first character that has a direction does."""
    classes = (unicodedata.bidirectional(each) for each in text)
    return next((each for each in classes if each in ("L", "R", "AL")), "L") != "L"


def kept_ltr(text: str) -> str:
    """Return text of ours that runs from left to right beside any other."""
    return f"{_LTR}{text}{_POP}"
