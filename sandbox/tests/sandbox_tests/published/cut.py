"""Cut Octokit's published schemas of webhook payloads down to the events that the sandbox sends.

npm install --prefix FOLDER @octokit/openapi-webhooks@12.1.0
python -m sandbox_tests.published.cut FOLDER/node_modules/@octokit/openapi-webhooks/generated/api.github.com.json
"""

import json
import sys
from pathlib import Path
from typing import Any

from sandbox.github.cut_openapi import drop_illustrations, nodes, referenced

SCHEMAS = Path(__file__).with_name("webhook-schemas.json")
EVENTS = ("issues", "issue_comment", "label", "ping", "projects_v2_item")

Json = dict[str, Any]


def schemas(source: Json) -> Json:
    """Return the payload schemas of `EVENTS` (webhook name -> schema) and the components that they refer to."""
    names = tuple(event.replace("_", "-") for event in EVENTS)
    webhooks = {
        name: described["post"]["requestBody"]["content"]["application/json"]["schema"]
        for name, described in source["webhooks"].items()
        if name in names or name.startswith(tuple(f"{event}-" for event in names))
    }
    drop_illustrations(source["components"])
    components = referenced(webhooks, source["components"])
    let_null_be_null(components)
    return {"webhooks": webhooks, "components": components}


def let_null_be_null(document: Json) -> None:
    """Add null to each `oneOf` whose type allows null: the document forgot it there."""
    for node in nodes(document):
        if "oneOf" in node and "null" in node.get("type", ()):
            node["oneOf"].append({"type": "null"})


def main(document: Path) -> None:
    text = json.dumps(schemas(json.loads(document.read_text(encoding="utf-8"))), ensure_ascii=False, indent=1)
    SCHEMAS.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
