"""Committed parts of released versions: workflow histories, and the changed rules that each knows."""

import gzip
import json
from pathlib import Path

from temporalio.client import WorkflowHistory

from process.behaviour import Behaviour

FOLDER = Path(__file__).parents[1] / "workflows" / "histories"
KNOWN_RULES = FOLDER.with_name("known_rules.json")
HISTORIES = sorted(FOLDER.glob("*.json.gz"))


def read_history(path: Path) -> str:
    """Return the history as JSON."""
    return gzip.decompress(path.read_bytes()).decode()


def as_history(text: str) -> WorkflowHistory:
    """Return the history with the id that its workflow had: results of activities name the lead."""
    started = json.loads(text)["events"][0]["workflowExecutionStartedEventAttributes"]
    return WorkflowHistory.from_json(started["workflowId"], text)


def write_history(name: str, text: str) -> None:
    """Write the history's JSON, compressed the same way every time."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def known_rules() -> dict[str, list[str]]:
    """Return the names of the changed rules that each recorded release knows, oldest release first."""
    found: dict[str, list[str]] = json.loads(KNOWN_RULES.read_text())
    return found


def write_known_rules(release: str) -> None:
    """Note the changed rules that the code at hand knows."""
    names = [rule.name for rule in Behaviour.changed()]
    KNOWN_RULES.write_text(json.dumps(known_rules() | {release: names}, indent=1) + "\n")
