"""Google's clients: who we are, how a request is sent, and what each failure means."""

import json
import re
from collections.abc import Iterable
from contextlib import closing
from functools import cached_property, lru_cache
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, NoReturn, Protocol, TypeVar

import httplib2
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.oauth2.service_account import Credentials
from google_auth_httplib2 import AuthorizedHttp, Request
from googleapiclient.discovery import build_from_document  # type: ignore[attr-defined] # not in its stubs
from googleapiclient.discovery_cache import get_static_doc
from googleapiclient.errors import HttpError
from temporalio.exceptions import ApplicationError

from activities.errors import A_MINUTE, PARKED, again, park, retry_after, wait
from config.settings import Google

if TYPE_CHECKING:
    from googleapiclient._apis.drive.v3 import DriveResource
    from googleapiclient._apis.forms.v1 import FormsResource
    from googleapiclient._apis.sheets.v4 import SheetsResource

_SCOPE = "https://www.googleapis.com/auth/"
_RATE_LIMITS: Final = {"rateLimitExceeded", "userRateLimitExceeded", "sharingRateLimitExceeded"}

Service = TypeVar("Service")
Answer_co = TypeVar("Answer_co", covariant=True)


class Call(Protocol[Answer_co]):
    """A request that the client library has prepared."""

    def execute(self, http: Any = None, num_retries: int = 0) -> Answer_co: ...


class AlreadyThere(ApplicationError):
    """409: something is already there under the id that we chose. Parks, unless the caller knows better."""


class NotThere(ApplicationError):
    """404: it is not there, or not for us. Parks, unless the caller knows better."""


class _SandboxCredentials(Credentials):
    """A service account that talks to nobody but the sandbox.

    By default the library asks Google, in the background, where this account may work, and shows its token there.
    """

    def _after_refresh(self, request: Any, method: Any, url: Any, headers: Any) -> None:
        """Nothing to ask."""


