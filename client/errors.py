"""Errors of the client, as data: the fields say what went wrong, each face words it in its own way.

`str(error)` is one neutral sentence (or two) without commands, flags or addresses to click.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from process.core.refusal import Refused
from process.lead.duplicate_links import DuplicateLink
from process.plain_errors import shown

MAX_REASON = 500
"""Characters of the words of Temporal that an error repeats: they may quote what was sent."""


class LeadsError(Exception):
    """A request about leads failed."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


# ---- the request is refused


class RequestRefused(LeadsError):
    """The request was understood and refused; repeating it unchanged does not help."""


@dataclass(eq=False, repr=False)
class DecisionRefused(RequestRefused):
    """The lead refuses the decision. Each face writes the suggestions of `refusal` in its own way."""

    refusal: Refused
    lead_id: str

    def __str__(self) -> str:
        return str(self.refusal)


@dataclass(eq=False, repr=False)
class RequestInvalid(RequestRefused):
    """Temporal does not take the request as it is. `reason`: Temporal's own words."""

    reason: str

    def __str__(self) -> str:
        return f"Temporal does not take this request: {sentence(self.reason[:MAX_REASON])}"


@dataclass(eq=False, repr=False)
class PossibleDuplicate(RequestRefused):
    """The new lead looks like open leads, and the caller did not say that it is a different one."""

    originals: Sequence[DuplicateLink]

    def __str__(self) -> str:
        names = ", ".join(f"{other.lead_id}{other.reasons_text}" for other in self.originals)
        return f"This lead looks like {names}, which is already open."


@dataclass(eq=False, repr=False)
class OtherLeadOpen(RequestRefused):
    """A lead has this id or this organisation and title, but another organisation, person or title now."""

    lead_id: str
    heading: str
    asked: str

    def __str__(self) -> str:
        return f"Nothing was opened: {self.lead_id} is already open as “{self.heading}”, and not as “{self.asked}”."


@dataclass(eq=False, repr=False)
class LeadHasEnded(RequestRefused):
    """The organisation and title belong to a lead that has ended. `lost`: how, if no decision has ended it."""

    lead_id: str
    lost: str = ""

    def __str__(self) -> str:
        if self.lost:
            return f"{self.lead_id} has this organisation and title, and its workflow is {self.lost}."
        return f"{self.lead_id} has this organisation and title, and it has ended. Choose another title."


@dataclass(eq=False, repr=False)
class NothingToRepair(RequestRefused):
    """The lead's history fits the code at hand."""

    lead_id: str
    stuck: bool
    """True if the lead's task fails all the same, so that its worker runs other code."""

    def __str__(self) -> str:
        if self.stuck:
            return f"The history of {self.lead_id} fits this code: it continues as soon as a worker runs with it."
        return f"{self.lead_id} is not stuck: nothing is to be repaired."


@dataclass(eq=False, repr=False)
class NotRepairable(RequestRefused):
    """The code at hand cannot rebuild the lead."""

    lead_id: str
    why: str

    def __str__(self) -> str:
        return f"{self.lead_id} can't be repaired with this code, and was left as it is: {sentence(self.why, capital=False)}"


@dataclass(eq=False, repr=False)
class NothingToRestore(RequestRefused):
    """The lead's workflow runs, or has ended by a decision."""

    lead_id: str
    archived: bool

    def __str__(self) -> str:
        if self.archived:
            return f"{self.lead_id} has ended by a decision and is archived: it is not begun again."
        return f"{self.lead_id} has a running workflow: nothing is to be restored."


@dataclass(eq=False, repr=False)
class NotRestorable(RequestRefused):
    """The ledger does not hold what the code at hand needs to begin the lead again."""

    lead_id: str
    why: str

    def __str__(self) -> str:
        return f"{self.lead_id} can't be restored, and was left as it is: {sentence(self.why, capital=False)}"


@dataclass(eq=False, repr=False)
class NobodySoNamed(RequestRefused):
    """No role and no person of the policy or of a lead has this name. `near`: names like it."""

    name: str
    near: Sequence[str]
    roles: Sequence[str]

    @property
    def advice(self) -> str:
        """One sentence that names what may be meant."""
        if self.near:
            return f"Did you mean {' or '.join(self.near)}?"
        return f"Roles are {', '.join(self.roles)}."

    def __str__(self) -> str:
        return f"{shown(self.name)} is no role, and nobody of that name has one. {self.advice}"


