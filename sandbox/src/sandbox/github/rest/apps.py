"""The GitHub App and tokens of its installation. The caller authenticates with the App's signed JWT."""

from sandbox.github.auth import grant
from sandbox.github.errors import GitHubError, NotFoundError, UnauthorizedError
from sandbox.github.rest.call import ApiResponse, Call, Listing, handles


def _must_be_app(call: Call) -> None:
    if call.viewer.app is None:
        raise UnauthorizedError("A JSON web token could not be decoded")


@handles("apps/get-authenticated")
def get_app(call: Call) -> ApiResponse:
    """Serve `GET /app`."""
    _must_be_app(call)
    return ApiResponse(call.render.app())


@handles("apps/list-installations")
def list_installations(call: Call) -> Listing:
    """Serve `GET /app/installations`: the only installation."""
    _must_be_app(call)
    return Listing([call.state.app], lambda _: call.render.installation())


@handles("apps/get-installation")
def get_installation(call: Call) -> ApiResponse:
    """Serve `GET /app/installations/{installation_id}`."""
    _must_be_installation(call)
    return ApiResponse(call.render.installation())


@handles("apps/get-org-installation")
def get_org_installation(call: Call) -> ApiResponse:
    """Serve `GET /orgs/{org}/installation`."""
    _must_be_app(call)
    if call.path["org"].lower() != call.state.organization.login.lower():
        raise NotFoundError
    return ApiResponse(call.render.installation())


@handles("apps/create-installation-access-token")
def create_token(call: Call) -> ApiResponse:
    """Serve `POST /app/installations/{installation_id}/access_tokens`: a token that is valid for an hour."""
    _must_be_installation(call)
    body = call.body
    with call.writing():
        secret, token = grant(call.state, body.get("permissions"), _repositories(call))
    rendered = call.render.installation_token(secret, token)
    if token.repositories is not None:
        chosen = (call.state.repositories[number] for number in token.repositories)
        rendered["repositories"] = [call.render.repository(repo, permissions=None) for repo in chosen]
    return ApiResponse(rendered, 201)


def _must_be_installation(call: Call) -> None:
    _must_be_app(call)
    if call.path["installation_id"] != call.state.app.installation_id:
        raise NotFoundError


def _repositories(call: Call) -> tuple[int, ...] | None:
    body, repositories = call.body, call.state.repositories.values()
    if "repositories" not in body and "repository_ids" not in body:
        return None
    names, ids = set(body.get("repositories", [])), set(body.get("repository_ids", []))
    chosen = [repo for repo in repositories if repo.name in names or repo.id in ids]
    if len(chosen) < len(names | ids):
        raise GitHubError(
            422,
            "There is at least one repository that does not exist or is not accessible to the parent installation.",
        )
    return tuple(repo.id for repo in chosen)
