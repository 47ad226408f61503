"""Texts as GitHub keeps them."""


def unix(text: str) -> str:
    """With one kind of line end: GitHub's editor writes CRLF, and we do not."""
    return text.replace("\r\n", "\n")
