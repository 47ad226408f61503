"""A lead's hub: what is known of it, its events, its life."""

from datetime import date

from process.types import Line, Model, Text

PENDING = "pending"
"""A value people may give for a hub's field that is not known yet: it is asked for, and it is not forgotten."""


HUB_FIELDS: dict[str, str] = {
    "name": "Hub name",
    "background": "Background",
    "auth_type": "Auth type",
    "administrators": "Administrators",
    "url": "URL",
    "logo_url": "Logo",
    "hub_type": "Type",
    "cluster": "Cluster",
    "image": "Image",
    "config_name": "Config name",
    "representatives": "Community representative(s)",
    "start_date": "Start date",
    "end_date": "End date",
    "important_dates": "Important dates",
}
"""What the hub's issue asks for (process.md, The hub's issue), in its order."""


HUB_OPTIONAL = frozenset({"logo_url", "important_dates", "end_date", "config_name"})


class CommunityEvent(Model):
    """An event of the community, for which its hub must have room: a course, a workshop."""

    name: Line
    first: date
    last: date
    users: int
    """Number of users expected."""
    announced_on: date
    notices: tuple[int, ...] = ()
    """Notices that engineering got, in days before the event."""

    def __str__(self) -> str:
        days = f"on {self.first}" if self.first == self.last else f"from {self.first} to {self.last}"
        return f"{self.name} {days}, {self.users} users expected"


class Hub(Model):
    information: dict[str, str] = {}
    """Field -> value as given, or `pending`."""
    asked_on: date | None = None
    """When what is missing of it was last asked for."""
    events: tuple[CommunityEvent, ...] = ()
    """In order of their first days."""
    requested_on: date | None = None
    withdrawn_on: date | None = None
    """Since when engineering is told that it is not to bring it up after all: its issue is closed."""
    exception_by: Line | None = None
    exception_reason: Text | None = None
    live_on: date | None = None
    validated_on: date | None = None
    validated_by: Line | None = None
    users: int | None = None
    """Number of community users who had logged in at validation."""
    validation_reason: Text | None = None
    decommission_on: date | None = None
    decommission_decided_on: date | None = None
    """The day on which that was decided."""
    notices: tuple[int, ...] = ()
    decommissioned_on: date | None = None

    @property
    def name(self) -> str | None:
        value = self.information.get("name")
        return None if value == PENDING else value

    @property
    def url(self) -> str | None:
        value = self.information.get("url")
        return None if value == PENDING else value

    def unknown(self) -> tuple[str, ...]:
        """The fields that are still to be asked for."""
        return tuple(
            field
            for field in HUB_FIELDS
            if self.information.get(field, PENDING) == PENDING and field not in HUB_OPTIONAL
        )

    def missing(self) -> tuple[str, ...]:
        """Their labels."""
        return tuple(HUB_FIELDS[field] for field in self.unknown())

    @property
    def wanted(self) -> bool:
        """Return True if engineering is to have its issue open: it is to come, or it runs."""
        return self.requested_on is not None and self.decommissioned_on is None

    @property
    def running(self) -> bool:
        return self.live_on is not None and self.decommissioned_on is None
