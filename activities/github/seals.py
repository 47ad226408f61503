"""Signatures of the memory in our blocks: what others wrote there is not believed.

Whoever may edit an issue's description may edit the memory in it, too, and so could claim edits that nobody made. So the
memory carries a token of its block's key, and thereby of the lead and of the issue that it is for. One without is
dropped where a description is read. Of its lines' checksums it leaves those that tell our lines from a person's, which
decide nothing: so a lost key makes no mess of the issues.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from activities.github.issue_block import OURS, known_lines, lines_marker
from config.groups import GitHub
from config.signing import is_signed, sign

PURPOSE = "memory of an issue"
LENGTH = 40
"""Characters by which a description grows when it is sealed, at most."""
_MEMORY = re.compile(rf"(?:({OURS}begin (\S+) -->\r?\n)|^){OURS}wrote (.*)\n?", re.MULTILINE)
_SIGNED = re.compile(r"(\{.*\}) ([a-z2-7]+) -->\r?")


@dataclass(frozen=True)
class Seal:
    """The keys whose tokens count; the first one makes new tokens."""

    keys: tuple[str, ...]

    @classmethod
    def of(cls, github: GitHub, keys: Sequence[str]) -> "Seal":
        """Return the seal of the service's own keys, or else of its credentials for GitHub."""
        secrets = (github.token, github.app_private_key)
        return cls(tuple(keys) or tuple(secret.get_secret_value() for secret in secrets if secret))

    def sealed(self, text: str, key: str) -> str:
        """Return the description with the memory of this key's block signed, if it is not yet."""

        def signed(found: re.Match[str]) -> str:
            if not found[1] or unquote(found[2]) != key or not self.keys or _SIGNED.fullmatch(found[3]):
                return found[0]
            memory = found[3].removesuffix(" -->")
            token = sign(self.keys[0], PURPOSE, key, memory)
            return f"{found[1]}{OURS}wrote {memory} {token} -->\n"

        return _MEMORY.sub(signed, text)

    def opened(self, text: str) -> str:
        """Return the description without memory that is not signed."""

        def checked(found: re.Match[str]) -> str:
            if not found[1]:
                return ""
            signed = _SIGNED.fullmatch(found[3])
            if signed and is_signed(signed[2], self.keys, PURPOSE, unquote(found[2]), signed[1]):
                return found[0]
            memory = signed[1] if signed else found[3].rstrip().removesuffix(" -->")
            return f"{found[1]}{lines_marker(known_lines(memory))}\n"

        return _MEMORY.sub(checked, text) if OURS in text else text
