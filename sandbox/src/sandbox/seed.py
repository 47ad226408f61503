"""The seed: the accounts, repositories, files and forms that a new sandbox starts with.

A seed is a TOML file. `example_seed.toml` beside this module is the default and shows every table. Numeric ids are
assigned in the order of the file, so that the same seed always gives the same ids, URLs and node ids.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Template
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sandbox.github.records import Access, Color
from sandbox.google.state import Role

EXAMPLE = Path(__file__).with_name("example_seed.toml")
"""The default seed: an invented organization."""

PLACEHOLDERS = (
    "url", "org", "token", "webhook_secret", "credentials_file", "smtp_host", "smtp_port", "smtp_username",
    "smtp_password",
)  # fmt: skip
"""Names that a value in `[environment]` may use as `${name}`, besides the keys of the files on Drive."""


class SeedError(ValueError):
    """The seed file cannot be read or is not valid. The message names the file and each wrong entry."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SeedOrganization(_Table):
    """The GitHub organization that owns everything."""

    login: str = Field(min_length=1)
    name: str = Field(min_length=1)


class SeedApp(_Table):
    """The GitHub App whose installation token is `sandbox-token`; its bot is `SLUG[bot]`."""

    slug: str = Field("example-app", min_length=1)
    permissions: dict[str, Literal["read", "write", "admin"]] = {
        "metadata": "read",
        "contents": "write",
        "issues": "write",
        "organization_projects": "write",
        "members": "read",
    }


class SeedPerson(_Table):
    """A GitHub user. The person's token is `sandbox-token-LOGIN`."""

    login: str = Field(min_length=1)
    name: str = Field(min_length=1)
    access: Access | None = Field(None, description="Role in every repository; omit it for an outsider")
    owner: bool = Field(False, description="True for an owner of the organization")


class SeedTeam(_Table):
    """A team of the organization."""

    slug: str = Field(min_length=1)
    members: list[str] = Field(description="Logins")


class SeedLabel(_Table):
    """A label of a repository."""

    name: str = Field(min_length=1)
    color: str = Field("ededed", pattern="^[0-9a-f]{6}$")
    description: str | None = None


class SeedRepository(_Table):
    """A repository with its labels and files."""

    name: str = Field(min_length=1)
    description: str = ""
    private: bool = False
    labels: list[SeedLabel] = []
    files: dict[str, str] = Field({}, description="Path -> text, on the default branch")


class SeedColumn(_Table):
    """A column of the board: an option of its field Status."""

    name: str = Field(min_length=1)
    color: Color = "GRAY"


class SeedBoard(_Table):
    """The organization's Projects v2 board, number 1."""

    title: str = Field(min_length=1)
    columns: list[SeedColumn] = Field(min_length=1)


class SeedFile(_Table):
    """A folder, form or spreadsheet on the shared drive."""

    id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    parent: str | None = Field(None, description="Key of a folder; omit it for the top of the drive")


class SeedQuestion(_Table):
    """A question of a form; `options` are the choices of RADIO, CHECKBOX and DROP_DOWN."""

    title: str = Field(min_length=1)
    help: str | None = None
    required: bool = False
    kind: Literal["TEXT", "PARAGRAPH", "RADIO", "CHECKBOX", "DROP_DOWN"] = "TEXT"
    options: list[str] = []


class SeedForm(SeedFile):
    """A Google Form on the shared drive."""

    description: str = ""
    questions: list[SeedQuestion] = Field(min_length=1)


class SeedSpreadsheet(SeedFile):
    """A spreadsheet with one sheet of the same name. Whole numbers are shown with two decimals, as `12,000.00`."""

    rows: list[list[str | int | float]]


class SeedDrive(_Table):
    """The shared drive. Its files have keys, by which `[environment]` and `Sandbox.ids` find their ids."""

    id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    service_account: str = Field(description="Address of the service account whose key file is written")
    members: dict[str, Role] = Field(description="E-mail address -> role, the service account's too")
    folders: dict[str, SeedFile] = {}
    forms: dict[str, SeedForm] = {}
    spreadsheets: dict[str, SeedSpreadsheet] = {}

    @property
    def ids(self) -> dict[str, str]:
        """Key of a folder, form or spreadsheet -> its id."""
        return {
            key: file.id
            for key, file in (*self.folders.items(), *self.forms.items(), *self.spreadsheets.items())
        }

    @property
    def manager(self) -> str:
        """Address of the first member who manages the drive (`organizer`)."""
        return next(email for email, role in self.members.items() if role == "organizer")


class Seed(_Table):
    """The data that a new sandbox starts with."""

    organization: SeedOrganization
    app: SeedApp = SeedApp()
    people: Annotated[list[SeedPerson], Field(min_length=1)]
    teams: list[SeedTeam] = []
    repositories: Annotated[list[SeedRepository], Field(min_length=1)]
    board: SeedBoard
    drive: SeedDrive
    environment: dict[str, str] = Field(
        {}, description="Variable -> value for a service that uses this sandbox, with ${placeholders}"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if problems := [*self._problems()]:
            raise ValueError("; ".join(problems))
        return self

    def _problems(self) -> Iterator[str]:
        logins = [person.login for person in self.people]
        yield from _repeated("login", logins)
        yield from _repeated("repository", [each.name for each in self.repositories])
        for team in self.teams:
            for login in team.members:
                if login not in logins:
                    yield f"team {team.slug}: there is no person {login}"
        drive = self.drive
        tables = (drive.folders, drive.forms, drive.spreadsheets)
        keys = [key for table in tables for key in table]
        yield from _repeated("key of a file on Drive", keys)
        yield from _repeated("id of a file on Drive", [*drive.ids.values(), drive.id])
        for key, file in (pair for table in tables for pair in table.items()):
            if file.parent is not None and file.parent not in drive.folders:
                yield f"{key}: there is no folder {file.parent}"
        if "organizer" not in drive.members.values():
            yield "the drive needs a member with the role organizer"
        if drive.service_account not in drive.members:
            yield "the drive's members must include its service account"
        known = {*PLACEHOLDERS, *keys}
        for name, value in self.environment.items():
            template = Template(value)
            if not template.is_valid() or (unknown := set(template.get_identifiers()) - known):
                wrong = ", ".join(sorted(unknown)) if template.is_valid() else "$ that starts no placeholder"
                yield f"environment.{name}: unknown placeholder {wrong}"

    def variables(self, values: Mapping[str, str | None]) -> dict[str, str]:
        """Return the environment with its placeholders filled in.

        A variable that uses a placeholder whose value is None is left out.
        """
        filled = {**self.drive.ids, **{name: value for name, value in values.items() if value is not None}}
        return {
            name: template.substitute(filled)
            for name, template in ((name, Template(value)) for name, value in self.environment.items())
            if set(template.get_identifiers()) <= filled.keys()
        }


def read_seed(file: Path = EXAMPLE) -> Seed:
    """Read and validate a seed file. Raises SeedError."""
    try:
        return Seed.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise SeedError(f"Cannot read the seed file {file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SeedError(f"The seed file {file} is not valid TOML: {error}") from None
    except ValidationError as error:
        raise SeedError(f"The seed file {file} is not valid:\n{_listed(error)}") from None


def _listed(error: ValidationError) -> str:
    return "\n".join(
        f"  {'.'.join(map(str, each['loc'])) or 'seed'}: {each['msg'].removeprefix('Value error, ')}"
        for each in error.errors()
    )


def _repeated(kind: str, names: list[str]) -> Iterator[str]:
    yield from (f"{kind} {name} is there twice" for name in dict.fromkeys(names) if names.count(name) > 1)
