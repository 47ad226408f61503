"""Reads the addresses of issues."""

import re
from urllib.parse import unquote

from activities.github.listings import IssueName
from activities.github.models import Issue

_URL = re.compile(r"/([^/]+)/issues/(\d+)$")


def issue_at(url: str) -> IssueName | None:
    """Return repository and number of the issue at this URL, or None if it is none."""
    found = _URL.search(url)
    return (unquote(found[1]), int(found[2])) if found else None


def is_at(url: str, repo: str, issue: Issue) -> bool:
    """Return True if the URL is that of this issue, which was listed in `repo`; either may have an old name."""
    if url == issue.html_url:
        return True
    known = issue_at(url)
    return known is not None and (known[0].casefold(), known[1]) == (repo.casefold(), issue.number)
