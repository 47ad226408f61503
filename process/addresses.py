"""Mail addresses: the one check of every door, comparison, and the form in which they are sent.

The mailbox is ASCII, since not every mail server takes another. A domain may be written in any script; DNS and mail know
it by its ASCII form (`xn--…`).
"""

import re
import unicodedata
from functools import lru_cache

EXAMPLE = "name@example.org"
"""An address as it is to be written, for messages."""

MAX_READ = 1_000
"""Characters of a text that may be an address. One has 254 at most, with a domain in ASCII."""
_MAILBOX = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_DOTS = re.compile("[.\u3002\uff0e\uff61]")
_NAMED = re.compile(r"[^<>]*<\s*([^<>\s]+)\s*>")


def complaint_about(address: str) -> str:
    """Return why this is no mail address that we can send to, as a clause; an empty text if it is one."""
    mailbox, at, domain = address.rpartition("@")
    if len(address) > MAX_READ:
        return "is too long for a mail address"
    if not at or not mailbox or not domain:
        return "is no mail address"
    if "@" in mailbox or any(c.isspace() or c in ",;<>()" for c in address):
        return "is no mail address, or more than one"
    if not mailbox.isascii():
        return "has letters before the @ that not every mail server takes"
    if not _MAILBOX.fullmatch(mailbox) or len(mailbox) > 64:
        return "is no mail address: no mailbox is called so"
    if not is_domain(domain):
        return "is no mail address: no domain is called so"
    return "" if len(ascii_address(address)) <= 254 else "is too long for a mail address"


def is_domain(name: str) -> bool:
    """Return True for a name that a domain can have, in any script."""
    ascii_name = ascii_domain(name)
    return len(ascii_name) <= 253 and all(_LABEL.fullmatch(label) for label in ascii_name.split("."))


def ascii_address(address: str) -> str:
    """Return the address with its domain in ASCII, as it is sent."""
    mailbox, at, domain = address.strip().rpartition("@")
    return f"{mailbox}{at}{ascii_domain(domain)}"


def folded(address: str) -> str:
    """Return the address for comparison: as written, in lower case, with the domain in ASCII."""
    return ascii_address(address).casefold()


def domain_of(address: str) -> str:
    """Return the address's domain in ASCII, in lower case."""
    return folded(address).rpartition("@")[2]


@lru_cache(maxsize=4096)
def ascii_domain(domain: str) -> str:
    """Return the domain in ASCII, as DNS knows it. A label that has no such form stays as it is."""
    return ".".join(_ascii_label(label) for label in _DOTS.split(domain))


def readable_domain(domain: str) -> str:
    """Return the domain in its own script. A label that is no such form stays as it is."""
    return ".".join(map(_readable_label, domain.split(".")))


def without_name(text: str) -> str:
    """Return the address in `Name <address>`, `<address>` or `mailto:address`, as people write it into forms."""
    text = text.strip()
    named = _NAMED.fullmatch(text)
    address = named[1] if named else text
    return re.sub(r"(?i)^mailto:", "", address)


def _ascii_label(label: str) -> str:
    if label.isascii():
        return label
    lower = unicodedata.normalize("NFKC", label).lower()
    if lower.isascii() or not all(map(_is_of_word, lower)):
        return lower
    return f"xn--{lower.encode('punycode').decode()}"


def _readable_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label.removeprefix("xn--").encode().decode("punycode")
    except UnicodeError:
        return label


def _is_of_word(character: str) -> bool:
    """Return True for letters, marks, numbers, hyphens and joiners."""
    return unicodedata.category(character)[0] in "LMN" or character in "-\u200c\u200d"
