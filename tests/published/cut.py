"""Cuts what Octokit published about webhooks down to the events that matter here.

npm install --prefix FOLDER @octokit/openapi-webhooks@12.1.0 @octokit/webhooks-examples@7.6.1
python -m tests.published.cut FOLDER/node_modules/@octokit
"""

import json
import sys
from pathlib import Path
from typing import Any

from sandbox.github.cut_openapi import drop_illustrations, nodes, referenced

SCHEMAS = Path(__file__).with_name("webhook-schemas.json")
EXAMPLES = Path(__file__).with_name("webhook-examples.json")
EVENTS = ("issues", "issue_comment", "label", "ping", "projects_v2_item")

Json = dict[str, Any]


def schemas(source: Json) -> Json:
    """The schemas of these events' payloads: webhook's name -> schema, and the components that they refer to."""
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
    """A value that may be null "or one of": the document forgot null among the ones."""
    for node in nodes(document):
        if "oneOf" in node and "null" in node.get("type", ()):
            node["oneOf"].append({"type": "null"})


def examples(source: list[Json]) -> Json:
    """Event -> payloads."""
    return {each["name"]: each["examples"] for each in source if each["name"] in EVENTS}


def main(octokit: Path) -> None:
    for target, cut, file in (
        (SCHEMAS, schemas, "openapi-webhooks/generated/api.github.com.json"),
        (EXAMPLES, examples, "webhooks-examples/api.github.com/index.json"),
    ):
        text = json.dumps(
            cut(json.loads((octokit / file).read_text(encoding="utf-8"))), ensure_ascii=False, indent=1
        )
        target.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
