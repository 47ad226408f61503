"""One-time links: a lead's decision that is handed to somebody outside, who has no account.

The address holds a reference and a signature, no name. Single use comes from the lead: the key of the decision is the
link's, so that the lead takes one and recognises any other as a second use.
"""

import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, delete, select

from config.signing import is_signed, sign
from process.actor import Actor, Face, plain_name
from process.core.events import Event
from process.decisions.base import Decision
from process.decisions.contracting import ContractSigned
from process.decisions.quote_outcomes import QuoteAccepted, QuoteDeclined
from process.decisions.serving import HubValidated
from process.lead.lead import Lead
from starter.web.auth.database import WebDatabase
from starter.web.auth.tables import ANSWERS, LINKS

MAX_DAYS = 60
"""Days for which a link counts at most."""
MAX_OPEN = 20
"""Links of one lead at most that count at the same time."""
KEPT = timedelta(days=30)
"""Time for which an expired link is still known, so that whoever opens it is told that it has expired."""
KEY_PREFIX = "link-"
"""Beginning of the keys of links' decisions. Nobody else gives such a key."""
_SEALED: Final = ("name", "mail", "made_by")
"""Fields of a link that say something of people."""
_PURPOSE = "one-time link"
_TOKEN = re.compile(r"([0-9a-f]{32})([a-z2-7]{32})")


class Answer(NamedTuple):
    """One of the answers that a link offers."""

    label: str
    decision: type[Decision]
    does: str
    """Its consequence, as a sentence for the person outside."""
    fields: Mapping[str, str]
    """Fields that the person fills in, each with what it asks for."""
    named: str | None = None
    """Field that holds the person's name."""


class LinkPurpose(NamedTuple):
    """A purpose of links."""

    title: str
    """Its line in the list from which one is chosen."""
    question: str
    """The question that the person outside reads."""
    answers: tuple[Answer, ...]


PURPOSES: Final = {
    "quote": LinkPurpose(
        "Accept or decline the quote",
        "Do you accept this quote?",
        (
            Answer(
                "Accept the quote",
                QuoteAccepted,
                "The price is agreed, and a contract with this price is prepared. Nothing is signed yet.",
                {},
                "accepted_by",
            ),
            Answer(
                "Decline it",
                QuoteDeclined,
                "This offer ends. Another one may follow.",
                {"reason": "Why, in your own words, if you like"},
            ),
        ),
    ),
    "signature": LinkPurpose(
        "Record the signature",
        "Has the contract been signed? Please record it here.",
        (
            Answer(
                "Record the signature",
                ContractSigned,
                "The contract counts as signed, and the service is set up and billed by it.",
                {
                    "signed_by": "Who signed on your side",
                    "on": "Day of the signature; empty: today",
                    "evidence": "Where the signed paper is: a link to it, or in which mail you sent it",
                    "evidence_kind": "What it is",
                    "reference": "Your reference for our invoices, such as the number of a purchase order",
                },
            ),
        ),
    ),
    "hub": LinkPurpose(
        "Confirm that the hub is what was wanted",
        "Is the hub what you wanted?",
        (
            Answer(
                "Yes, it is",
                HubValidated,
                "The hub counts as confirmed, and its set-up is finished.",
                {
                    "users": "How many of your people have logged in",
                    "reason": "If they are fewer than five: why these are enough",
                },
                "representative",
            ),
        ),
    ),
}
"""The decisions that links exist for. Each is `by_link`, so that the lead takes it through one."""


class Link(NamedTuple):
    """A link, and whom it is for."""

    id: str
    lead_id: str
    purpose: str
    name: str
    mail: str
    made_by: str
    made: datetime
    expires: datetime
    version: int | None
    """Version of the quote that it is about."""

    @property
    def purpose_details(self) -> LinkPurpose:
        """The purpose."""
        return PURPOSES[self.purpose]

    @property
    def key(self) -> str:
        """Key of the decision, by which the lead knows a second use."""
        return f"{KEY_PREFIX}{self.id}"

    def answered(self, events: Iterable[Event]) -> Event | None:
        """Return the answer that was given by this link, or None. Who merely knows its key has not answered."""
        kinds = {each.decision.kind for each in self.purpose_details.answers}
        return next(
            (
                event
                for event in events
                if event.key == self.key
                and event.kind in kinds
                and isinstance(event.fact, Decision)
                and event.fact.source == Face.LINK
            ),
            None,
        )

    def actor(self) -> Actor:
        """Return the person as decisions carry them: known as far as the link was in their hands alone."""
        return Actor(face=Face.LINK, identity=f"mail:{plain_name(self.mail)}")

    def is_over(self, now: datetime) -> bool:
        """Return True if the link has expired."""
        return self.expires <= now

    def is_outdated(self, lead: Lead) -> bool:
        """Return True if the link is about a quote that another one has replaced."""
        return self.version is not None and (lead.quote is None or lead.quote.version != self.version)

    def token(self, key: str) -> str:
        """Return the end of the link's address."""
        return f"{self.id}{sign(key, _PURPOSE, *self._signed())}"

    def is_genuine(self, token: str, keys: Sequence[str]) -> bool:
        """Return True if the service signed this token for this link, as it is kept."""
        found = _TOKEN.fullmatch(token)
        return found is not None and is_signed(found[2], keys, _PURPOSE, *self._signed())

    def _signed(self) -> tuple[str, ...]:
        return (
            self.id,
            self.lead_id,
            self.purpose,
            self.name,
            self.mail,
            self.expires.isoformat(),
            str(self.version),
        )


