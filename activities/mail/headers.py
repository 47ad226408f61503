"""Writes the header of a mail as ASCII. Text is encoded here and never parsed, so it cannot become a header.

Python's own header classes parse what they are given: they decode encoded words (RFC 2047) in it, even with line
breaks inside, and lose spaces where they fold a long line.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator

MAX_LINE = 76
"""Characters of a line (RFC 2047, 2)."""
_WORD_BYTES = 42
"""Bytes of one encoded word. With the header's name before it, it fits into a line."""
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+(?: [A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+)*")
_FOLD = "\r\n "


def unstructured(name: str, text: str) -> str:
    """Return the line or lines of a header that is free text, such as the subject."""
    line = one_line(text)
    plain = line.isascii() and line.isprintable() and "=?" not in line
    if plain and len(name) + 2 + len(line) <= MAX_LINE:
        return f"{name}: {line}\r\n"
    return f"{name}: {_FOLD.join(_encoded_words(line))}\r\n"


def address_list(name: str, addresses: Iterable[str]) -> str:
    """Return a header with one address to a line. The addresses must be valid (`process.addresses`)."""
    return f"{name}: {f',{_FOLD}'.join(addresses)}\r\n"


def mailbox(display_name: str, address: str) -> str:
    """Return the address as a header takes it, with the name before it if there is one."""
    line = one_line(display_name)
    if not line:
        return address
    if _ATOMS.fullmatch(line) and "=?" not in line and len(line) < MAX_LINE // 2:
        return f"{line} <{address}>"
    return f"{_FOLD.join(_encoded_words(line))}{_FOLD}<{address}>"


def token(name: str, value: str) -> str:
    """Return a header whose value is ours, such as a Message-ID. It is never folded."""
    return f"{name}: {value}\r\n"


def one_line(text: str) -> str:
    """Return the text with each run of white space as one space."""
    return " ".join(text.split())


def _encoded_words(text: str) -> Iterator[str]:
    """Yield the text in encoded words of whole characters. Spaces between them do not count (RFC 2047, 6.2)."""
    part = b""
    for character in text:
        encoded = character.encode()
        if len(part) + len(encoded) > _WORD_BYTES:
            yield _encoded_word(part)
            part = b""
        part += encoded
    yield _encoded_word(part)


def _encoded_word(part: bytes) -> str:
    return f"=?utf-8?b?{b64encode(part).decode()}?="
