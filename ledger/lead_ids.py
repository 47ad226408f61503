"""Ids of leads for a shell that completes them: read from a SQLite file at once, without loading SQLAlchemy."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

AT_MOST = 100
_SAFE = re.compile(r"[\w.-]+", re.ASCII)
_SQL = """\
SELECT lead_id, json_extract(document, '$.heading') FROM ledger_leads
WHERE substr(lead_id, 1, length(:begun)) = :begun AND archived = 0 ORDER BY lead_id LIMIT :limit"""


def ids_beginning(url: str, begun: str) -> Iterator[tuple[str, str]]:
    """Yield the ids that begin so, with the leads' headings. Only SQLite is asked; another database yields none.

    An id with a character that a shell could understand is left out, because shells insert it as it is.
    """
    path = Path(url.removeprefix("sqlite:///"))
    if not url.startswith("sqlite:///") or not path.is_file():
        return
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0.2)) as database:
        for lead_id, heading in database.execute(_SQL, {"begun": begun, "limit": AT_MOST}):
            if _SAFE.fullmatch(lead_id):
                yield lead_id, "".join(c if c.isprintable() else " " for c in heading or "")
