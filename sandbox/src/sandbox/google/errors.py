"""Google's error responses, with Google's own messages.

The envelope depends on the API: Drive always has `errors[]`, and `status` only for authentication errors and for
wrongly typed values; Forms and Sheets always have `status` and no `errors[]`.
"""

from typing import Any, Literal

from starlette.responses import JSONResponse, Response

Family = Literal["drive", "forms", "sheets"]

_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_SERVICE = {
    "drive": "drive.googleapis.com",
    "forms": "forms.googleapis.com",
    "sheets": "sheets.googleapis.com",
}


class GoogleError(Exception):
    """An error response of Google; `entry` is its entry in the `errors[]` of Drive."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        reason: str,
        location: str | None = None,
        location_type: str = "parameter",
        domain: str = "global",
        short: str | None = None,
        always_status: bool = False,
        details: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.entry: dict[str, str] = {"message": short or message, "domain": domain, "reason": reason}
        if location is not None:
            self.entry |= {"location": location, "locationType": location_type}
        self.always_status = always_status
        self.details = details or []

    def body(self, family: Family) -> dict[str, Any]:
        """Return the JSON body in the envelope of this API."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if family == "drive":
            error["errors"] = [self.entry]
        if family != "drive" or self.always_status:
            error["status"] = _STATUS.get(self.code, "UNKNOWN")
        if self.details:
            error["details"] = self.details
        return {"error": error}

    def response(self, family: Family) -> Response:
        """Return the HTTP response in the envelope of this API."""
        headers = (
            {"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/"'} if self.code == 401 else {}
        )
        return JSONResponse(self.body(family), status_code=self.code, headers=headers)


# Authentication and permissions


def no_credentials() -> GoogleError:
    """Return the error for a call without an access token."""
    return GoogleError(
        401,
        "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or "
        "other valid authentication credential. See "
        "https://developers.google.com/identity/sign-in/web/devconsole-project.",
        reason="required",
        location="Authorization",
        location_type="header",
        short="Login Required.",
        always_status=True,
    )


def bad_token() -> GoogleError:
    """Return the error for an access token that is unknown or has expired; Google does not tell which."""
    return GoogleError(
        401,
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other "
        "valid authentication credential. See "
        "https://developers.google.com/identity/sign-in/web/devconsole-project.",
        reason="authError",
        location="Authorization",
        location_type="header",
        short="Invalid Credentials",
        always_status=True,
    )


def missing_scope(family: Family, method: str) -> GoogleError:
    """Return the error for a token without a scope for this method (`Method.rpc`)."""
    return GoogleError(
        403,
        "Request had insufficient authentication scopes.",
        reason="insufficientPermissions",
        short="Insufficient Permission",
        always_status=True,
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                "domain": "googleapis.com",
                "metadata": {"method": method, "service": _SERVICE[family]},
            }
        ],
    )


def forbidden_file() -> GoogleError:
    """Return the error for a change of a file that the caller may only see."""
    return GoogleError(
        403,
        "The user does not have sufficient permissions for this file.",
        reason="insufficientFilePermissions",
    )


def forbidden_parent() -> GoogleError:
    """Return the error for a folder that the caller may not add files to."""
    return GoogleError(
        403, "Insufficient permissions for the specified parent.", reason="insufficientParentPermissions"
    )


def no_storage() -> GoogleError:
    """Return the error for a file in a service account's My Drive."""
    return GoogleError(
        403,
        "Service Accounts do not have storage quota. Leverage shared drives "
        "(https://developers.google.com/workspace/drive/api/guides/about-shareddrives), or use OAuth delegation "
        "(http://support.google.com/a/answer/7281227) instead.",
        reason="storageQuotaExceeded",
        domain="usageLimits",
    )


# The request


def file_not_found(file_id: str) -> GoogleError:
    """Return Drive's error for a file that does not exist or is not visible to the caller."""
    return GoogleError(404, f"File not found: {file_id}.", reason="notFound", location="fileId")


def drive_not_found(drive_id: str) -> GoogleError:
    """Return Drive's error for a shared drive that does not exist or is not visible to the caller."""
    return GoogleError(404, f"Shared drive not found: {drive_id}", reason="notFound", location="driveId")


