"""Errors of the ledger. A message names the location, never a password or an event's content."""


class LedgerError(Exception):
    """Base of all ledger errors."""


class LedgerUnavailable(LedgerError):
    """A temporary failure: the connection is lost, the file is locked, the disk is full. A retry may succeed."""


class LedgerRefused(LedgerError):
    """A permanent failure: wrong password, missing right, unusable URL, other schema. A person must act."""


class LeadUnreadable(LedgerRefused):
    """The contents of one lead cannot be opened: its key is not in the store, or they were changed."""


class LeadErased(LedgerError):
    """The lead's key was destroyed: what its events say is gone for good."""

    def __init__(self, lead_id: str) -> None:
        super().__init__(f"What the ledger said of lead {lead_id} was erased.")
        self.lead_id = lead_id


class LedgerConflict(LedgerError):
    """A different event is final under this lead and number. Nothing was recorded."""

    def __init__(self, lead_id: str, seq: int) -> None:
        super().__init__(
            f"The ledger already holds a different event {seq} of lead {lead_id}; nothing was recorded."
        )
        self.lead_id = lead_id
        self.seq = seq


class LedgerOutdated(LedgerError):
    """A newer writing of the lead stands. Nothing was recorded.

    The writer belongs to a workflow task that was lost; or its clock runs behind, and what it writes is right once
    the task is part of the lead's history.
    """

    def __init__(self, lead_id: str) -> None:
        super().__init__(f"The ledger holds newer events of lead {lead_id}; nothing was recorded.")
        self.lead_id = lead_id
