"""Clients for Google's APIs: credentials, sending requests, and translating failures."""

import hashlib
import json
import re
from collections.abc import Iterable
from contextlib import closing
from functools import cached_property, lru_cache
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, NoReturn, Protocol, TypeVar

import google.auth
import httplib2
from google.auth.credentials import Credentials as GoogleCredentials
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.oauth2.service_account import Credentials
from google_auth_httplib2 import AuthorizedHttp, Request
from googleapiclient.discovery import build_from_document  # type: ignore[attr-defined] # not in its stubs
from googleapiclient.discovery_cache import get_static_doc
from googleapiclient.errors import HttpError
from temporalio.exceptions import ApplicationError

from activities.errors import A_MINUTE, PARKED, Missing, again, park, retry_after, wait
from activities.rate_limits import RateLimitGuard
from config.groups import Google

if TYPE_CHECKING:
    from googleapiclient._apis.drive.v3 import DriveResource
    from googleapiclient._apis.forms.v1 import FormsResource
    from googleapiclient._apis.sheets.v4 import SheetsResource

_SCOPE = "https://www.googleapis.com/auth/"
_RATE_LIMITS: Final = {"rateLimitExceeded", "userRateLimitExceeded", "sharingRateLimitExceeded"}

Service = TypeVar("Service")
Answer_co = TypeVar("Answer_co", covariant=True)


class Call(Protocol[Answer_co]):
    """A request prepared by the client library."""

    def execute(self, http: Any = None, num_retries: int = 0) -> Answer_co: ...


class AlreadyThere(ApplicationError):
    """Status 409: the chosen id is taken already. Parks the effect unless the caller handles it."""


class NotValid(ApplicationError):
    """Status 400 or 410: a value of the request is not valid (any more). Parks the effect unless the caller handles it."""


class NotThere(Missing):
    """Status 404: the object does not exist or is not visible. Parks the effect unless the caller handles it."""


class _SandboxCredentials(Credentials):
    """A service account that sends requests to the sandbox only.

    The library would otherwise ask Google in the background about the account, and send its token.
    """

    def _after_refresh(self, request: Any, method: Any, url: Any, headers: Any) -> None:
        """Do nothing."""