class HandedIn(NamedTuple):
    """The answer that was handed in by a link, and is not recorded yet."""

    label: str
    digest: str
    at: datetime


class TooManyLinks(ValueError):
    """The lead has as many links as may count at the same time."""

    def __str__(self) -> str:
        return f"{MAX_OPEN} links of this lead still count, and more are not possible: take one back first."


class LinkStore:
    """The links that were made. Its methods block, and raise StoreUnavailable."""

    def __init__(
        self, database: WebDatabase, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._contents = database.contents
        self._clock = clock

    def add(self, lead: Lead, purpose: str, name: str, mail: str, made_by: str, days: int) -> Link:
        """Make a link for this person. Links that expired long ago are forgotten meanwhile. Raises TooManyLinks."""
        now = self._clock().replace(microsecond=0)
        version = lead.quote.version if purpose == "quote" and lead.quote else None
        link = Link(
            secrets.token_hex(16),
            lead.id,
            purpose,
            name,
            mail,
            made_by,
            now,
            now + timedelta(days=days),
            version,
        )
        with self._database.writing() as connection:
            connection.execute(delete(LINKS).where(LINKS.c.expires < (now - KEPT).isoformat()))
            connection.execute(delete(ANSWERS).where(ANSWERS.c.link.not_in(select(LINKS.c.id))))
            counting = select(LINKS.c.id).where(LINKS.c.lead_id == lead.id, LINKS.c.expires > now.isoformat())
            if len(connection.execute(counting).all()) >= MAX_OPEN:
                raise TooManyLinks
            values = link._asdict() | {"made": now.isoformat(), "expires": link.expires.isoformat()}
            fields = {name: values.pop(name) for name in _SEALED}
            values |= self._contents.columns(LINKS.name, link.id, fields)
            connection.execute(LINKS.insert().values(values))
        return link

    def find(self, token: str, keys: Sequence[str]) -> Link | None:
        """Return the link with this token; None if it is not known, or the service did not sign it."""
        found = _TOKEN.fullmatch(token)
        if found is None:
            return None
        with self._database.reading() as connection:
            row = connection.execute(select(LINKS).where(LINKS.c.id == found[1])).one_or_none()
            link = self._link(row) if row else None
        return link if link and link.is_genuine(token, keys) else None

    def hand_in(self, link: Link, label: str, digest: str) -> None:
        """Note that an answer was handed in. The first one stays."""
        values = {"link": link.id, "at": self._clock().isoformat()}
        with self._database.writing() as connection:
            if not connection.execute(select(ANSWERS.c.link).where(ANSWERS.c.link == link.id)).first():
                values |= self._contents.columns(ANSWERS.name, link.id, {"label": label, "digest": digest})
                connection.execute(ANSWERS.insert().values(values))

    def handed_in(self, link: Link) -> HandedIn | None:
        """Return the answer that was handed in, or None."""
        with self._database.reading() as connection:
            row = connection.execute(select(ANSWERS).where(ANSWERS.c.link == link.id)).one_or_none()
            if row is None:
                return None
            fields = self._contents.opened(ANSWERS.name, link.id, row.content, row.key_epoch)
        return HandedIn(fields["label"], fields["digest"], datetime.fromisoformat(row.at))

    def of(self, lead_id: str) -> list[Link]:
        """Return the links of a lead that have not expired, the newest first."""
        now = self._clock().isoformat()
        counting = select(LINKS).where(LINKS.c.lead_id == lead_id, LINKS.c.expires > now)
        with self._database.reading() as connection:
            rows = connection.execute(counting.order_by(LINKS.c.made.desc(), LINKS.c.id)).all()
            return [self._link(row) for row in rows]

    def remove(self, lead_id: str, link_id: str) -> None:
        """Take a link back: it is not known any more."""
        with self._database.writing() as connection:
            connection.execute(delete(LINKS).where(LINKS.c.lead_id == lead_id, LINKS.c.id == link_id))

    def _link(self, row: Row[Any]) -> Link:
        values = dict(row._mapping)
        fields = self._contents.opened(LINKS.name, row.id, values.pop("content"), values.pop("key_epoch"))
        times = {name: datetime.fromisoformat(values[name]) for name in ("made", "expires")}
        return Link(**values | times | fields)
