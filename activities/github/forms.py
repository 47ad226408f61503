"""Renders the issue forms of the team's repositories, with the labels of the policy."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from config.groups import GitHub
from process.decisions.serving import HubInformationGiven
from process.lead.hub import HUB_FIELDS, PENDING
from process.lead.qualification import MANIAC_T
from process.policy import Policy
from process.types import TEXT_PATTERN
from templates.rendering import render

FOLDER = ".github/ISSUE_TEMPLATE"


class Form(NamedTuple):
    """An issue form and its place in a repository."""

    repo: str
    name: str
    """File name without suffix, as in links to new issues: `new-lead`, `new-hub-service`, `new-hub`."""
    text: str

    @property
    def file(self) -> str:
        return f"{self.name}.yml"

    @property
    def path(self) -> str:
        return f"{FOLDER}/{self.file}"


class _Question(NamedTuple):
    label: str
    help: str
    long: bool
    needed: bool


def forms(settings: GitHub, policy: Policy) -> Iterator[Form]:
    """Yield all issue forms: for leads, and for hubs."""
    values: dict[str, Any] = {
        "labels": policy.labels,
        "maniac_t": MANIAC_T,
        "questions": dict(_hub_questions()),
        "pending": PENDING,
        "leads": f"{settings.org}/{settings.leads_repo}",
    }
    for repo, names in (
        (settings.leads_repo, ("new-lead", "new-hub-service")),
        (settings.hubs_repo, ("new-hub",)),
    ):
        for name in names:
            yield Form(repo, name, render(f"github/{name}.yml", **values).rstrip() + "\n")


def _hub_questions() -> Iterator[tuple[str, _Question]]:
    """Yield the questions about a hub, described by the fields of the decision that takes the answers."""
    schema = HubInformationGiven.model_json_schema()
    for name, label in HUB_FIELDS.items():
        field = HubInformationGiven.model_fields[name]
        text = field.description or ""
        yield (
            name,
            _Question(
                label=label,
                help=f"{text[:1].upper()}{text[1:]}.",
                long=_takes_lines(schema["properties"][name]),
                needed=name == "name",
            ),
        )


def _takes_lines(field: Mapping[str, Any]) -> bool:
    """Return True if a value may have several lines, by the schema of the optional field."""
    return any(each.get("pattern") == TEXT_PATTERN for each in field["anyOf"])
