"""What the outside world must be told. Each effect is one activity of the same name, idempotent by its key.

An effect says nothing about how it is done. It says in which lane it queues (one at a time per lane, lanes side by
side), whether a newer one of its kind makes it needless, and what must be known before it can start.
"""

import hashlib
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from pydantic import (
    BeforeValidator,
    SerializeAsAny,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from process.corrections.corrected_decision import Where
from process.github.edits import Edit, EditKind
from process.lead.lead import Lead
from process.types import Line, Model, Role

INTRODUCTIONS = ("address_changed", "address_left")
"""Mails in a lead's thread to whoever is behind a role from now on, and to whoever was."""


class Effect(Model):
    """Something to do outside, because of the event `cause`. `key` is stable over retries and restarts."""

    kind: ClassVar[str] = "effect"
    kinds: ClassVar[dict[str, type["Effect"]]] = {}
    queue: ClassVar[str] = ""
    may_report: ClassVar[bool] = True
    """Whether it may report something, so that what shows all that was done comes after it."""
    coalesces: ClassVar[bool] = False
    """It brings the outside to the lead's present state, so only the newest of its kind matters."""
    falls_with_its_cause: ClassVar[bool] = False
    """Not done yet, it is put aside while the decision that caused it is corrected."""
    shows_corrections: ClassVar[bool] = False
    """It writes what shows the decisions that were corrected."""

    key: str
    cause: int

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "kind" in vars(cls):  # bases that several kinds share have none
            Effect.kinds[cls.kind] = cls

    @model_serializer(mode="wrap")
    def _with_kind(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = handler(self)
        return {"kind": self.kind} | fields

    @property
    def about(self) -> int | None:
        """The invoice that it is about, if any."""
        return getattr(self, "number", None)

    def ready(self, lead: Lead) -> bool:
        """Whether all is known that it needs; until then it waits, and nothing waits for it."""
        return True

    def is_obsolete(self, lead: Lead) -> bool:
        """Whether its purpose is already met, so that it falls away."""
        return False

    def is_deferred(self, lead: Lead) -> bool:
        """Whether it shows all that was done, and so waits a moment for news that is under way."""
        return False

    def summary(self) -> str:
        """What it does, as a person would say it."""
        return self.kind.replace("_", " ").capitalize()


def _load(value: Any) -> Any:
    if isinstance(value, dict):
        return Effect.kinds[value["kind"]].model_validate(value)
    return value


AnyEffect = Annotated[SerializeAsAny[Effect], BeforeValidator(_load)]


class _AtIssue:
    """At the lead's issue, or its card: it waits until there is one, and falls away once that is gone."""

    def ready(self, lead: Lead) -> bool:
        return lead.issue is not None

    def is_obsolete(self, lead: Lead) -> bool:
        return "issue" in lead.drift


class _AtHubIssue:
    """The same of the hub's issue."""

    def ready(self, lead: Lead) -> bool:
        return lead.hub_issue is not None

    def is_obsolete(self, lead: Lead) -> bool:
        return "hub issue" in lead.drift


class OpenIssue(Effect):
    kind = "open_issue"
    queue = "issue"
    shows_corrections = True

    def summary(self) -> str:
        return "Open the lead's issue"


class UpdateIssue(_AtIssue, Effect):
    kind = "update_issue"
    queue = "issue"
    coalesces = True
    shows_corrections = True
    may_report = False

    def is_deferred(self, lead: Lead) -> bool:
        return True

    def summary(self) -> str:
        return "Bring the lead's issue up to date"


class PlaceCard(_AtIssue, Effect):
    kind = "place_card"
    queue = "card"
    coalesces = True
    restore: bool = False
    """Out of the archive even if it is in the right column: somebody took an open lead out of sight."""
    stood_in: Line | None = None
    """The column that was its own until now; wherever a person agreed to have it, it moves on from there."""

    def summary(self) -> str:
        return "Put the lead's card into its column of the board"


class RevertIssue(_AtIssue, Effect):
    """Undoes what people changed at the lead's issue or its hub's, after it was heard and could not become true."""

    kind = "revert_issue"

    queue = "issue"
    may_report = False
    shows_corrections = True
    edits: tuple[Edit, ...]

    def summary(self) -> str:
        return "Put the issue back as the lead stands"


class RevertHubIssue(_AtHubIssue, RevertIssue):
    kind = "revert_hub_issue"
    queue = "hub issue"
    shows_corrections = False

    def summary(self) -> str:
        return "Put the hub's issue back as the lead stands"


class RevertCard(_AtIssue, Effect):
    """As RevertIssue, for the card that stands in the column of `moves`."""

    kind = "revert_card"

    queue = "card"
    edits: tuple[Edit, ...]

    def summary(self) -> str:
        return "Put the lead's card back into its column of the board"


class ReserveFolder(Effect):
    """Fetches an id from Drive, so that creating the folder under it can be repeated safely."""

    kind = "reserve_folder"

    queue = "folder"

    def is_obsolete(self, lead: Lead) -> bool:
        return lead.folder_id is not None

    def summary(self) -> str:
        return "Reserve an id for the lead's Drive folder"


class CreateFolder(Effect):
    kind = "create_folder"
    queue = "folder"
    folder_id: str

    def summary(self) -> str:
        return "Create the lead's Drive folder"


class ReadAnswers(Effect):
    """Fetches the questionnaire's answers."""

    kind = "read_answers"

    queue = "answers"
    response_id: str

    def summary(self) -> str:
        return "Read the questionnaire's answers"


class ReadPrices(Effect):
    kind = "read_prices"
    queue = "prices"
    coalesces = True

    def summary(self) -> str:
        return "Read the price list"


class SendMail(Effect):
    """A mail of `template` to whoever is behind the roles when it is sent, in the lead's one thread."""

    kind = "send_mail"

    queue = "mail"
    falls_with_its_cause = True
    template: str
    to: tuple[Role, ...] = ()
    facts: dict[str, str] = {}
    """What the template needs beyond the lead."""
    addresses: tuple[Line, ...] = ()
    """To these instead, whoever they are now."""
    needs_folder: bool = False

    @property
    def about(self) -> int | None:
        return int(self.facts["number"]) if "number" in self.facts else None

    def ready(self, lead: Lead) -> bool:
        return lead.folder is not None or not self.needs_folder

    def is_obsolete(self, lead: Lead) -> bool:
        """Nobody is to send, or to collect, an invoice that was taken back, to approve what is settled, or to hear of
        people who were replaced since.
        """
        if self.introduces:
            return self.facts["now"] != listed(lead.policy.addresses.get(Role(self.facts["role"]), ()))
        if self.template == "discount_approval":
            return not any(str(q.version) == self.facts["version"] and q.awaits for q in lead.quotes)
        invoice = lead.invoice(self.about) if self.about else None
        return bool(invoice and not invoice.stands and self.template in ("invoice", "invoice_overdue"))

    @property
    def leaves(self) -> Role | None:
        """The role that it says is no longer theirs to whom it goes."""
        return Role(self.facts["role"]) if self.addresses and self.introduces else None

    @property
    def introduces(self) -> bool:
        """Whether it says who is behind a role from now on. While it waits, it is not asked for again."""
        return self.template in INTRODUCTIONS

    def summary(self) -> str:
        return f"Mail to {' and '.join(self.addresses or self.to)}: {self.template.replace('_', ' ')}"


class SendCorrection(Effect):
    """A mail to those whose last word about the decision `seq` was wrong, as it turns out when it is to be sent."""

    kind = "send_correction"

    queue = "mail"
    falls_with_its_cause = True
    template: ClassVar[str] = "correction"
    facts: ClassVar[dict[str, str]] = {}
    seq: int

    def summary(self) -> str:
        return f"Mail to all who were told wrong about {self.seq}"


class PostCorrection(Effect):
    """Brings what we say about the decision `seq` on GitHub to what is true of it by now."""

    kind = "post_correction"

    queue = "corrections"
    may_report = False
    falls_with_its_cause = True
    seq: int
    where: Where

    def ready(self, lead: Lead) -> bool:
        return lead.issue is not None

    def is_obsolete(self, lead: Lead) -> bool:
        if self.where == "hub issue":
            return lead.hub_issue is None or "hub issue" in lead.drift
        return "issue" in lead.drift

    def summary(self) -> str:
        if self.where == "answer":
            return f"Have the answer to the comment that decided {self.seq} say whether it counts"
        return f"Say in a comment on the {'hub' if self.where == 'hub issue' else 'lead'}'s issue what became of {self.seq}"


class OpenHubIssue(Effect):
    kind = "open_hub_issue"
    queue = "hub issue"

    def ready(self, lead: Lead) -> bool:
        return lead.issue is not None  # the hub's issue links to the lead's

    def is_obsolete(self, lead: Lead) -> bool:
        return lead.hub_issue is not None or lead.hub.requested_on is None  # the request was corrected

    def summary(self) -> str:
        return "Open the hub's issue for engineering"


class UpdateHubIssue(_AtHubIssue, Effect):
    kind = "update_hub_issue"
    queue = "hub issue"
    coalesces = True
    may_report = False

    def summary(self) -> str:
        return "Bring the hub's issue up to date"


class CheckIssues(Effect):
    """Looks what became of the lead's issue and card, and of the hub's issue: somebody may have deleted or moved them."""

    kind = "check_issues"

    queue = "issues as they are"
    duplicates: tuple[int, ...] = ()
    """Issues that carry the lead's mark, too."""

    def ready(self, lead: Lead) -> bool:
        return lead.issue is not None

    def summary(self) -> str:
        return "Look whether the lead's issues and card are as they should be"


class CheckFolder(Effect):
    """Looks what became of the lead's Drive folder: somebody may have deleted or moved it."""

    kind = "check_folder"

    queue = "folder as it is"

    def is_obsolete(self, lead: Lead) -> bool:
        return lead.folder is None

    def summary(self) -> str:
        return "Look whether the lead's Drive folder is as it should be"


class ReserveInvoice(Effect):
    """Fetches an id from Drive for an invoice's file, as ReserveFolder does for the folder."""

    kind = "reserve_invoice"

    queue = "invoice"
    number: int

    def ready(self, lead: Lead) -> bool:
        return lead.folder is not None

    def is_obsolete(self, lead: Lead) -> bool:
        return self.number in lead.invoice_files

    def summary(self) -> str:
        return f"Reserve an id for the file of invoice {self.number}"


class PrepareInvoice(Effect):
    kind = "prepare_invoice"
    queue = "invoice"
    number: int
    file_id: str

    def ready(self, lead: Lead) -> bool:
        return lead.folder is not None

    def is_obsolete(self, lead: Lead) -> bool:
        return lead.invoice_files.get(self.number) != self.file_id  # its folder was replaced

    def summary(self) -> str:
        return f"Prepare invoice {self.number} as a PDF in the lead's folder"


class NotifyLeads(Effect):
    """Says to each lead that this one may be a duplicate of, or was merged into, what it is to that one now."""

    kind = "notify_leads"

    queue = "other leads"
    coalesces = True

    def ready(self, lead: Lead) -> bool:
        return lead.issue is not None  # they link to it

    def summary(self) -> str:
        return "Tell the other leads what this one is to them"


class RecordEvents(Effect):
    kind = "record_events"
    queue = "ledger"
    coalesces = True

    def is_deferred(self, lead: Lead) -> bool:
        return True

    def summary(self) -> str:
        return "Write the events to the ledger"


def listed(addresses: Iterable[str]) -> str:
    return ", ".join(addresses)


def message_digest(key: str) -> str:
    """What the Message-ID of a mail has of its effect's key."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def revert_effects(lead: Lead, edits: Iterable[Edit]) -> tuple[Effect, ...]:
    """What undoes these moves: at each of the lead's places at most one, the same for the same moves."""
    placed = {
        RevertCard: [edit for edit in edits if edit.what is EditKind.PLACED],
        RevertIssue: [edit for edit in edits if edit.what is not EditKind.PLACED and not edit.hub],
        RevertHubIssue: [edit for edit in edits if edit.what is not EditKind.PLACED and edit.hub],
    }
    return tuple(
        effect(
            key=f"{lead.id}/{effect.kind}/{'-'.join(sorted(edit.key for edit in edits))}",
            cause=lead.last_seq,
            edits=tuple(edits),
        )
        for effect, edits in placed.items()
        if edits
    )
