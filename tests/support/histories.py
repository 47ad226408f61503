"""The committed workflow histories of released versions."""

import gzip
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "workflows" / "histories"
HISTORIES = sorted(FOLDER.glob("*.json.gz"))


def read_history(path: Path) -> str:
    """Return the history as JSON."""
    return gzip.decompress(path.read_bytes()).decode()


def write_history(name: str, text: str) -> None:
    """Write the history's JSON, compressed the same way every time."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
