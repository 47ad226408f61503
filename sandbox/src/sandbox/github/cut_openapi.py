"""Cut GitHub's published OpenAPI down to the operations that the sandbox serves.

Run it when a new version is published or an operation is added to `SERVED`:

    npm install --prefix FOLDER @octokit/openapi@23.0.2
    python -m sandbox.github.cut_openapi FOLDER/node_modules/@octokit/openapi/generated/api.github.com.json

It writes `openapi.json` beside this file. It also corrects the few places where the document contradicts itself or
GitHub's documentation, one function for each.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CUT = Path(__file__).with_name("openapi.json")

REPO = "/repos/{owner}/{repo}"
SERVED: dict[str, tuple[str, ...]] = {
    "/user": ("get",),
    "/users/{username}": ("get",),
    "/app": ("get",),
    "/app/installations": ("get",),
    "/app/installations/{installation_id}": ("get",),
    "/app/installations/{installation_id}/access_tokens": ("post",),
    "/orgs/{org}/installation": ("get",),
    "/rate_limit": ("get",),
    "/orgs/{org}": ("get",),
    **{
        f"{owner}/hooks{path}": methods
        for owner in ("/orgs/{org}", REPO)
        for path, methods in (
            ("", ("get", "post")),
            ("/{hook_id}", ("get", "patch", "delete")),
            ("/{hook_id}/deliveries", ("get",)),
            ("/{hook_id}/deliveries/{delivery_id}", ("get",)),
            ("/{hook_id}/deliveries/{delivery_id}/attempts", ("post",)),
            ("/{hook_id}/pings", ("post",)),
        )
    },
    "/orgs/{org}/members/{username}": ("get",),
    "/orgs/{org}/teams": ("get",),
    "/orgs/{org}/teams/{team_slug}": ("get",),
    "/orgs/{org}/teams/{team_slug}/members": ("get",),
    "/orgs/{org}/teams/{team_slug}/memberships/{username}": ("get",),
    REPO: ("get",),
    f"{REPO}/collaborators/{{username}}": ("get",),
    f"{REPO}/collaborators/{{username}}/permission": ("get",),
    f"{REPO}/contents/{{path}}": ("get", "put"),
    f"{REPO}/labels": ("get", "post"),
    f"{REPO}/labels/{{name}}": ("get", "patch", "delete"),
    f"{REPO}/issues": ("get", "post"),
    f"{REPO}/issues/comments": ("get",),
    f"{REPO}/issues/comments/{{comment_id}}": ("get", "patch", "delete"),
    f"{REPO}/issues/comments/{{comment_id}}/reactions": ("get", "post"),
    f"{REPO}/issues/comments/{{comment_id}}/reactions/{{reaction_id}}": ("delete",),
    f"{REPO}/issues/events": ("get",),
    f"{REPO}/issues/events/{{event_id}}": ("get",),
    f"{REPO}/issues/{{issue_number}}": ("get", "patch"),
    f"{REPO}/issues/{{issue_number}}/comments": ("get", "post"),
    f"{REPO}/issues/{{issue_number}}/events": ("get",),
    f"{REPO}/issues/{{issue_number}}/labels": ("get", "post", "put", "delete"),
    f"{REPO}/issues/{{issue_number}}/labels/{{name}}": ("delete",),
    f"{REPO}/issues/{{issue_number}}/reactions": ("get", "post"),
    f"{REPO}/issues/{{issue_number}}/reactions/{{reaction_id}}": ("delete",),
    f"{REPO}/issues/{{issue_number}}/timeline": ("get",),
}

Json = dict[str, Any]


def nodes(value: object) -> Iterator[Json]:
    """Yield every object inside a JSON value."""
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from nodes(part)
    elif isinstance(value, list):
        for part in value:
            yield from nodes(part)


def drop_illustrations(document: Json) -> None:
    """Remove examples and GitHub's own annotations: most of the size, no part of the contract."""
    for node in nodes(document):
        for key in [key for key in node if key == "examples" or key.startswith(("x-github", "x-octokit"))]:
            del node[key]
        # "example" may also be the name of a property, and then holds a schema
        if "example" in node and {"type", "$ref", "oneOf", "anyOf", "allOf"} & node.keys():
            del node["example"]


