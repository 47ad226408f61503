"""Members of the organization, its teams, and collaborators of repositories."""

from sandbox.github.errors import ForbiddenError, NotFoundError
from sandbox.github.records import Organization, Team, User
from sandbox.github.rest.call import ApiResponse, Call, Listing, handles

_PERMISSIONS: dict[str, str] = {"triage": "read", "maintain": "write"}
"""Legacy permissions of the newer roles."""


def _organization(call: Call) -> Organization:
    organization = call.state.organization
    if call.path["org"].lower() != organization.login.lower():
        raise NotFoundError
    return organization


def _for_members(call: Call) -> Organization:
    """Return the organization. Raises NotFoundError for outsiders, ForbiddenError for an App without the permission."""
    organization = _organization(call)
    if call.viewer.is_installation and not call.viewer.is_member(organization):
        raise ForbiddenError("Resource not accessible by integration")
    if not call.viewer.is_member(organization):
        raise NotFoundError
    return organization


def _team(call: Call) -> Team:
    _for_members(call)
    team = call.state.team(call.path["team_slug"])
    if team is None:
        raise NotFoundError
    return team


def _user(call: Call) -> User:
    user = call.state.user(call.path["username"])
    if user is None:
        raise NotFoundError
    return user


@handles("orgs/check-membership-for-user")
def check_member(call: Call) -> ApiResponse:
    """Serve `GET /orgs/{org}/members/{username}`: 204 for a member, otherwise 404.

    Callers outside the organization are redirected to its public members, of whom there are none.
    """
    organization = _organization(call)
    if not call.viewer.is_member(organization):
        path = f"/orgs/{organization.login}/public_members/{call.path['username']}"
        return ApiResponse(None, 302, {"location": call.render.api + path})
    if _user(call).id not in organization.members:
        raise NotFoundError
    return ApiResponse(None, 204)


@handles("teams/list")
def list_teams(call: Call) -> Listing:
    """Serve `GET /orgs/{org}/teams`."""
    _for_members(call)
    return Listing(list(call.state.teams.values()), call.render.team)


@handles("teams/get-by-name")
def get_team(call: Call) -> ApiResponse:
    """Serve `GET /orgs/{org}/teams/{team_slug}`."""
    return ApiResponse(call.render.full_team(_team(call)))


@handles("teams/list-members-in-org")
def list_members(call: Call) -> Listing:
    """Serve `GET /orgs/{org}/teams/{team_slug}/members`."""
    return Listing([call.state.users[number] for number in _team(call).members], call.render.user)


@handles("teams/get-membership-for-user-in-org")
def get_membership(call: Call) -> ApiResponse:
    """Serve `GET /orgs/{org}/teams/{team_slug}/memberships/{username}`: 404 if the user is not a member."""
    team, user = _team(call), _user(call)
    if user.id not in team.members:
        raise NotFoundError
    return ApiResponse(call.render.membership(team, user))


@handles("repos/check-collaborator")
def check_collaborator(call: Call) -> ApiResponse:
    """Serve `GET …/collaborators/{username}`: 204 for a collaborator, otherwise 404."""
    repository = call.repository("metadata")
    call.viewer.must_triage(repository)
    if _user(call).id not in repository.collaborators:
        raise NotFoundError
    return ApiResponse(None, 204)


@handles("repos/get-collaborator-permission-level")
def get_permission(call: Call) -> ApiResponse:
    """Serve `GET …/collaborators/{username}/permission`: everybody may read a public repository."""
    repository = call.repository("metadata")
    call.viewer.must_triage(repository)
    user = _user(call)
    role: str = repository.collaborators.get(user.id, "none" if repository.private else "read")
    rendered = {**call.render.user(user), "role_name": role, "permissions": call.render.permissions(role)}
    return ApiResponse({"permission": _PERMISSIONS.get(role, role), "role_name": role, "user": rendered})
