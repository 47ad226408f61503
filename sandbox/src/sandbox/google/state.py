"""Google's data: files on a shared drive, forms with their responses, spreadsheets, tokens.

All stored objects are immutable and replaced on change. A copy of the dictionaries is therefore a snapshot, from which
stale reads are answered.
"""

import secrets
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import md5
from threading import RLock
from typing import Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr
from pydantic.alias_generators import to_camel

from sandbox.store import Blobs

FOLDER = "application/vnd.google-apps.folder"
FORM = "application/vnd.google-apps.form"
SHEET = "application/vnd.google-apps.spreadsheet"
NATIVE = "application/vnd.google-apps."

Role = Literal["reader", "commenter", "writer", "fileOrganizer", "organizer"]
WRITERS: frozenset[Role] = frozenset({"writer", "fileOrganizer", "organizer"})
MANAGERS: frozenset[Role] = frozenset({"fileOrganizer", "organizer"})
"""Roles that may move, trash and restore."""
EVERYTHING = frozenset({"https://www.googleapis.com/auth/drive"})
PERSON_TOKEN = "sandbox-token-"  # noqa: S105 - opens nothing but this sandbox
"""Prefix of a person's Drive token; the member's address follows."""


class GoogleModel(BaseModel):
    """A stored object with Google's field names."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, validate_by_name=True, validate_by_alias=True
    )


class Permission(GoogleModel):
    """A permission for a single file, beside the roles of the drive's members."""

    id: str
    type: Literal["user", "group", "domain", "anyone"] = "user"
    role: str
    email_address: str | None = None


class SharedDrive(GoogleModel):
    """A shared drive and the roles of its members, by e-mail address."""

    id: str
    name: str
    members: Mapping[str, Role]


class DriveFile(GoogleModel):
    """A file or folder on a shared drive. `by_app` is True if it was created through the API: the scope
    `drive.file` sees only such files. `size` is in bytes.
    """

    id: str
    name: str
    mime_type: str
    drive_id: str
    parents: tuple[str, ...]
    description: str | None = None
    starred: bool = False
    app_properties: Mapping[str, str] = Field(default_factory=dict)
    properties: Mapping[str, str] = Field(default_factory=dict)
    created_time: datetime
    modified_time: datetime
    trashed: bool = False
    size: int | None = None
    md5_checksum: str | None = None
    version: int = 1
    by_app: bool = False
    permissions: tuple[Permission, ...] = ()


class Change(GoogleModel):
    """An entry of the log of changes: a file was made, changed or deleted for good."""

    file_id: str
    drive_id: str
    time: datetime
    removed: bool = False


class Question(GoogleModel):
    """A question of a form. `options` are the choices; CHECKBOX accepts several."""

    item_id: str
    question_id: str
    title: str
    help: str | None = None
    required: bool = False
    kind: Literal["TEXT", "PARAGRAPH", "RADIO", "CHECKBOX", "DROP_DOWN"] = "TEXT"
    options: tuple[str, ...] = ()


class Form(GoogleModel):
    """A form; with `accepting` False it refuses responses."""

    id: str
    title: str
    description: str
    questions: tuple[Question, ...]
    accepting: bool = True


class FormResponse(GoogleModel):
    """A response to a form: question id -> answers. An edit changes `last_submitted_time`, never `create_time`."""

    response_id: str
    create_time: datetime
    last_submitted_time: datetime
    answers: Mapping[str, tuple[str, ...]]


class FormattedNumber(GoogleModel):
    """A number and the text that the sheet shows for it."""

    value: int | float
    text: str


Cell = str | bool | int | float | FormattedNumber | None


class Sheet(GoogleModel):
    """A sheet. Cells beyond `rows`, up to `row_count` and `column_count`, are empty."""

    sheet_id: int
    title: str
    rows: tuple[tuple[Cell, ...], ...]
    row_count: int = 1000
    column_count: int = 26


