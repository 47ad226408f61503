"""The organization, its repositories, users, and the rate limit."""

from sandbox.github.errors import ForbiddenError, NotFoundError
from sandbox.github.rest.call import ApiResponse, Call, handles


@handles("users/get-authenticated")
def get_authenticated(call: Call) -> ApiResponse:
    """Serve `GET /user`; an installation of the App gets 403."""
    actor = call.viewer.actor
    if call.viewer.is_installation:
        raise ForbiddenError("Resource not accessible by integration")
    account = {
        "private_gists": 0,
        "total_private_repos": 0,
        "owned_private_repos": 0,
        "disk_usage": 0,
        "collaborators": 0,
        "two_factor_authentication": True,
    }
    return ApiResponse({**call.render.full_user(actor), **account, "user_view_type": "private"})


@handles("users/get-by-username")
def get_by_username(call: Call) -> ApiResponse:
    """Serve `GET /users/{username}`."""
    user = call.state.user(call.path["username"])
    if user is None:
        raise NotFoundError
    return ApiResponse(call.render.full_user(user))


@handles("orgs/get")
def get_organization(call: Call) -> ApiResponse:
    """Serve `GET /orgs/{org}`."""
    organization = call.state.organization
    if call.path["org"].lower() != organization.login.lower():
        raise NotFoundError
    return ApiResponse(call.render.organization(organization))


@handles("repos/get")
def get_repository(call: Call) -> ApiResponse:
    """Serve `GET /repos/{owner}/{repo}`."""
    repository = call.repository("metadata")
    user = call.viewer.user
    permissions = None
    if user is not None:
        # GitHub shows an App the permissions of everybody; its own are those of its installation
        permissions = call.render.permissions(repository.collaborators.get(user.id, "read"))
    return ApiResponse(call.render.repository(repository, permissions=permissions))


@handles("rate-limit/get")
def get_rate_limit(call: Call) -> ApiResponse:
    """Serve `GET /rate_limit`, which does not count as a request."""
    rendered = {
        resource: call.rate_limits.window(call.viewer.key, resource).body(resource)
        for resource in ("core", "search", "graphql", "integration_manifest")
    }
    return ApiResponse({"resources": rendered, "rate": rendered["core"]})
