"""The journal of erasures: requests, what is done for each lead, and what is needed to do it again after a restore.

Nothing in it names a person in the clear. The words by which one is found are sealed under the request's own key, which is
destroyed at the end; the redacted events of each lead are sealed under the lead's. No row is ever deleted.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Column, Connection, LargeBinary, Table, Text, insert, select, update

from keys.database import KeysDatabase
from keys.tables import METADATA
from process.privacy.requests import ErasureRequest, LeadErasure

REQUESTS = Table(
    "erasure_requests",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("asked_at", Text, nullable=False),
    Column("document", Text, nullable=False),  # the request as JSON, without its leads
    Column("words", LargeBinary),  # sealed; unreadable once its key is destroyed
)

LEADS = Table(
    "erasure_leads",
    METADATA,
    Column("request", Text, primary_key=True),
    Column("lead_id", Text, primary_key=True),
    Column("document", Text, nullable=False),  # the lead's erasure as JSON
    Column("events", LargeBinary),  # the redacted events, sealed
)


class KeptEvents(NamedTuple):
    """The redacted events of a lead, sealed under the epoch that its erasure names."""

    request_id: str
    erasure: LeadErasure
    sealed: bytes


class JournalText(NamedTuple):
    """A text of the journal."""

    where: str
    lead_id: str
    text: str


class ErasureJournal:
    """The tables of the journal, in the database of the keys. One object serves all threads.

    Every method raises KeysUnavailable while the database is away.
    """

    def __init__(self, url: str) -> None:
        self._database = KeysDatabase(url)

    def close(self) -> None:
        """Close the connections."""
        self._database.close()

    # ---- reading

    def requests(self) -> list[ErasureRequest]:
        """Return all requests, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(_REQUESTS.order_by(REQUESTS.c.asked_at, REQUESTS.c.id)).all()
            leads = connection.execute(_LEADS.order_by(LEADS.c.request, LEADS.c.lead_id)).all()
        by_request: dict[str, list[str]] = {}
        for request, document in leads:
            by_request.setdefault(request, []).append(document)
        return [_request(document, by_request.get(name, [])) for name, document in rows]

    def find(self, request_id: str) -> ErasureRequest | None:
        """Return the request, or None if there is none of this name."""
        with self._database.reading() as connection:
            return _find(connection, request_id)

    def words(self, request_id: str) -> bytes | None:
        """Return the sealed words by which the person is found; None if the request has none."""
        wanted = select(REQUESTS.c.words).where(REQUESTS.c.id == request_id)
        with self._database.reading() as connection:
            return connection.scalar(wanted)

    def kept_events(self) -> Iterator[KeptEvents]:
        """Yield the kept events of each erased lead: those of its newest erasure."""
        newest: dict[str, KeptEvents] = {}
        wanted = (
            select(LEADS.c.request, LEADS.c.document, LEADS.c.events)
            .join(REQUESTS, REQUESTS.c.id == LEADS.c.request)
            .where(LEADS.c.events.is_not(None))
            .order_by(REQUESTS.c.asked_at, REQUESTS.c.id)
        )
        with self._database.reading() as connection:
            for request_id, document, events in connection.execute(wanted):
                each = KeptEvents(request_id, LeadErasure.model_validate_json(document), events)
                known = newest.get(each.erasure.lead_id)
                if known is None or (known.erasure.epoch or 0) <= (each.erasure.epoch or 0):
                    newest[each.erasure.lead_id] = each
        yield from newest.values()

    def texts(self) -> Iterator[JournalText]:
        """Yield each text of the journal that is not sealed."""
        with self._database.reading() as connection:
            for request, document in connection.execute(_REQUESTS):
                yield JournalText(f"request {request}", "", document)
            for request, lead_id, document in connection.execute(
                select(LEADS.c.request, LEADS.c.lead_id, LEADS.c.document)
            ):
                yield JournalText(f"request {request}", lead_id, document)

    # ---- writing

    def add(self, request: ErasureRequest, words: bytes | None) -> None:
        """Note a new request, with its leads."""
        with self._database.writing() as connection:
            connection.execute(
                insert(REQUESTS),
                {
                    "id": request.id,
                    "kind": request.kind.value,
                    "asked_at": request.asked_at.isoformat(),
                    "document": _document(request),
                    "words": words,
                },
            )
            _add_leads(connection, request.id, request.leads)

    def add_leads(self, request_id: str, lead_ids: list[str]) -> None:
        """Note further leads of a request. Those that it has already stay as they are."""
        with self._database.writing() as connection:
            known = set(connection.scalars(select(LEADS.c.lead_id).where(LEADS.c.request == request_id)))
            new = [LeadErasure(lead_id=each) for each in dict.fromkeys(lead_ids) if each not in known]
            _add_leads(connection, request_id, new)

    def change(self, request_id: str, change: Callable[[ErasureRequest], ErasureRequest]) -> ErasureRequest:
        """Replace the request by what `change` makes of it, in one transaction. Its leads are changed apart.

        Raises LookupError for an unknown request.
        """
        with self._database.writing() as connection:
            before = _find(connection, request_id, for_update=True)
            if before is None:
                raise LookupError(request_id)
            after = change(before)
            connection.execute(
                update(REQUESTS).where(REQUESTS.c.id == request_id), {"document": _document(after)}
            )
            return after.replaced(leads=before.leads)

    def change_lead(
        self, request_id: str, lead_id: str, change: Callable[[LeadErasure], LeadErasure]
    ) -> LeadErasure:
        """Replace what is noted of one lead, in one transaction. Raises LookupError if the request does not name it."""
        there = (LEADS.c.request == request_id, LEADS.c.lead_id == lead_id)
        with self._database.writing() as connection:
            document = connection.scalar(select(LEADS.c.document).where(*there).with_for_update())
            if document is None:
                raise LookupError(lead_id)
            after = change(LeadErasure.model_validate_json(document))
            connection.execute(update(LEADS).where(*there), {"document": after.model_dump_json()})
            return after

    def keep_events(self, request_id: str, lead_id: str, sealed: bytes) -> None:
        """Keep the redacted events of a lead."""
        there = (LEADS.c.request == request_id, LEADS.c.lead_id == lead_id)
        with self._database.writing() as connection:
            connection.execute(update(LEADS).where(*there), {"events": sealed})

    def forget_words(self, request_id: str) -> None:
        """Drop the sealed words of a request."""
        with self._database.writing() as connection:
            connection.execute(update(REQUESTS).where(REQUESTS.c.id == request_id), {"words": None})


_REQUESTS = select(REQUESTS.c.id, REQUESTS.c.document)
_LEADS = select(LEADS.c.request, LEADS.c.document)


def _find(connection: Connection, request_id: str, *, for_update: bool = False) -> ErasureRequest | None:
    wanted = select(REQUESTS.c.document).where(REQUESTS.c.id == request_id)
    document = connection.scalar(wanted.with_for_update() if for_update else wanted)
    if document is None:
        return None
    leads = select(LEADS.c.document).where(LEADS.c.request == request_id).order_by(LEADS.c.lead_id)
    return _request(document, connection.scalars(leads).all())


def _request(document: str, leads: Sequence[str]) -> ErasureRequest:
    erasures = tuple(LeadErasure.model_validate_json(each) for each in leads)
    return ErasureRequest.model_validate_json(document).replaced(leads=erasures)


def _document(request: ErasureRequest) -> str:
    return request.model_dump_json(exclude={"leads"})


def _add_leads(connection: Connection, request_id: str, leads: Sequence[LeadErasure]) -> None:
    rows = [
        {"request": request_id, "lead_id": each.lead_id, "document": each.model_dump_json()} for each in leads
    ]
    if rows:
        connection.execute(insert(LEADS), rows)