# ---- the lead is not there


class LeadMissing(LeadsError):
    """No single lead answers to the given name."""


@dataclass(eq=False, repr=False)
class LeadNotFound(LeadMissing):
    """No lead has this id, issue or organisation."""

    name: str

    def __str__(self) -> str:
        empty = not self.name.strip().replace("'", "").removeprefix("lead-")
        return f"{shown(self.name)} names no lead." if empty else f"There is no lead {shown(self.name)}."


@dataclass(eq=False, repr=False)
class LeadErased(LeadMissing):
    """The key under which this was sealed has been destroyed."""

    key: str
    """The id of the key. It begins with the lead's."""

    def __str__(self) -> str:
        return f"This has been erased, and can't be read any more (key {self.key})."


@dataclass(eq=False, repr=False)
class AmbiguousLead(LeadMissing):
    """Several leads have this name."""

    name: str
    candidates: Sequence[str]

    def __str__(self) -> str:
        return f"{shown(self.name)} can mean more than one lead: {_some(self.candidates)}. Name it by its id."


@dataclass(eq=False, repr=False)
class InexactLead(LeadMissing):
    """The name is good enough to look at a lead, but not to change one."""

    name: str
    candidates: Sequence[str]

    def __str__(self) -> str:
        meant = _some(self.candidates)
        return f"{shown(self.name)} is not exact enough to change a lead. It can mean {meant}. Repeat it with the id."


def _some(candidates: Sequence[str]) -> str:
    return f"{', '.join(candidates[:5])}{' …' if len(candidates) > 5 else ''}"


@dataclass(eq=False, repr=False)
class LeadNotInLedger(LeadMissing):
    """The ledger has no readable events of a lead with this name."""

    name: str
    ledger: str

    def __str__(self) -> str:
        return f"The ledger ({self.ledger}) has no lead {shown(self.name)}."


@dataclass(eq=False, repr=False)
class WorkflowHasEnded(LeadMissing):
    """The lead's workflow was archived or terminated."""

    lead_id: str = ""
    """The lead, if whoever asked said which."""

    def __str__(self) -> str:
        return (
            f"{self.lead_id or 'This lead'} takes no more decisions: its workflow has ended (archived or terminated). "
            "It can still be read. What comes now belongs to a new lead."
        )


@dataclass(eq=False, repr=False)
class LeadLost(LeadMissing):
    """The lead's workflow was terminated or deleted in Temporal, or is gone with its database."""

    lead_id: str
    how: str

    def __str__(self) -> str:
        return f"{self.lead_id} takes no decisions: its workflow is {self.how}. Its events are in the ledger."


@dataclass(eq=False, repr=False)
class WorkflowNotFound(LeadMissing):
    """Temporal knows no such workflow."""

    reason: str

    def __str__(self) -> str:
        return sentence(self.reason)


# ---- something that is needed does not work


class Unavailable(LeadsError):
    """A system that is needed does not answer, or is not set up."""


@dataclass(eq=False, repr=False)
class NoWorker(Unavailable):
    """No worker polls this task queue."""

    task_queue: str

    def __str__(self) -> str:
        return f"No worker answers on the task queue {shown(self.task_queue)}."


@dataclass(eq=False, repr=False)
class WorkerBusy(Unavailable):
    """A worker polls this task queue, but it did not answer in time."""

    task_queue: str

    def __str__(self) -> str:
        return (
            f"A worker serves the task queue {shown(self.task_queue)}, but it did not answer in time: it is busy, or it has "
            "just ended."
        )


class StuckCause(StrEnum):
    """A cause for which the task of a lead fails at each attempt."""

    HISTORY = "the worker's code does not lead to its history"
    TOO_LARGE = "a payload of it is too large for Temporal"
    FAULT = "the worker's code fails for it"


@dataclass(eq=False, repr=False)
class LeadStuck(Unavailable):
    """A worker is there, but the lead's task fails at each attempt."""

    lead_id: str
    cause: StuckCause
    reason: str = ""
    """The failure in Temporal's own words. It may hold personal data."""

    def __str__(self) -> str:
        said = f" Temporal says: {sentence(self.reason)}" if self.reason else ""
        return f"{self.lead_id} is stuck: {self.cause}. Nothing is lost; it waits until it is repaired.{said}"


