"""Issue forms and Markdown issue templates of a repository.

They are read as GitHub documents them (https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/
syntax-for-issue-forms). Invalid files are not offered, as at GitHub.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sandbox.github.records import Repository

FOLDER = ".github/ISSUE_TEMPLATE/"
NO_RESPONSE = "_No response_"
"""GitHub's text below a question without an answer."""


def _listed(value: Any) -> Any:
    """Split labels and assignees that are given as one comma-separated text."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Names = Annotated[list[str], BeforeValidator(_listed)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Validations(_Strict):
    """The validations of a question."""

    required: bool = False


class Checkbox(_Strict):
    """An option of a question of the type `checkboxes`."""

    label: str
    required: bool = False


class Question(_Strict):
    """The attributes of a question."""

    label: str
    description: str = ""
    placeholder: str = ""
    value: str = ""
    render: str | None = None
    """Language of the code block that the answer becomes."""
    multiple: bool = False
    default: int | None = None
    options: list[str | Checkbox] = []

    @property
    def choices(self) -> list[str]:
        """The labels of the options."""
        return [each if isinstance(each, str) else each.label for each in self.options]


class Text(_Strict):
    """The attributes of a note; `value` is Markdown."""

    value: str


class Note(_Strict):
    """Text for the person who fills in the form; it does not appear in the issue."""

    type: Literal["markdown"]
    attributes: Text


class Entry(_Strict):
    """A question of a form."""

    type: Literal["input", "textarea", "dropdown", "checkboxes"]
    id: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]+$")
    attributes: Question
    validations: Validations = Validations()

    @property
    def label(self) -> str:
        return self.attributes.label

    def section(self, given: Sequence[str]) -> str:
        """Return the section of the issue's description for these answers."""
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
    """A template of new issues: a form (`body`) or a text (`text`)."""

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
        """True for a form, False for a Markdown template."""
        return bool(self.body)

    @property
    def entries(self) -> list[Entry]:
        """The questions of the form, without its notes."""
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
        """Return the labels of required questions without an answer."""
        return [
            entry.label
            for entry in self.entries
            if entry.validations.required and not any(text.strip() for text in given.get(entry.label, ()))
        ]

    def answered(self, given: Mapping[str, Sequence[str]]) -> str:
        """Return the description of an issue for these answers (label of a question -> answers)."""
        return "\n\n".join(entry.section(given.get(entry.label, ())) for entry in self.entries)


def templates(repository: Repository) -> list[Template]:
    """Return the valid templates of a repository, by file name."""
    return [template for _, template in sorted(_found(repository))]


def template(repository: Repository, file: str) -> Template | None:
    """Return the template in this file, or None if there is none or it is invalid."""
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