def referenced(document: Json, source: Json) -> Json:
    """Return the components that the document refers to, directly or indirectly."""
    found: Json = {}
    pending = [document]
    while pending:
        for node in nodes(pending.pop()):
            reference = node.get("$ref")
            if not isinstance(reference, str):
                continue
            _, _, section, name = reference.split("/")
            if name not in found.setdefault(section, {}):
                found[section][name] = source[section][name]
                pending.append(source[section][name])
    return found


def let_nullable_enums_be_null(document: Json) -> None:
    """Add null to the `enum` of nullable schemas, as JSON Schema requires."""
    for node in nodes(document):
        if node.get("nullable") is True and isinstance(node.get("enum"), list) and None not in node["enum"]:
            node["enum"].append(None)


def let_labels_be_a_bare_array(document: Json) -> None:
    """Allow an array as the body, which the documentation of both operations describes, an empty one too.

    The schema lacks it: https://github.com/github/rest-api-description/issues/3366
    """
    operations = document["paths"][f"{REPO}/issues/{{issue_number}}/labels"]
    for method in ("post", "put"):
        body = operations[method]["requestBody"]["content"]["application/json"]["schema"]
        body["oneOf"].append({"type": "array", "items": {"type": "string"}})
        for form in body["oneOf"]:
            form.get("properties", {}).get("labels", {}).pop("minItems", None)


def let_an_account_be_a_user_or_an_enterprise(document: Json) -> None:
    """Use the component `installation` in the list of installations, whose own schema requires both at once."""
    answer = document["paths"]["/app/installations"]["get"]["responses"]["200"]
    answer["content"]["application/json"]["schema"]["items"] = {"$ref": "#/components/schemas/installation"}


def let_a_folder_be_a_list(document: Json) -> None:
    """Drop the discriminator `type` of contents: a folder is a list, which has no type."""
    answer = document["paths"][f"{REPO}/contents/{{path}}"]["get"]["responses"]["200"]
    del answer["content"]["application/json"]["schema"]["discriminator"]


def let_a_conflict_be_of_either_kind(document: Json) -> None:
    """Accept both kinds of conflict errors at once: each has the keys of the other."""
    answer = document["paths"][f"{REPO}/contents/{{path}}"]["put"]["responses"]["409"]
    schema = answer["content"]["application/json"]["schema"]
    schema["anyOf"] = schema.pop("oneOf")


def let_labels_be_archived(document: Json) -> None:
    """Add the properties of labels that newer descriptions have, and the package lacks.

    https://github.com/github/rest-api-description: descriptions/api.github.com/api.github.com.2026-03-10.json
    """
    label = document["components"]["schemas"]["label"]
    label["properties"] |= {
        "archived_at": {"type": "string", "format": "date-time", "nullable": True},
        "archived_by": {"$ref": "#/components/schemas/nullable-simple-user"},
    }
    label["required"] += ["archived_at", "archived_by"]


def cut(source: Json) -> Json:
    """Return the part of the document that describes `SERVED`."""
    document: Json = {
        "openapi": source["openapi"],
        "info": source["info"],
        "servers": source["servers"],
        "paths": {
            path: {method: source["paths"][path][method] for method in methods}
            for path, methods in SERVED.items()
        },
    }
    drop_illustrations(document)
    drop_illustrations(source["components"])
    let_labels_be_a_bare_array(document)
    let_an_account_be_a_user_or_an_enterprise(document)
    let_a_folder_be_a_list(document)
    let_a_conflict_be_of_either_kind(document)
    document["components"] = referenced(document, source["components"])
    let_labels_be_archived(document)
    let_nullable_enums_be_null(document)
    return document


if __name__ == "__main__":
    whole = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    CUT.write_text(json.dumps(cut(whole), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