@dataclass(eq=False, repr=False)
class KeysFailed(Unavailable):
    """The keys that are needed cannot be used: their store is away, or this process has none."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False, repr=False)
class DecisionUnknown(Unavailable):
    """Temporal failed while the decision was under way, so it may have been taken or not."""

    lead_id: str
    reason: str
    key: str | None
    """The decision's idempotency key, if it has one."""

    def __str__(self) -> str:
        return f"It is unknown if {self.lead_id} has taken the decision. {sentence(self.reason)}"


@dataclass(eq=False, repr=False)
class TemporalUnreachable(Unavailable):
    """No Temporal server answers at this address (HOST:PORT)."""

    address: str
    tls: bool = False

    def __str__(self) -> str:
        return f"No Temporal server answers at {self.address}."


class TemporalSilent(Unavailable):
    """Temporal did not answer in time, or nobody is there."""

    def __str__(self) -> str:
        return "Temporal does not answer."


@dataclass(eq=False, repr=False)
class AddressMalformed(Unavailable):
    """The address of the Temporal server is not HOST:PORT."""

    address: str

    def __str__(self) -> str:
        return f"The Temporal address must be HOST:PORT, not {shown(self.address)}."


@dataclass(eq=False, repr=False)
class NamespaceMissing(Unavailable):
    """The Temporal server does not have the configured namespace."""

    reason: str

    def __str__(self) -> str:
        return sentence(self.reason)


@dataclass(eq=False, repr=False)
class AccessDenied(Unavailable):
    """Temporal refuses the credentials."""

    reason: str

    def __str__(self) -> str:
        return f"Temporal denies access: {sentence(self.reason)}"


@dataclass(eq=False, repr=False)
class ServerNotPrepared(Unavailable):
    """The Temporal server lacks search attributes that leads need. `reason`: Temporal's own words, if it said so."""

    missing: Sequence[str] = field(default=())
    reason: str = ""

    def __str__(self) -> str:
        detail = f"it lacks {', '.join(self.missing)}" if self.missing else self.reason
        return f"The Temporal server is not set up for this release: {sentence(detail, capital=False)}"


@dataclass(eq=False, repr=False)
class TemporalFailed(Unavailable):
    """Temporal answers with an error that has no class of its own."""

    reason: str

    def __str__(self) -> str:
        return f"Temporal could not answer: {sentence(self.reason)}"


@dataclass(eq=False, repr=False)
class BroadcastBusy(Unavailable):
    """The server sends one message to many leads at a time, and is still sending another one. `reason`: ours."""

    reason: str

    def __str__(self) -> str:
        return (
            "The Temporal server is still carrying out another batch operation, so this one was not begun: "
            f"{sentence(self.reason, capital=False)} Try again when it has ended."
        )


@dataclass(eq=False, repr=False)
class LedgerFailed(Unavailable):
    """The ledger cannot be read."""

    reason: str

    def __str__(self) -> str:
        return sentence(self.reason)


# ---- the configuration is wrong


@dataclass(eq=False, repr=False)
class TemporalMisconfigured(LeadsError):
    """Temporal's own configuration (environment variables, profile) is wrong."""

    reason: str

    def __str__(self) -> str:
        return f"Temporal's configuration is wrong: {sentence(self.reason)}"


@dataclass(eq=False, repr=False)
class SettingsDiffer(LeadsError):
    """The leads in this namespace belong to other settings: another ledger, organisation or GitHub."""

    namespace: str
    differences: Sequence[str]

    def __str__(self) -> str:
        found = "; ".join(self.differences)
        return (
            f"The leads in the namespace {shown(self.namespace)} belong to other settings: {found}. A worker with these "
            "would write their events there, and give their roles to the people of these settings."
        )


def sentence(text: str, *, capital: bool = True) -> str:
    """Return the text on one line, with a full stop and (by default) a capital first letter."""
    line = " ".join(text.split()).rstrip(".")
    return f"{line[:1].upper() if capital else line[:1]}{line[1:]}."
