"""What a new issue can begin as: the issue forms and the older Markdown templates in a repository.

Read as GitHub documents it (https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/
syntax-for-issue-forms). A file that is not sound is not offered, as at GitHub.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sandbox.github.records import Repository

FOLDER = ".github/ISSUE_TEMPLATE/"
NO_RESPONSE = "_No response_"
"""What GitHub writes under a question that was left open."""


def _listed(value: Any) -> Any:
    """Labels and assignees may be given as one text, with commas."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Names = Annotated[list[str], BeforeValidator(_listed)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Validations(_Strict):
    required: bool = False


class Checkbox(_Strict):
    label: str
    required: bool = False


class Question(_Strict):
    """What a question says and offers."""

    label: str
    description: str = ""
    placeholder: str = ""
    value: str = ""
    render: str | None = None
    """The language of the code block that the answer becomes."""
    multiple: bool = False
    default: int | None = None
    options: list[str | Checkbox] = []

    @property
    def choices(self) -> list[str]:
        return [each if isinstance(each, str) else each.label for each in self.options]


class Text(_Strict):
    value: str


class Note(_Strict):
    """Text for whoever fills in the form; it is no part of the issue."""

    type: Literal["markdown"]
    attributes: Text


class Entry(_Strict):
    """A question."""

    type: Literal["input", "textarea", "dropdown", "checkboxes"]
    id: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]+$")
    attributes: Question
    validations: Validations = Validations()

    @property
    def label(self) -> str:
        return self.attributes.label

    def section(self, given: Sequence[str]) -> str:
        """What the issue says of it."""
        return f"### {self.label}\n\n{self._answer([text for text in given if text.strip()])}"

    def _answer(self, given: Sequence[str]) -> str:
        if self.type == "checkboxes":
            return "\n".join(
                f"- [{'x' if name in given else ' '}] {name}" for name in self.attributes.choices
            )
        if not given:
            return NO_RESPONSE
        text = ", ".join(given)
        return f"```{self.attributes.render}\n{text}\n```" if self.attributes.render else text


class Template(BaseModel):
    """One way to begin an issue: by a form (`body`), or from a text (`text`)."""

    model_config = ConfigDict(frozen=True)

    file: str
    name: str
    description: str
    title: str = ""
    labels: Names = []
    assignees: Names = []
    body: list[Annotated[Note | Entry, Field(discriminator="type")]] = []
    text: str = ""

    @property
    def is_form(self) -> bool:
        return bool(self.body)

    @property
    def entries(self) -> list[Entry]:
        return [part for part in self.body if isinstance(part, Entry)]

    @model_validator(mode="after")
    def _sound(self) -> "Template":
        labels, ids = [entry.label for entry in self.entries], [e.id for e in self.entries if e.id]
        if len({*labels}) < len(labels) or len({*ids}) < len(ids):
            raise ValueError("labels and ids must be unique")
        if self.body and not labels:
            raise ValueError("a form must ask something")
        return self

    def missing(self, given: Mapping[str, Sequence[str]]) -> list[str]:
        """Labels of the questions that must be answered and are not."""
        return [
            entry.label
            for entry in self.entries
            if entry.validations.required and not any(text.strip() for text in given.get(entry.label, ()))
        ]

    def answered(self, given: Mapping[str, Sequence[str]]) -> str:
        """The description of an issue for which the form was filled in: label of each question -> what was given."""
        return "\n\n".join(entry.section(given.get(entry.label, ())) for entry in self.entries)


def templates(repository: Repository) -> list[Template]:
    """Those that are offered, in the order of their files' names."""
    return [template for _, template in sorted(_found(repository))]


def template(repository: Repository, file: str) -> Template | None:
    """The one in this file, if it is sound."""
    return next((each for each in templates(repository) if each.file == file), None)


def _found(repository: Repository) -> Iterator[tuple[str, Template]]:
    for path, text in repository.files.items():
        name = path.removeprefix(FOLDER)
        if name == path or "/" in name or name.startswith("config."):
            continue
        try:
            if name.endswith((".yml", ".yaml")):
                yield name, _form(name, text)
            elif name.endswith(".md"):
                yield name, _markdown(name, text)
        except (YAMLError, ValidationError, ValueError, TypeError):
            continue


class _Form(_Strict):
    name: str = Field(min_length=1)
    description: str = Field(min_length=1)
    title: str = ""
    labels: Names = []
    assignees: Names = []
    projects: Names = []
    type: str | None = None
    body: list[Any] = Field(min_length=1)


def _form(file: str, text: str) -> Template:
    form = _Form.model_validate(_yaml(text))
    return Template.model_validate({"file": file, **form.model_dump(exclude={"projects", "type"})})


def _markdown(file: str, text: str) -> Template:
    _, head, body = text.split("---\n", 2)
    found = _yaml(head)
    return Template(
        file=file,
        name=found["name"],
        description=found["about"],
        title=found.get("title") or "",
        labels=found.get("labels") or [],
        assignees=found.get("assignees") or [],
        text=body.lstrip("\n"),
    )


def _yaml(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)
