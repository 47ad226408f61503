"""Webhooks of repositories and of the organization, and their deliveries.

`…` stands for `/repos/{owner}/{repo}` or `/orgs/{org}`.
"""

from typing import Any

from sandbox.github import commands
from sandbox.github.errors import GitHubError, NotFoundError
from sandbox.github.hooks.events import ping
from sandbox.github.hooks.sender import Delivery
from sandbox.github.records import Hook, Repository
from sandbox.github.rest.call import ApiResponse, Call, Listing, handles


def _owner(call: Call) -> Repository | None:
    """Return the repository that owns the hooks; None for the organization."""
    repository = None
    if "org" not in call.path:
        repository = call.repository("metadata")
    elif call.path["org"].lower() != call.state.organization.login.lower():
        raise NotFoundError
    call.viewer.must_manage_hooks(call.state, repository)
    return repository


def _hook(call: Call) -> Hook:
    owner, hook = _owner(call), call.state.hooks.get(call.path["hook_id"])
    if hook is None or hook.repository_id != (owner.id if owner else None):
        raise NotFoundError
    return hook


def _delivery(call: Call) -> Delivery:
    hook = _hook(call)
    for delivery in call.webhooks.deliveries(hook.id):
        if delivery.id == call.path["delivery_id"]:
            return delivery
    raise NotFoundError


@handles("repos/list-webhooks")
@handles("orgs/list-webhooks")
def list_hooks(call: Call) -> Listing:
    """Serve `GET …/hooks`."""
    owner = _owner(call)
    number = owner.id if owner else None
    return Listing([h for h in call.state.hooks.values() if h.repository_id == number], call.render.hook)


@handles("repos/create-webhook")
@handles("orgs/create-webhook")
def create_hook(call: Call) -> ApiResponse:
    """Serve `POST …/hooks`. The new webhook receives a ping."""
    owner, body = _owner(call), call.body
    if body.get("name", "web") != "web":
        raise GitHubError(422, 'Validation Failed: the only name is "web"')
    config = body.get("config", {})
    with call.writing():
        hook = commands.create_hook(
            call.state,
            call.viewer,
            owner,
            url=config.get("url", ""),
            content_type=_content_type(config.get("content_type", "form")),
            secret=config.get("secret") or None,
            events=body.get("events", ["push"]),
            active=body.get("active", True),
        )
    return ApiResponse(call.render.hook(hook), 201)


@handles("repos/get-webhook")
@handles("orgs/get-webhook")
def get_hook(call: Call) -> ApiResponse:
    """Serve `GET …/hooks/{hook_id}`."""
    return ApiResponse(call.render.hook(_hook(call)))


@handles("repos/update-webhook")
@handles("orgs/update-webhook")
def update_hook(call: Call) -> ApiResponse:
    """Serve `PATCH …/hooks/{hook_id}`. A `config` without a secret removes the secret."""
    hook, body = _hook(call), call.body
    config = body.get("config", {})
    events = [*body.get("events", hook.events), *body.get("add_events", [])]
    dropped = body.get("remove_events", [])
    with call.writing():
        hook = commands.edit_hook(
            call.state,
            call.viewer,
            hook,
            url=config.get("url", hook.url),
            content_type=_content_type(config.get("content_type", hook.content_type)),
            secret=config.get("secret") if config else hook.secret,
            events=[event for event in dict.fromkeys(events) if event not in dropped],
            active=body.get("active", hook.active),
        )
    return ApiResponse(call.render.hook(hook))


@handles("repos/delete-webhook")
@handles("orgs/delete-webhook")
def delete_hook(call: Call) -> ApiResponse:
    """Serve `DELETE …/hooks/{hook_id}`."""
    hook = _hook(call)
    with call.writing():
        commands.delete_hook(call.state, call.viewer, hook)
    return ApiResponse(None, 204)


@handles("repos/ping-webhook")
@handles("orgs/ping-webhook")
def ping_hook(call: Call) -> ApiResponse:
    """Serve `POST …/hooks/{hook_id}/pings`."""
    call.webhooks.send(ping(call.state, _hook(call), call.viewer.actor, call.render.base))
    return ApiResponse(None, 204)


@handles("repos/list-webhook-deliveries")
@handles("orgs/list-webhook-deliveries")
def list_deliveries(call: Call) -> Listing:
    """Serve `GET …/hooks/{hook_id}/deliveries`, latest first."""
    found = call.webhooks.deliveries(_hook(call).id)
    wanted = call.query.get("status")
    if wanted is not None:
        found = [each for each in found if (200 <= each.code < 400) == (wanted == "success")]
    return Listing(found, call.render.delivery, lambda delivery: f"v1_{delivery.id}")


@handles("repos/get-webhook-delivery")
@handles("orgs/get-webhook-delivery")
def get_delivery(call: Call) -> ApiResponse:
    """Serve `GET …/hooks/{hook_id}/deliveries/{delivery_id}`: the delivery with its request and response."""
    return ApiResponse(call.render.full_delivery(_delivery(call)))


@handles("repos/redeliver-webhook-delivery")
@handles("orgs/redeliver-webhook-delivery")
def redeliver(call: Call) -> ApiResponse:
    """Serve `POST …/hooks/{hook_id}/deliveries/{delivery_id}/attempts`."""
    call.webhooks.redeliver(_delivery(call))
    return ApiResponse({}, 202)


def _content_type(given: Any) -> commands.ContentType:
    if given == "json":
        return "json"
    if given == "form":
        return "form"
    raise GitHubError(422, "Validation Failed: content_type is json or form")