def entity_not_found() -> GoogleError:
    """Return the error for an object that does not exist, as Forms and Sheets send it."""
    return GoogleError(404, "Requested entity was not found.", reason="notFound")


def id_in_use() -> GoogleError:
    """Return the error for a new file whose id another file has."""
    return GoogleError(
        409,
        "A file already exists with the provided ID.",
        reason="fileIdInUse",
        location="file.id",
        location_type="other",
    )


def id_not_usable() -> GoogleError:
    """Return the error for a new file whose id does not come from `files.generateIds`."""
    return GoogleError(
        400,
        "The provided file ID is not usable.",
        reason="invalid",
        location="file.id",
        location_type="other",
    )


def invalid(parameter: str, message: str = "Invalid Value", code: int = 400) -> GoogleError:
    """Return the error for a parameter with a wrong value."""
    return GoogleError(code, message, reason="invalid", location=parameter)


def required(parameter: str, message: str) -> GoogleError:
    """Return the error for a parameter that is missing."""
    return GoogleError(400, message, reason="required", location=parameter)


def refused(code: int, reason: str, message: str) -> GoogleError:
    """Return the error for a request that a rule of Drive forbids, with this HTTP status and reason."""
    return GoogleError(code, message, reason=reason)


def invalid_argument(message: str = "Request contains an invalid argument.") -> GoogleError:
    """Return the error 400 for a request that is malformed."""
    return GoogleError(400, message, reason="badRequest")


def bad_request(message: str, field: str | None = None) -> GoogleError:
    """Return the error for a wrongly typed parameter or body; `field` names the wrong part."""
    violation = {"description": message} if field is None else {"field": field, "description": message}
    return GoogleError(
        400,
        message,
        reason="invalid",
        always_status=True,
        details=[{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}],
    )


def bad_field_mask(family: Family, path: str) -> GoogleError:
    """Return the error for a `fields` mask that is malformed or names the unknown field `path`."""
    if family == "drive":
        return GoogleError(
            400, f"Invalid field selection {path}", reason="invalidParameter", location="fields"
        )
    error = bad_request("Request contains an invalid argument.", path)
    error.details[0]["fieldViolations"][0]["description"] = (
        f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'."
    )
    return error


def not_implemented(feature: str) -> GoogleError:
    """Return the error for a feature of Google that the sandbox does not have."""
    return GoogleError(501, f"The sandbox does not implement {feature}.", reason="notImplemented")


# Errors of Google itself, for faults


def rate_limited(family: Family, code: int = 403) -> GoogleError:
    """Return the error for too many requests: on Drive 403 or 429, as `code` says, elsewhere 429."""
    if family != "drive":
        return GoogleError(
            429,
            "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute per user' of "
            f"service '{_SERVICE[family]}' for consumer 'project_number:123456789012'.",
            reason="rateLimitExceeded",
            details=[
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "RATE_LIMIT_EXCEEDED",
                    "domain": "googleapis.com",
                    "metadata": {
                        "service": _SERVICE[family],
                        "quota_metric": f"{_SERVICE[family]}/read_requests",
                    },
                }
            ],
        )
    if code == 429:
        return GoogleError(429, "Rate Limit Exceeded", reason="rateLimitExceeded", domain="usageLimits")
    return GoogleError(403, "User Rate Limit Exceeded", reason="userRateLimitExceeded", domain="usageLimits")


def error_with_status(family: Family, code: int) -> GoogleError:
    """Return the typical error of the API with this HTTP status, for faults."""
    if code == 401:
        return bad_token()
    if code == 403:
        return forbidden_file()
    if code == 404:
        return entity_not_found()
    if code == 409:
        return id_in_use()
    if code == 429:
        return rate_limited(family, 429)
    if family == "drive":
        message, reason = {
            500: ("Internal Error", "internalError"),
            503: ("Transient failure", "transientError"),
        }.get(code, ("Backend Error", "backendError"))
        return GoogleError(code, message, reason=reason)
    message = {
        500: "Internal error encountered.",
        503: "The service is currently unavailable.",
        504: "Deadline expired before operation could complete.",
    }.get(code, "Request contains an invalid argument." if code < 500 else "Internal error encountered.")
    return GoogleError(code, message, reason="backendError")
