"""Object names of git: SHA-1 over a header and the content."""

import hashlib
from collections.abc import Mapping
from datetime import datetime


def _named(kind: str, content: bytes) -> str:
    header = f"{kind} {len(content)}\0".encode()
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


def blob(content: bytes) -> str:
    """Return the name of a file's content."""
    return _named("blob", content)


def tree(files: Mapping[str, str]) -> str:
    """Return the name of a folder with these files (relative path -> text)."""
    entries: dict[str, tuple[str, str]] = {}
    folders: dict[str, dict[str, str]] = {}
    for path, text in files.items():
        first, _, rest = path.partition("/")
        if rest:
            folders.setdefault(first, {})[rest] = text
        else:
            entries[first] = ("100644", blob(text.encode()))
    entries |= {name: ("40000", tree(inside)) for name, inside in folders.items()}
    # git sorts folders as if their names ended in a slash
    ordered = sorted(entries.items(), key=lambda entry: entry[0] + "/" * (entry[1][0] == "40000"))
    content = b"".join(f"{mode} {name}\0".encode() + bytes.fromhex(sha) for name, (mode, sha) in ordered)
    return _named("tree", content)


def commit(tree: str, parent: str | None, author: str, email: str, at: datetime, message: str) -> str:
    """Return the name of a commit whose author is also the committer."""
    person = f"{author} <{email}> {int(at.timestamp())} +0000"
    lines = [
        f"tree {tree}",
        *([f"parent {parent}"] if parent else []),
        f"author {person}",
        f"committer {person}",
    ]
    return _named("commit", "\n".join([*lines, "", message]).encode())
