"""Webhooks and their deliveries, as REST returns them."""

from typing import TYPE_CHECKING

from sandbox.github.records import Hook
from sandbox.github.rendering.accounts import Json, time
from sandbox.github.rendering.repositories import RepositoryRenderer

if TYPE_CHECKING:
    from sandbox.github.hooks.sender import Delivery


class HookRenderer(RepositoryRenderer):
    """Renders webhooks of the organization and of repositories."""

    def hook(self, hook: Hook) -> Json:
        """Return a webhook. Its secret is masked."""
        config = {"content_type": hook.content_type, "insecure_ssl": "0", "url": hook.url}
        if hook.repository_id is None:
            url, kind = f"{self.api}/orgs/{self.state.organization.login}/hooks/{hook.id}", "Organization"
        else:
            url, kind = f"{self._repository_url(hook.repository_id)}/hooks/{hook.id}", "Repository"
        rendered: Json = {
            "type": kind,
            "id": hook.id,
            "name": "web",
            "active": hook.active,
            "events": list(hook.events),
            "config": {**config, "secret": "********"} if hook.secret else config,
            "updated_at": time(hook.updated_at),
            "created_at": time(hook.created_at),
            "url": url,
            "ping_url": f"{url}/pings",
            "deliveries_url": f"{url}/deliveries",
        }
        if hook.repository_id is not None:
            unused = {"code": None, "status": "unused", "message": None}
            rendered |= {"test_url": f"{url}/test", "last_response": unused}
        return rendered

    def delivery(self, delivery: "Delivery") -> Json:
        """Return a webhook delivery in the short form of lists."""
        return {
            "id": delivery.id,
            "guid": delivery.guid,
            "delivered_at": delivery.delivered_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "redelivery": delivery.redelivery,
            "duration": delivery.duration,
            "status": delivery.status,
            "status_code": delivery.code,
            "event": delivery.event.name,
            "action": delivery.event.action,
            "installation_id": None,
            "repository_id": delivery.event.repository,
            "throttled_at": None,
        }

    def full_delivery(self, delivery: "Delivery") -> Json:
        """Return a webhook delivery with its request and response."""
        answer = delivery.answer
        return {
            **self.delivery(delivery),
            "url": delivery.url,
            "request": {"headers": delivery.headers, "payload": delivery.event.payload},
            "response": {
                "headers": dict(answer.headers) if answer else None,
                "payload": answer.body if answer else None,
            },
        }
