"""Line ends of texts on GitHub."""


def unix(text: str) -> str:
    """Return the text with LF line ends. GitHub's editor writes CRLF."""
    return text.replace("\r\n", "\n")
