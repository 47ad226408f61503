"""Webhook payloads that GitHub published as examples."""

import json
from pathlib import Path
from typing import Any

PUBLISHED: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[1] / "published" / "webhook-examples.json").read_text()
)
COMMENTED = PUBLISHED["issue_comment"][0]


def with_command(payload: dict[str, Any], **comment: Any) -> dict[str, Any]:
    return payload | {"comment": payload["comment"] | {"body": "/lost reason=budget"} | comment}
