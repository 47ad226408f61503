"""The routes of GitHub, to be mounted at the root of a Starlette app."""

from starlette.routing import BaseRoute, Mount, Route

from sandbox.github.graphql.app import GraphQLApp
from sandbox.github.hooks.sender import WebhookSender
from sandbox.github.oauth import oauth_routes
from sandbox.github.rate_limits import RateLimits
from sandbox.github.rest.app import rest_app
from sandbox.github.secondary_limits import SecondaryLimits
from sandbox.github.state import GitHubState
from sandbox.github.web import page_routes


def routes(state: GitHubState, webhooks: WebhookSender, secondary_limits: SecondaryLimits) -> list[BaseRoute]:
    """Return REST under `/api/v3`, GraphQL at `/api/graphql`, sign-in, and the pages of issues and boards.

    Every response is computed without giving up the event loop, so that no request sees another's unfinished work.
    """
    rate_limits = RateLimits()
    return [
        Route("/api/graphql", GraphQLApp(state, rate_limits, secondary_limits).handle, methods=["POST"]),
        Mount("/api/v3", app=rest_app(state, rate_limits, secondary_limits, webhooks)),
        *oauth_routes(state),
        *page_routes(state),
    ]
