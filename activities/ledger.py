"""Activity that records a lead's events in the ledger."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from temporalio import activity

from activities.checks import Check
from activities.errors import again, park
from ledger.conversion import entry_of
from ledger.errors import LedgerError, LedgerOutdated, LedgerUnavailable
from ledger.ledger import Ledger
from process.effects import RecordEvents
from process.envelope import public_key
from process.identity import Digests, peppered
from process.views.lead_row import LeadRow
from process.views.recording import Recorded, RecordRequest


class LedgerActivities:
    """Records events in one ledger, which all threads share.

    `keys` are the secrets with which the service signs envelopes. Each answer tells the lead the public keys, and
    the digests for its search attributes, which are made with the `pepper`.
    """

    def __init__(self, ledger: Ledger, keys: Iterable[str] = (), pepper: str = "") -> None:
        self._ledger = ledger
        self._keys = tuple(map(public_key, keys))
        self._pepper = pepper

    @activity.defn(name=RecordEvents.kind, no_thread_cancel_exception=True)
    def record_events(self, request: RecordRequest) -> Recorded:
        """Record the events of the request and the lead's row, within the workflow task or as an effect of its own."""
        try:
            entries = [entry_of(request.lead_id, event) for event in request.events]
            seq = self._ledger.append(
                request.lead_id,
                entries,
                after=request.after,
                row=request.row,
                snapshots=request.snapshots,
                committed=not activity.info().is_local,
            )
        except (LedgerUnavailable, LedgerOutdated) as error:
            raise again(str(error)) from None
        except LedgerError as error:
            raise park(str(error)) from None
        return Recorded(seq=seq, keys=self._keys, digests=self._digests(request.row))

    def _digests(self, row: LeadRow) -> Digests:
        contact = row.contact_key and peppered(self._pepper, row.contact_key)
        return Digests(org=peppered(self._pepper, row.org_key), contact=contact)

    def checks(self) -> Iterator[Check]:
        """Check that the ledger is there and can be written. It is not made: the first worker does that."""
        try:
            if not self._ledger.exists():
                detail = f"There is none yet at {self._ledger.location}; a worker makes it when it starts"
                yield Check("Ledger", "is there", ok=True, detail=detail, warns=True)
                return
            status = self._ledger.check()
        except LedgerError as error:
            yield Check("Ledger", "can be written", ok=False, detail=str(error))
        else:
            detail = f"{status.engine} at {status.location}; events: {status.events}, leads: {status.leads}"
            yield Check("Ledger", "can be written", ok=True, detail=detail)
            yield self._check_read_tables()

    def _check_read_tables(self) -> Check:
        try:
            lag = self._ledger.lag(datetime.now(UTC))
        except LedgerError as error:
            return Check("Ledger", "read tables", ok=False, detail=str(error))
        if not lag.lagging:
            return Check("Ledger", "read tables", ok=True, detail=f"up to date, leads: {lag.leads}")
        parts = {
            "made by older rules": lag.older,
            "never made": lag.missing,
            "without newest events": lag.late,
        }
        parts["past their date"] = lag.overdue
        detail = ", ".join(f"{number} {what}" for what, number in parts.items() if number)
        detail = f"{lag.lagging} of {lag.leads} leads lag ({detail}); workers bring them up to date"
        return Check("Ledger", "read tables", ok=True, detail=detail, warns=True)
