"""Google's client, pointed at the sandbox."""

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import google_auth_httplib2
import httplib2
from google.oauth2.service_account import Credentials
from googleapiclient.discovery import build_from_document  # type: ignore[attr-defined]  # the stubs forgot it
from googleapiclient.http import HttpRequest, MediaInMemoryUpload

from sandbox_tests.support.http import TIMEOUT

if TYPE_CHECKING:
    from googleapiclient._apis.drive.v3 import DriveResource
    from googleapiclient._apis.forms.v1 import FormsResource
    from googleapiclient._apis.sheets.v4 import SheetsResource

DRIVE_ID = "0ASandboxSharedDrivePVA"

ANSWERS: dict[str, str | list[str]] = {
    "Organization": "Acme University",
    "Your name": "Bo",
    "E-mail": "bo@example.org",
    "What do you need?": "Training for 200 students",
    "How may we reach you?": ["Mail", "Phone"],
}
"""A valid response to the contact form."""

SCOPE = "https://www.googleapis.com/auth/"
_SCOPES = {
    "drive": [f"{SCOPE}drive"],
    "forms": [f"{SCOPE}forms.body.readonly", f"{SCOPE}forms.responses.readonly"],
    "sheets": [f"{SCOPE}spreadsheets.readonly"],
}
_VERSIONS = {"drive": "v3", "forms": "v1", "sheets": "v4"}


class Google:
    """Builds clients with a static discovery document and a new transport for each request."""

    def __init__(self, root: str, credentials_file: Path) -> None:
        self.root = root
        self.credentials_file = credentials_file
        self._transports: list[httplib2.Http] = []

    def credentials(self, scopes: list[str]) -> Credentials:
        made = Credentials.from_service_account_file(str(self.credentials_file), scopes=scopes)  # type: ignore[no-untyped-call]
        return cast(Credentials, made)

    def drive(self, *scopes: str, credentials: Credentials | None = None) -> "DriveResource":
        """Return a client with these scopes instead of the default ones, or with other credentials."""
        return cast("DriveResource", self._build("drive", scopes, credentials))

    def forms(self) -> "FormsResource":
        return cast("FormsResource", self._build("forms"))

    def sheets(self) -> "SheetsResource":
        return cast("SheetsResource", self._build("sheets"))

    def _build(self, name: str, scopes: Sequence[str] = (), credentials: Credentials | None = None) -> Any:
        source = files("googleapiclient") / f"discovery_cache/documents/{name}.{_VERSIONS[name]}.json"
        document = json.loads(source.read_text())
        document["rootUrl"] = f"{self.root}/"
        document["baseUrl"] = f"{self.root}/{document['servicePath']}"
        del document["mtlsRootUrl"]
        identity = credentials or self.credentials(list(scopes) or _SCOPES[name])

        def request(_: Any, *args: Any, **kwargs: Any) -> HttpRequest:
            transport = httplib2.Http(timeout=TIMEOUT)
            transport.redirect_codes = transport.redirect_codes - {
                308
            }  # 308 is "go on" of a resumable upload
            self._transports.append(transport)
            return HttpRequest(google_auth_httplib2.AuthorizedHttp(identity, http=transport), *args, **kwargs)

        return build_from_document(document, credentials=identity, requestBuilder=cast(Any, request))

    def upload(self, folder: str, name: str, content: bytes, mime_type: str = "text/plain") -> str:
        """Upload a file into a folder and return its id."""
        create = (
            self.drive()
            .files()
            .create(
                body={"name": name, "parents": [folder]},
                media_body=MediaInMemoryUpload(content, mimetype=mime_type),
                supportsAllDrives=True,
                fields="id",
            )
        )
        return create.execute()["id"]

    def close(self) -> None:
        for transport in self._transports:
            transport.close()
