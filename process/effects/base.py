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
    field_serializer,
    model_serializer,
)

from process.core.events import AnyFact, Event
from process.corrections.corrected_decision import Mistake, Where
from process.github.edits import Move, What
from process.lead.lead import Lead
from process.types import Line, Model, Role, snake_case

INTRODUCTIONS = ("address_changed", "address_left")
"""Mails in a lead's thread to whoever is behind a role from now on, and to whoever was."""


class Effect(Model):
    """Something to do outside, because of the event `cause`. `key` is stable over retries and restarts."""

    kind: ClassVar[str] = "effect"
    kinds: ClassVar[dict[str, type["Effect"]]] = {}
    lane: ClassVar[str] = ""
    brings_news: ClassVar[bool] = True
    """Whether it may report something, so that what shows all that was done comes after it."""
    converges: ClassVar[bool] = False
    """It brings the outside to the lead's present state, so only the newest of its kind matters."""
    falls_with_its_cause: ClassVar[bool] = False
    """Not done yet, it is put aside while the decision that caused it is corrected."""
    shows_mistakes: ClassVar[bool] = False
    """It writes what shows the decisions that were corrected."""

    key: str
    cause: int

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.kind = snake_case(cls.__name__)
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

    def needless(self, lead: Lead) -> bool:
        """Whether its purpose is already met, so that it falls away."""
        return False

    def comes_last(self, lead: Lead) -> bool:
        """Whether it shows all that was done, and so waits a moment for news that is under way."""
        return False

    def words(self) -> str:
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

    def needless(self, lead: Lead) -> bool:
        return "issue" in lead.drift


class _AtHubIssue:
    """The same of the hub's issue."""

    def ready(self, lead: Lead) -> bool:
        return lead.hub_issue is not None

    def needless(self, lead: Lead) -> bool:
        return "hub issue" in lead.drift


class OpenIssue(Effect):
    lane = "issue"
    shows_mistakes = True

    def words(self) -> str:
        return "Open the lead's issue"


class UpdateIssue(_AtIssue, Effect):
    lane = "issue"
    converges = True
    shows_mistakes = True
    brings_news = False

    def comes_last(self, lead: Lead) -> bool:
        return True

    def words(self) -> str:
        return "Bring the lead's issue up to date"


class PlaceCard(_AtIssue, Effect):
    lane = "card"
    converges = True
    restore: bool = False
    """Out of the archive even if it is in the right column: somebody took an open lead out of sight."""
    stood_in: Line | None = None
    """The column that was its own until now; wherever a person agreed to have it, it moves on from there."""

    def words(self) -> str:
        return "Put the lead's card into its column of the board"


class PutIssueBack(_AtIssue, Effect):
    """Undoes what people changed at the lead's issue or its hub's, after it was heard and could not become true."""

    lane = "issue"
    brings_news = False
    shows_mistakes = True
    moves: tuple[Move, ...]

    def words(self) -> str:
        return "Put the issue back as the lead stands"


class PutHubIssueBack(_AtHubIssue, PutIssueBack):
    lane = "hub issue"
    shows_mistakes = False

    def words(self) -> str:
        return "Put the hub's issue back as the lead stands"


class PutCardBack(_AtIssue, Effect):
    """As PutIssueBack, for the card that stands in the column of `moves`."""

    lane = "card"
    moves: tuple[Move, ...]

    def words(self) -> str:
        return "Put the lead's card back into its column of the board"


class ReserveFolder(Effect):
    """Fetches an id from Drive, so that creating the folder under it can be repeated safely."""

    lane = "folder"

    def needless(self, lead: Lead) -> bool:
        return lead.folder_id is not None

    def words(self) -> str:
        return "Reserve an id for the lead's Drive folder"


class CreateFolder(Effect):
    lane = "folder"
    folder_id: str

    def words(self) -> str:
        return "Create the lead's Drive folder"


class ReadAnswers(Effect):
    """Fetches the questionnaire's answers."""

    lane = "answers"
    response_id: str

    def words(self) -> str:
        return "Read the questionnaire's answers"


class ReadPrices(Effect):
    lane = "prices"
    converges = True

    def words(self) -> str:
        return "Read the price list"


class SendMail(Effect):
    """A mail of `template` to whoever is behind the roles when it is sent, in the lead's one thread."""

    lane = "mail"
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

    def needless(self, lead: Lead) -> bool:
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

    def words(self) -> str:
        return f"Mail to {' and '.join(self.addresses or self.to)}: {self.template.replace('_', ' ')}"


class SendCorrection(Effect):
    """A mail to those whose last word about the decision `seq` was wrong, as it turns out when it is to be sent."""

    lane = "mail"
    falls_with_its_cause = True
    template: ClassVar[str] = "correction"
    facts: ClassVar[dict[str, str]] = {}
    seq: int

    def words(self) -> str:
        return f"Mail to all who were told wrong about {self.seq}"


