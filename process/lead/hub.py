"""A lead's hub: its information, its community's events, and its dates from request to decommission."""

from datetime import date
from typing import Annotated

from process.personal import ByKey, Personal
from process.types import Code, FreeText, Model, PersonName, Title

PENDING = "pending"
"""Value for a field of the hub that is not known yet; reminders go on until it is."""


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
"""Field -> label in the hub's issue, in its order (process.md, The hub's issue)."""


HUB_MARKS = ByKey(
    {
        "administrators": Personal.NAME,
        "representatives": Personal.NAME,
        "background": Personal.WORDS,
        "important_dates": Personal.WORDS,
    },
    other=Personal.MENTION,
)
HUB_PERSONAL = frozenset(field for field, mark in HUB_MARKS.marks.items() if mark is Personal.NAME)
"""Fields that name people of the customer."""
HUB_OPTIONAL = frozenset({"logo_url", "important_dates", "end_date", "config_name"})


class CommunityEvent(Model):
    """An event of the community for which its hub needs capacity, such as a course."""

    name: Title
    first: date
    last: date
    users: int
    """Number of users expected."""
    announced_on: date
    notices: tuple[int, ...] = ()
    """Notices that engineering has received, as days before the event."""

    def __str__(self) -> str:
        days = f"on {self.first}" if self.first == self.last else f"from {self.first} to {self.last}"
        return f"{self.name} {days}, {self.users} users expected"


class Hub(Model):
    """The hub of a lead, from its request to its end."""

    information: Annotated[dict[Code, str], HUB_MARKS] = {}
    """Field -> value as given, or `PENDING`."""
    asked_on: date | None = None
    """Day of the last reminder about missing information."""
    events: tuple[CommunityEvent, ...] = ()
    """Events of the community, ordered by their first days."""
    requested_on: date | None = None
    withdrawn_on: date | None = None
    """Day on which the request for the hub was withdrawn; its issue is closed from then on."""
    exception_by: PersonName | None = None
    exception_reason: FreeText | None = None
    live_on: date | None = None
    validated_on: date | None = None
    validated_by: PersonName | None = None
    users: int | None = None
    """Number of community users who had logged in at validation."""
    validation_reason: FreeText | None = None
    decommission_on: date | None = None
    decommission_decided_on: date | None = None
    """Day on which the decommission was decided."""
    notices: tuple[int, ...] = ()
    decommissioned_on: date | None = None

    @property
    def name(self) -> str | None:
        """The name of the hub, or None if it is not known."""
        value = self.information.get("name")
        return None if value == PENDING else value

    @property
    def url(self) -> str | None:
        """The address of the hub, or None if it is not known."""
        value = self.information.get("url")
        return None if value == PENDING else value

    def unknown(self) -> tuple[str, ...]:
        """Return the required fields that have no value yet."""
        return tuple(
            field
            for field in HUB_FIELDS
            if self.information.get(field, PENDING) == PENDING and field not in HUB_OPTIONAL
        )

    def missing(self) -> tuple[str, ...]:
        """Return the labels of the unknown fields."""
        return tuple(HUB_FIELDS[field] for field in self.unknown())

    @property
    def wanted(self) -> bool:
        """True if the hub is requested or running, so that its issue is to be open."""
        return self.requested_on is not None and self.decommissioned_on is None

    @property
    def running(self) -> bool:
        """True if the hub is live and not taken down."""
        return self.live_on is not None and self.decommissioned_on is None
