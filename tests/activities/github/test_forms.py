"""The issue forms: what GitHub takes as one, and what they ask."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from activities.github.forms import Form, forms
from config.groups import GitHub
from process.github.forms import FIELDS
from process.lead.hub import HUB_FIELDS
from process.lead.qualification import MANIAC_T
from process.policy import Labels, Policy

READ_BACK = [*FIELDS.values(), "Background and notes"]
"""Labels from which a lead is read."""

ODD = Labels(
    lead='a "lead": [or, not] #1 \\n',
    hub_service="'{{ service }}'",
    customer="kunde 🌱",
    hub="- hub\u2028&<>",
)
POLICIES = {"built-in": Policy(), "odd": Policy(version="odd", labels=ODD)}


def all_forms(policy: Policy) -> dict[str, Form]:
    return {form.name: form for form in forms(GitHub(), policy)}


def parsed(form: Form) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe", pure=True).load(form.text)
    return found


def entries(form: Form) -> list[dict[str, Any]]:
    return [part for part in parsed(form)["body"] if part["type"] != "markdown"]


def labels(form: Form) -> list[str]:
    return [entry["attributes"]["label"] for entry in entries(form)]


def judged(*files: Path) -> subprocess.CompletedProcess[str]:
    """Validate by the schema for issue forms that GitHub's own editors use (https://json.schemastore.org/github-issue-forms.json)."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-issue-forms"]
    return subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_they_are_issue_forms(policy: Policy, tmp_path: Path) -> None:
    written = []
    for form in forms(GitHub(), policy):
        written.append(tmp_path / form.file)
        written[-1].write_text(form.text, encoding="utf-8")
    assert {file.name for file in written} == {"new-lead.yml", "new-hub-service.yml", "new-hub.yml"}
    verdict = judged(*written)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("type: input", "type: inputt"),
        ("description: Somebody", "descriptions: Somebody"),
        ("required: true", "required: really"),
        ("      label: Organisation\n", ""),
        ("labels: [", "labels: [1, "),
    ],
)
def test_a_broken_one_is_none(tmp_path: Path, right: str, wrong: str) -> None:
    form = all_forms(Policy())["new-lead"]
    assert right in form.text
    broken = tmp_path / form.file
    broken.write_text(form.text.replace(right, wrong, 1), encoding="utf-8")
    verdict = judged(broken)
    assert verdict.returncode == 1, verdict.stdout + verdict.stderr


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_labels_are_those_of_the_policy(policy: Policy) -> None:
    found, names = all_forms(policy), policy.labels
    assert parsed(found["new-lead"])["labels"] == [names.lead]
    assert parsed(found["new-hub-service"])["labels"] == [names.lead, names.hub_service]
    assert parsed(found["new-hub"])["labels"] == [names.hub]


def test_titles_are_those_of_the_process() -> None:
    found = {name: parsed(form)["title"] for name, form in all_forms(Policy()).items()}
    lead = "[Lead org / Lead person] - [Lead title]"
    assert found == {"new-lead": lead, "new-hub-service": lead, "new-hub": "[Hub] - [Hub name]"}


@pytest.mark.parametrize("name", ["new-lead", "new-hub-service"])
def test_a_lead_is_read_from_these(name: str) -> None:
    form = all_forms(Policy())[name]
    assert labels(form)[: len(READ_BACK)] == READ_BACK
    required = [e["attributes"]["label"] for e in entries(form) if e.get("validations", {}).get("required")]
    assert required == READ_BACK[:3]


def test_a_hub_service_is_asked_for_what_qualifies_it() -> None:
    asked = {
        e["attributes"]["label"]: e["attributes"].get("description")
        for e in entries(all_forms(Policy())["new-hub-service"])
    }
    for letter, question in MANIAC_T.items():
        assert asked[letter.replace("_", " ").capitalize()] == question
    assert {"Number of users", "Events and dates"} <= asked.keys()


def test_a_hub_is_asked_for_all_that_its_issue_shows() -> None:
    form = all_forms(Policy())["new-hub"]
    assert labels(form) == [*HUB_FIELDS.values(), "Lead"]
    assert all(entry["attributes"]["description"] for entry in entries(form))
    kinds = {entry["id"]: entry["type"] for entry in entries(form)}
    assert (kinds["background"], kinds["url"]) == ("textarea", "input")


def test_ids_and_labels_are_unique() -> None:
    for form in all_forms(Policy()).values():
        ids = [entry["id"] for entry in entries(form)]
        assert len(ids) == len(set(ids))
        assert len(labels(form)) == len(set(labels(form)))


def test_what_a_placeholder_says_is_in_the_settings() -> None:
    (form,) = (
        form for form in forms(GitHub(org="acme", leads_repo="sales"), Policy()) if form.name == "new-hub"
    )
    assert json.dumps("acme/sales#1") in form.text