class SayCorrection(Effect):
    """Brings what we say about the decision `seq` on GitHub to what is true of it by now."""

    lane = "corrections"
    brings_news = False
    falls_with_its_cause = True
    seq: int
    where: Where

    def ready(self, lead: Lead) -> bool:
        return lead.issue is not None

    def needless(self, lead: Lead) -> bool:
        if self.where == "hub issue":
            return lead.hub_issue is None or "hub issue" in lead.drift
        return "issue" in lead.drift

    def words(self) -> str:
        if self.where == "answer":
            return f"Have the answer to the comment that decided {self.seq} say whether it counts"
        return f"Say in a comment on the {'hub' if self.where == 'hub issue' else 'lead'}'s issue what became of {self.seq}"


class OpenHubIssue(Effect):
    lane = "hub issue"

    def ready(self, lead: Lead) -> bool:
        return lead.issue is not None  # the hub's issue links to the lead's

    def needless(self, lead: Lead) -> bool:
        return lead.hub_issue is not None or lead.hub.requested_on is None  # the request was corrected

    def words(self) -> str:
        return "Open the hub's issue for engineering"


class UpdateHubIssue(_AtHubIssue, Effect):
    lane = "hub issue"
    converges = True
    brings_news = False

    def words(self) -> str:
        return "Bring the hub's issue up to date"


class CheckIssues(Effect):
    """Looks what became of the lead's issue and card, and of the hub's issue: somebody may have deleted or moved them."""

    lane = "issues as they are"
    duplicates: tuple[int, ...] = ()
    """Issues that carry the lead's mark, too."""

    def ready(self, lead: Lead) -> bool:
        return lead.issue is not None

    def words(self) -> str:
        return "Look whether the lead's issues and card are as they should be"


class CheckFolder(Effect):
    """Looks what became of the lead's Drive folder: somebody may have deleted or moved it."""

    lane = "folder as it is"

    def needless(self, lead: Lead) -> bool:
        return lead.folder is None

    def words(self) -> str:
        return "Look whether the lead's Drive folder is as it should be"


class ReserveInvoice(Effect):
    """Fetches an id from Drive for an invoice's file, as ReserveFolder does for the folder."""

    lane = "invoice"
    number: int

    def ready(self, lead: Lead) -> bool:
        return lead.folder is not None

    def needless(self, lead: Lead) -> bool:
        return self.number in lead.invoice_files

    def words(self) -> str:
        return f"Reserve an id for the file of invoice {self.number}"


class PrepareInvoice(Effect):
    lane = "invoice"
    number: int
    file_id: str

    def ready(self, lead: Lead) -> bool:
        return lead.folder is not None

    def needless(self, lead: Lead) -> bool:
        return lead.invoice_files.get(self.number) != self.file_id  # its folder was replaced

    def words(self) -> str:
        return f"Prepare invoice {self.number} as a PDF in the lead's folder"


class TellLeads(Effect):
    """Says to each lead that this one may be a duplicate of, or was merged into, what it is to that one now."""

    lane = "other leads"
    converges = True

    def ready(self, lead: Lead) -> bool:
        return lead.issue is not None  # they link to it

    def words(self) -> str:
        return "Tell the other leads what this one is to them"


class RecordEvents(Effect):
    lane = "ledger"
    converges = True

    def comes_last(self, lead: Lead) -> bool:
        return True

    def words(self) -> str:
        return "Write the events to the ledger"


def listed(addresses: Iterable[str]) -> str:
    return ", ".join(addresses)


def message_digest(key: str) -> str:
    """What the Message-ID of a mail has of its effect's key."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def back(lead: Lead, moves: Iterable[Move]) -> tuple[Effect, ...]:
    """What undoes these moves: at each of the lead's places at most one, the same for the same moves."""
    placed = {
        PutCardBack: [move for move in moves if move.what is What.PLACED],
        PutIssueBack: [move for move in moves if move.what is not What.PLACED and not move.hub],
        PutHubIssueBack: [move for move in moves if move.what is not What.PLACED and move.hub],
    }
    return tuple(
        effect(
            key=f"{lead.id}/{effect.kind}/{'-'.join(sorted(move.key for move in moves))}",
            cause=lead.last_seq,
            moves=tuple(moves),
        )
        for effect, moves in placed.items()
        if moves
    )


class Task(Model):
    """What an activity is given: the effect and the lead as it is now. The rest only where the effect needs it."""

    effect: AnyEffect
    lead: Lead
    events: tuple[Event, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    """The one that the effect is about; or all decisions that do not count any more."""
    attention: tuple[str, ...] = ()
    """Concerns about the whole lead; `lead` here has its newest invoices alone."""

    @field_serializer("lead")
    def _without_defaults(self, lead: Lead) -> dict[str, Any]:
        return lead.model_dump(mode="json", exclude_defaults=True)  # each task stays in the history for ever


class Outcome(Model):
    """What an activity brings back: a report of what is true outside now, if that is news."""

    report: AnyFact | None = None
    recorded: int | None = None
    """Highest event number that the ledger has, when it was written."""