class GoogleApi(Generic[Service]):
    """One of Google's APIs, with credentials limited to the scopes that it needs.

    Threads may share it: only the transport is not thread-safe, and every call gets its own.
    """

    def __init__(
        self, settings: Google, name: Literal["drive", "forms", "sheets"], version: str, scopes: Iterable[str]
    ) -> None:
        self._settings = settings
        self._name = name
        self._version = version
        self._scopes = [_SCOPE + scope for scope in scopes]

    @cached_property
    def service(self) -> Service:
        """The library's client, which prepares requests for `execute`. Raises ApplicationError without credentials."""
        _ = self._credentials
        service: Service = _service(self._name, self._version, self._settings.api_root)
        return service

    @property
    def account(self) -> str:
        """Address of the account that folders, forms and sheets must be shared with."""
        known = self._settings.subject or getattr(self._credentials, "service_account_email", "")
        return str(known or "the account of the default credentials")

    def execute(self, call: Call[Answer_co], subject: str) -> Answer_co:
        """Send the request and return the answer. Raises ApplicationError.

        The request must be idempotent, since httplib2 repeats it if the connection breaks. `subject` names the
        requested object in error messages.
        """
        self._guard.check(self._name)
        transport = httplib2.Http(timeout=self._settings.timeout_seconds)
        with closing(AuthorizedHttp(self._credentials, http=transport)) as http:
            try:
                if not self._credentials.valid:
                    self._refresh(transport)
                answer = call.execute(http=http)
            except HttpError as error:
                self._raise_for(error, subject)
            except RefreshError as error:
                raise _login_refused(error) from None
            except (TransportError, httplib2.HttpLib2Error, HTTPException, OSError) as error:
                raise again(f"Google {self._name} cannot be reached ({type(error).__name__})") from None
        if not isinstance(answer, dict):  # the client passes on a body that is not JSON
            raise again(
                f"Google {self._name} answered with something other than JSON; is there a proxy in between?"
            )
        return answer

    @cached_property
    def _guard(self) -> RateLimitGuard:
        return _guard_for(self._settings.api_root or "", self.account)

    @cached_property
    def _credentials(self) -> GoogleCredentials:
        if self._settings.default_credentials:
            return _default_credentials(self._scopes)
        file, subject = self._settings.credentials_file, self._settings.subject
        kind = _SandboxCredentials if self._settings.api_root else Credentials
        if file is None:
            raise park(
                "Google is not set up: set LEADS_GOOGLE__CREDENTIALS_FILE to the service account's key file, or "
                "LEADS_GOOGLE__DEFAULT_CREDENTIALS where the machine has an account of its own"
            )
        try:
            found: Credentials = _account(kind, file.read_text()).with_scopes(self._scopes)
        except (OSError, ValueError, AttributeError, GoogleAuthError) as error:
            # The error's own message may quote the key.
            raise park(
                f"The key file in LEADS_GOOGLE__CREDENTIALS_FILE cannot be used ({type(error).__name__}); "
                "it must be a service account's key as JSON"
            ) from None
        return found.with_subject(subject) if subject else found  # type: ignore[no-untyped-call]

    def _refresh(self, transport: httplib2.Http) -> None:
        try:
            self._credentials.refresh(Request(transport))  # type: ignore[no-untyped-call]
        except TypeError:  # raised by the library for an answer that is not JSON
            raise again("Google's token endpoint answered with something other than JSON") from None

    def _raise_for(self, error: HttpError, subject: str) -> NoReturn:
        status, reasons = int(error.resp.status), _reasons(error)
        failure = f"Google {self._name} answered {status} {'/'.join(sorted(reasons))}".rstrip()
        if status == 429 or reasons & _RATE_LIMITS:
            delay = retry_after(error.resp.get("retry-after")) or A_MINUTE
            self._guard.block(delay, self._name, kind="/".join(sorted(reasons)))
            raise wait(f"{failure}: too many requests", delay) from None
        if status >= 500 or status == 408:
            raise again(failure) from None
        if status == 409:
            raise AlreadyThere(f"{failure} for {subject}", type=PARKED, non_retryable=True) from None
        if status == 404:
            own = ". With LEADS_GOOGLE__DRIVE_SCOPE=drive.file it sees only what it made itself"
            raise NotThere(
                f"{failure}: {subject} does not exist, or {self.account} may not see it. Share it with that account, or "
                f"correct the id{own if self._scopes == [f'{_SCOPE}drive.file'] else ''}"
            ) from None
        advice = f"{failure} for {subject}. {self._advice(status, reasons)}"
        if status in (400, 410):
            raise NotValid(advice, type=PARKED, non_retryable=True) from None
        raise park(advice) from None

    def _advice(self, status: int, reasons: set[str]) -> str:
        if status == 401:
            return "Give the service account a new key (LEADS_GOOGLE__CREDENTIALS_FILE)"
        if reasons & {"storageQuotaExceeded", "teamDriveFileLimitExceeded"}:
            return "The folder must be in a shared drive with free space: a service account has no storage of its own"
        if reasons & {"accessNotConfigured", "SERVICE_DISABLED"}:
            return f"Enable the {self._name} API in the service account's Google Cloud project"
        if reasons & {"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}:
            return f"Allow these scopes: {' '.join(self._scopes)}"
        if status == 403:
            return f"Give {self.account} the right to do that"
        return "The request is wrong: check the settings under LEADS_GOOGLE__, or report a bug"


@lru_cache(maxsize=8)
def _guard_for(root: str, account: str) -> RateLimitGuard:
    """Return the one guard for this account at Google, or at another root URL."""
    return RateLimitGuard("Google", hashlib.blake2s(f"{root} {account}".encode(), digest_size=8).hexdigest())


@lru_cache(maxsize=8)
def _service(name: str, version: str, root: str | None) -> Any:
    """Return the library's client of an API, at Google or at another root URL.

    It is built from the packaged discovery document, so nothing is fetched. Building takes long, so it is cached.
    """
    text = get_static_doc(name, version)  # type: ignore[no-untyped-call]
    if text is None:
        raise LookupError(f"google-api-python-client has no {name} {version}")
    document = json.loads(text)
    if root:
        # With `api_endpoint`, uploads would still go to Google.
        document.pop("mtlsRootUrl", None)
        document["rootUrl"] = root.rstrip("/") + "/"
        document["baseUrl"] = document["rootUrl"] + document["servicePath"]
    return build_from_document(document, http=httplib2.Http())


@lru_cache(maxsize=8)
def _account(kind: type[Credentials], key: str) -> Credentials:
    """Return the service account of a key, without scopes. Checking a key takes long, so all APIs share it."""
    found: Credentials = kind.from_service_account_info(json.loads(key))  # type: ignore[no-untyped-call]
    return found


def _default_credentials(scopes: list[str]) -> GoogleCredentials:
    """Return the credentials that the machine or its configuration holds (Application Default Credentials)."""
    try:
        found: GoogleCredentials = google.auth.default(scopes=scopes)[0]
    except GoogleAuthError as error:
        raise park(
            f"This machine has no default credentials of Google ({type(error).__name__}): name their configuration in "
            "GOOGLE_APPLICATION_CREDENTIALS, or give the machine a service account"
        ) from None
    return found


def drive_api(settings: Google) -> "GoogleApi[DriveResource]":
    """Return the Drive API.

    With the full scope the account reaches all that is shared with it. With `drive.file` it reaches what it made itself:
    the leads folder must be of its making, too, and what people put into the folders is not seen.
    """
    return GoogleApi(settings, "drive", "v3", [settings.drive_scope])


def forms_api(settings: Google) -> "GoogleApi[FormsResource]":
    """Return the Forms API, read-only."""
    return GoogleApi(settings, "forms", "v1", ["forms.body.readonly", "forms.responses.readonly"])


def sheets_api(settings: Google) -> "GoogleApi[SheetsResource]":
    """Return the Sheets API, read-only."""
    return GoogleApi(settings, "sheets", "v4", ["spreadsheets.readonly"])


def _login_refused(error: RefreshError) -> ApplicationError:
    answer = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], dict) else {}
    code = _word(answer.get("error")) or "no reason given"
    if error.retryable:
        return again(f"Google's token endpoint failed ({code})")
    return park(
        f"Google refuses the service account ({code}). Check that its key is not revoked, that this machine's clock is "
        "right and, with LEADS_GOOGLE__SUBJECT, that domain-wide delegation allows the scopes"
    )


def _reasons(error: HttpError) -> set[str]:
    """Return Google's reason codes. Its sentences are not used, since they may quote the request."""
    try:
        body = json.loads(error.content)["error"]
        entries = [*body.get("errors", ()), *body.get("details", ()), {"reason": body.get("status")}]
        return {word for entry in entries if (word := _word(entry.get("reason")))}
    except (ValueError, KeyError, TypeError, AttributeError):
        return set()


def _word(value: object) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"\w{1,60}", value) else ""
