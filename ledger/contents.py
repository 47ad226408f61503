"""The words of events, as the ledger keeps them: sealed under the lead's key, or plain where the service has no keys.

Who decided, the event in words, its key and its data may name people, so they stand in `ledger_contents` and nowhere
else among the events. A content is bound to its place: it opens as that of its own lead, number and revision only.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from pydantic_core import from_json, to_json
from sqlalchemy import Connection, RowMapping

from keys.data_key import DataKey, KeyId
from keys.errors import KeyErased, KeysError, KeysUnavailable, KeyUnknown, SealBroken
from keys.ring import KeyRing
from keys.sealing import seal, unseal
from ledger.entry import Entry
from ledger.errors import LeadErased, LeadUnreadable, LedgerRefused, LedgerUnavailable
from process.personal import ERASED

_FIELDS: Final = ("by", "key", "summary", "data")
"""Fields of an entry that are kept as its content."""
_NOTHING: Final[dict[str, Any]] = {"by": "", "key": "", "summary": "", "data": {}}
_GONE: Final[dict[str, Any]] = _NOTHING | {"by": ERASED, "summary": ERASED}

EMPTY: Final = {"sealed": False, "content": b""}
"""The content of an entry that was superseded, after an erasure."""


class Place(NamedTuple):
    """The place of a content."""

    lead_id: str
    seq: int
    revision: int

    @property
    def context(self) -> bytes:
        """Bytes that bind a sealed content to its place."""
        return f"ledger\0{self.lead_id}\0{self.seq}\0{self.revision}".encode()


class Contents:
    """Seals and opens the contents of one ledger. Without `seals`, it only opens them."""

    def __init__(self, ring: KeyRing | None = None, *, seals: bool = True) -> None:
        self._ring = ring
        self._sealing = ring if seals else None

    def key_of(self, lead_id: str) -> DataKey | None:
        """Return the key under which the lead's contents are sealed now; None where they are not.

        It may ask the store of keys. Raises LeadErased, LedgerUnavailable or LedgerRefused.
        """
        if self._sealing is None:
            return None
        with _translated(lead_id):
            return self._sealing.newest(lead_id)

    def key_at(self, lead_id: str, epoch: int) -> DataKey | None:
        """Return the lead's key of one epoch, as `key_of` does."""
        if self._sealing is None:
            return None
        with _translated(lead_id):
            return self._sealing.get(KeyId(lead_id, epoch))

    def opened(self, row: RowMapping) -> dict[str, Any]:
        """Return the content of an entry, a row with the columns of `ledger_contents`.

        Raises LeadErased, LedgerUnavailable or LedgerRefused.
        """
        content: bytes | None = row["content"]
        if not content:
            return _NOTHING
        if row["sealed"]:
            content = self._unsealed(
                Place(row["lead_id"], row["seq"], row["revision"]), row["epoch"], content
            )
        return from_json(content)  # type: ignore[no-any-return]

    def readable(self, row: RowMapping) -> dict[str, Any]:
        """Return the content of an entry as `opened` does; what was erased reads as such."""
        try:
            return self.opened(row)
        except LeadErased:
            return _GONE

    def entry(self, row: RowMapping, *, erased: bool = False) -> Entry:
        """Return the entry of a row of `ledger_events`. With `erased`, what was erased reads as such.

        Raises what `opened` does.
        """
        return Entry.model_validate({**row} | (self.readable(row) if erased else self.opened(row)))

    def _unsealed(self, place: Place, epoch: int, content: bytes) -> bytes:
        if self._ring is None:
            raise LedgerRefused(
                f"What the ledger says of lead {place.lead_id} is sealed, and this process has no keys."
            )
        with _translated(place.lead_id):
            return unseal(self._ring.get(KeyId(place.lead_id, epoch)), content, place.context)


def contents_of(connection: Connection) -> Contents:
    """Return the contents of the ledger to which this connection leads."""
    found: Contents = connection.get_execution_options()["contents"]
    return found


def content_row(
    place: Place, fields: Mapping[str, Any], key: DataKey | None, epoch: int = 0
) -> dict[str, Any]:
    """Return a row of `ledger_contents`, under the key, or plain under an epoch without one."""
    plain = to_json(fields)
    if key is None:
        return place._asdict() | {"epoch": epoch, "sealed": False, "content": plain}
    sealed = seal(key, plain, place.context)
    return place._asdict() | {"epoch": key.id.epoch, "sealed": True, "content": sealed}


def fields_of(entry: Entry) -> dict[str, Any]:
    """Return what is kept of an entry as its content."""
    values = entry.__dict__
    return {name: values[name] for name in _FIELDS}


def blank(row: RowMapping) -> Entry:
    """Return the entry of a row without its content: enough to tell if another one is the same event."""
    return Entry.model_validate({**row} | _NOTHING)


@contextmanager
def _translated(lead_id: str) -> Iterator[None]:
    try:
        yield
    except KeyErased:
        raise LeadErased(lead_id) from None
    except KeysUnavailable as error:
        raise LedgerUnavailable(str(error)) from None
    except (KeyUnknown, SealBroken) as error:
        raise LeadUnreadable(str(error)) from None
    except KeysError as error:
        raise LedgerRefused(str(error)) from None