class Spreadsheet(GoogleModel):
    """A spreadsheet with its sheets, first to last."""

    id: str
    title: str
    sheets: tuple[Sheet, ...]


class Token(GoogleModel):
    """An access token's owner and scopes, and the time (UTC) when it expires."""

    email: str
    scopes: frozenset[str]
    expires: datetime


class Snapshot(NamedTuple):
    """The files and responses as they were at a time; a stale read sees one of the past."""

    at: datetime
    files: dict[str, DriveFile]
    responses: dict[str, dict[str, FormResponse]]
    changes: int
    """Length of the log of changes."""


class GoogleState(BaseModel):
    """The data of Google. Every change happens inside `writing()`, which locks, keeps a snapshot and saves."""

    service_account: str
    drives: dict[str, SharedDrive] = Field(default_factory=dict)
    files: dict[str, DriveFile] = Field(default_factory=dict)
    changes: list[Change] = Field(default_factory=list, description="Log of the changes of files")
    reserved: set[str] = Field(default_factory=set, description="Ids handed out by files.generateIds")
    forms: dict[str, Form] = Field(default_factory=dict)
    responses: dict[str, dict[str, FormResponse]] = Field(default_factory=dict)
    spreadsheets: dict[str, Spreadsheet] = Field(default_factory=dict)
    tokens: dict[str, Token] = Field(default_factory=dict)
    delegated: set[str] = Field(
        default_factory=set, description="Addresses of users that the service account may impersonate"
    )

    _lock: RLock = PrivateAttr(default_factory=RLock)
    _past: deque[Snapshot] = PrivateAttr(default_factory=lambda: deque(maxlen=50))
    _changed: Callable[[], None] = PrivateAttr(default_factory=lambda: _ignore)
    _blobs: Blobs = PrivateAttr(default_factory=lambda: Blobs(None))

    def bind(self, changed: Callable[[], None], blobs: Blobs) -> Self:
        """Set the storage of file contents and the function to call after each change."""
        self._changed, self._blobs = changed, blobs
        return self

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Wrap a write. If it raises, no snapshot is kept and nothing is saved."""
        with self._lock:
            before = self._snapshot()
            yield
            self._log_changes(before.files)
            self._past.append(before)
            self._changed()

    def _log_changes(self, before: dict[str, DriveFile]) -> None:
        time = now()
        for file_id in {**before, **self.files}:
            old, new = before.get(file_id), self.files.get(file_id)
            if old is not new and (file := new or old):
                self.changes.append(
                    Change(file_id=file_id, drive_id=file.drive_id, time=time, removed=new is None)
                )

    def _snapshot(self) -> Snapshot:
        responses = {form: dict(each) for form, each in self.responses.items()}
        return Snapshot(now(), dict(self.files), responses, len(self.changes))

    def snapshot_before(self, writes: int, age: timedelta) -> Snapshot:
        """Return the data before the last `writes` writes, or `age` ago, whichever is older."""
        with self._lock:
            moment = self._snapshot()
            since = now() - age
            for back, past in enumerate(reversed(self._past), start=1):
                if back <= writes or (age and past.at >= since):
                    moment = past
            return moment

    # Files

    def content(self, file_id: str) -> bytes:
        """Return the bytes of a file; none for folders and empty files."""
        try:
            return self._blobs.get(file_id)
        except KeyError:
            return b""

    def put_content(self, file: DriveFile, content: bytes) -> DriveFile:
        """Store the bytes and return the file with their size and digest. Call it inside `writing()`."""
        self._blobs.put(file.id, content)
        digest = md5(content, usedforsecurity=False).hexdigest()
        return file.model_copy(update={"size": len(content), "md5_checksum": digest})

    def children(self, folder_id: str) -> list[DriveFile]:
        """Return the content of a folder without the trash: folders first, by name."""
        inside = [f for f in self.files.values() if folder_id in f.parents and not f.trashed]
        return sorted(inside, key=lambda f: (f.mime_type != FOLDER, f.name.casefold()))

    def ancestors(self, file_id: str) -> list[DriveFile]:
        """Return the folders that contain the file, innermost first."""
        file = self.files.get(file_id)
        parents = [self.files[parent] for parent in file.parents if parent in self.files] if file else []
        return [each for parent in parents for each in (parent, *self.ancestors(parent.id))]

    def in_trash(self, file: DriveFile) -> bool:
        """Return True if the file or one of its folders is in the trash."""
        return file.trashed or any(folder.trashed for folder in self.ancestors(file.id))

    # Forms

    def submit(
        self, form_id: str, answers: Mapping[str, str | list[str]], response_id: str | None = None
    ) -> FormResponse:
        """Submit a response as a person would (title of a question -> answers); with `response_id`, edit that one.

        Raises ValueError if the form would not accept it, KeyError for an unknown form or response.
        """
        form = self.forms[form_id]
        if not form.accepting:
            raise ValueError(f"The form {form.title} is no longer accepting responses")
        by_title = {question.title: question for question in form.questions}
        if unknown := answers.keys() - by_title.keys():
            raise ValueError(
                f"No such question: {', '.join(sorted(unknown))}. It asks: {', '.join(by_title)}"
            )
        given: dict[str, tuple[str, ...]] = {}
        for question in form.questions:
            answer = answers.get(question.title, [])
            values = tuple(v.strip() for v in ([answer] if isinstance(answer, str) else answer) if v.strip())
            _check_answer(question, values)
            if values:
                given[question.question_id] = values
        with self.writing():
            earlier = self.responses[form_id][response_id] if response_id else None
            time = now()
            response = FormResponse(
                response_id=response_id or secrets.token_urlsafe(24),
                create_time=earlier.create_time if earlier else time,
                last_submitted_time=time,
                answers=given,
            )
            self.responses.setdefault(form_id, {})[response.response_id] = response
        return response

    # Tokens

    def issue(self, email: str, scopes: frozenset[str], lifetime: timedelta) -> str:
        """Return a new access token for this address."""
        token = f"ya29.{secrets.token_urlsafe(32)}"
        time = now()
        with self._lock:
            self.tokens = {key: each for key, each in self.tokens.items() if each.expires > time}
            self.tokens[token] = Token(email=email, scopes=scopes, expires=time + lifetime)
            self._changed()
        return token

    def find_token(self, token: str) -> Token | None:
        """Return the token with its owner and scopes; None if it is unknown or expired."""
        person = token.removeprefix(PERSON_TOKEN)
        if person != token and any(person in drive.members for drive in self.drives.values()):
            return Token(email=person, scopes=EVERYTHING, expires=now() + timedelta(hours=1))
        found = self.tokens.get(token)
        return found if found and found.expires > now() else None

    def expire_tokens(self) -> None:
        """Expire every access token."""
        with self._lock:
            self.tokens = {}
            self._changed()


def now() -> datetime:
    """Return the current time in whole milliseconds, Google's precision."""
    time = datetime.now(UTC)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def rfc3339(time: datetime) -> str:
    """Return the time, which must be UTC, in Google's format with milliseconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"


def new_id() -> str:
    """Return a new file id in the format of Drive: 33 characters."""
    return "1" + secrets.token_urlsafe(24)


def _ignore() -> None:
    """Ignore a change: the default listener."""


def _check_answer(question: Question, values: tuple[str, ...]) -> None:
    if question.required and not values:
        raise ValueError(f"This is a required question: {question.title}")
    if len(values) > 1 and question.kind != "CHECKBOX":
        raise ValueError(f"Only one answer to: {question.title}")
    if question.options and (strange := [v for v in values if v not in question.options]):
        raise ValueError(
            f"{strange[0]!r} is not offered by: {question.title} ({', '.join(question.options)})"
        )