class GoogleApi(Generic[Service]):
    """One of Google's APIs with credentials of its own, for no more than it needs.

    May be shared by threads: only its transport is not thread-safe, and every call gets its own.
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
        """Prepares requests for `execute`, which sends them as who we are. Raises ApplicationError where we are nobody."""
        _ = self._credentials
        service: Service = _service(self._name, self._version, self._settings.api_root)
        return service

    @property
    def account(self) -> str:
        """The address that folders, forms and sheets must be shared with."""
        return self._settings.subject or str(self._credentials.service_account_email)

    def execute(self, call: Call[Answer_co], what: str) -> Answer_co:
        """Sends the request, which must be one that may be sent twice: httplib2 repeats it when the connection is cut.

        `what`: the thing that is asked for, as a person would say it. Raises ApplicationError.
        """
        transport = httplib2.Http(timeout=self._settings.timeout_seconds)
        with closing(AuthorizedHttp(self._credentials, http=transport)) as http:
            try:
                if not self._credentials.valid:
                    self._refresh(transport)
                answer = call.execute(http=http)
            except HttpError as error:
                self._raise_for(error, what)
            except RefreshError as error:
                raise _login_refused(error) from None
            except (TransportError, httplib2.HttpLib2Error, HTTPException, OSError) as error:
                raise again(f"Google {self._name} cannot be reached ({type(error).__name__})") from None
        if not isinstance(answer, dict):  # the client hands on what it cannot read
            raise again(f"Google {self._name} answered with something else than JSON; is a proxy in between?")
        return answer

    @cached_property
    def _credentials(self) -> Credentials:
        file, subject = self._settings.credentials_file, self._settings.subject
        kind = _SandboxCredentials if self._settings.api_root else Credentials
        if file is None:
            raise park(
                "Google is not set up: name the service account's key in LEADS_GOOGLE__CREDENTIALS_FILE"
            )
        try:
            found: Credentials = _account(kind, file.read_text()).with_scopes(self._scopes)
        except (OSError, ValueError, AttributeError, GoogleAuthError) as error:
            # Its own text may quote the key.
            raise park(
                f"The key file in LEADS_GOOGLE__CREDENTIALS_FILE cannot be used ({type(error).__name__}); "
                "it must be a service account's key as JSON"
            ) from None
        return found.with_subject(subject) if subject else found  # type: ignore[no-untyped-call]

    def _refresh(self, transport: httplib2.Http) -> None:
        try:
            self._credentials.refresh(Request(transport))  # type: ignore[no-untyped-call]
        except TypeError:  # what the library makes of an answer that is no JSON
            raise again("Google's token endpoint answered with something else than JSON") from None

    def _raise_for(self, error: HttpError, what: str) -> NoReturn:
        status, reasons = int(error.resp.status), _reasons(error)
        said = f"Google {self._name} said {status} {'/'.join(sorted(reasons))}".rstrip()
        if status == 429 or reasons & _RATE_LIMITS:
            raise wait(
                f"{said}: too many requests", retry_after(error.resp.get("retry-after")) or A_MINUTE
            ) from None
        if status >= 500 or status == 408:
            raise again(said) from None
        if status == 409:
            raise AlreadyThere(f"{said} for {what}", type=PARKED, non_retryable=True) from None
        if status == 404:
            raise NotThere(
                f"{said}: {what} is not there, or {self.account} may not see it. Share it with that account, or "
                "correct the id",
                type=PARKED,
                non_retryable=True,
            ) from None
        raise park(f"{said} for {what}. {self._mend(status, reasons)}") from None

    def _mend(self, status: int, reasons: set[str]) -> str:
        if status == 401:
            return "Give the service account a new key (LEADS_GOOGLE__CREDENTIALS_FILE)"
        if reasons & {"storageQuotaExceeded", "teamDriveFileLimitExceeded"}:
            return (
                "The folder must be in a shared drive with room in it: a service account has none of its own"
            )
        if reasons & {"accessNotConfigured", "SERVICE_DISABLED"}:
            return f"Enable the {self._name} API in the service account's Google Cloud project"
        if reasons & {"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}:
            return f"Allow these scopes: {' '.join(self._scopes)}"
        if status == 403:
            return f"Give {self.account} the right to do that"
        return "The request is wrong: check the settings under LEADS_GOOGLE__, or report it as a fault"


@lru_cache(maxsize=8)
def _service(name: str, version: str, root: str | None) -> Any:
    """The client of an API, at Google or somewhere else. From the discovery document on board, so nothing is fetched.

    One for all, since what it makes of its document takes long, and it sends nothing by itself.
    """
    text = get_static_doc(name, version)  # type: ignore[no-untyped-call]
    if text is None:
        raise LookupError(f"google-api-python-client has no {name} {version}")
    document = json.loads(text)
    if root:
        # Not `api_endpoint`: uploads would still go to Google.
        document.pop("mtlsRootUrl", None)
        document["rootUrl"] = root.rstrip("/") + "/"
        document["baseUrl"] = document["rootUrl"] + document["servicePath"]
    return build_from_document(document, http=httplib2.Http())


@lru_cache(maxsize=8)
def _account(kind: type[Credentials], key: str) -> Credentials:
    """The service account of a key file's text, without scopes yet: to check a key takes long, and all APIs share it."""
    found: Credentials = kind.from_service_account_info(json.loads(key))  # type: ignore[no-untyped-call]
    return found


def drive_api(settings: Google) -> "GoogleApi[DriveResource]":
    """All of Drive: with less (`drive.file`) the leads folder, made by people, would not be seen.

    What the account reaches is limited by what is shared with it.
    """
    return GoogleApi(settings, "drive", "v3", ["drive"])


def forms_api(settings: Google) -> "GoogleApi[FormsResource]":
    return GoogleApi(settings, "forms", "v1", ["forms.body.readonly", "forms.responses.readonly"])


def sheets_api(settings: Google) -> "GoogleApi[SheetsResource]":
    return GoogleApi(settings, "sheets", "v4", ["spreadsheets.readonly"])


def _login_refused(error: RefreshError) -> ApplicationError:
    answer = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], dict) else {}
    code = _word(answer.get("error")) or "no reason given"
    if error.retryable:
        return again(f"Google's token endpoint is in trouble ({code})")
    return park(
        f"Google refuses the service account ({code}). Check that its key is not revoked, that this machine's clock is "
        "right and, with LEADS_GOOGLE__SUBJECT, that domain-wide delegation allows the scopes"
    )


def _reasons(error: HttpError) -> set[str]:
    """Google's own code words for what is wrong; never its sentences, which may quote what was sent."""
    try:
        body = json.loads(error.content)["error"]
        entries = [*body.get("errors", ()), *body.get("details", ()), {"reason": body.get("status")}]
        return {word for entry in entries if (word := _word(entry.get("reason")))}
    except (ValueError, KeyError, TypeError, AttributeError):
        return set()


def _word(value: object) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"\w{1,60}", value) else ""
