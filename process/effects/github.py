"""Effects on GitHub: the lead's issue and card, the hub's issue, and comments about corrections."""

from collections.abc import Iterable

from process.corrections.corrected_decision import Where
from process.effects.base import Effect
from process.github.edits import Edit, EditKind
from process.lead.lead import Lead, LeadPart
from process.types import Coded

SHOWN_IN_ISSUE: frozenset[LeadPart] = frozenset(
    (
        "assets",
        "duplicates",
        "former",
        "invoices",
        "mails",
        "originals",
        "qualification",
        "questionnaire",
        "usage",
    )
)
SHOWN_IN_HUB_ISSUE: frozenset[LeadPart] = frozenset(("qualification", "questionnaire"))


class _AtIssue:
    """Mixin: the effect waits for the lead's issue, and is obsolete once that issue is gone."""

    def ready(self, lead: Lead) -> bool:
        return lead.issue is not None

    def is_obsolete(self, lead: Lead) -> bool:
        return "issue" in lead.drift


class _AtHubIssue:
    """Mixin: the effect waits for the hub's issue, and is obsolete once that issue is gone."""

    def ready(self, lead: Lead) -> bool:
        return lead.hub_issue is not None

    def is_obsolete(self, lead: Lead) -> bool:
        return "hub issue" in lead.drift


class OpenIssue(Effect):
    """Opens the lead's issue."""

    kind = "open_issue"
    queue = "issue"
    needs = SHOWN_IN_ISSUE
    brings_link = True
    is_searched = True
    shows_corrections = True

    def summary(self) -> str:
        return "Open the lead's issue"


class UpdateIssue(_AtIssue, Effect):
    """Brings the lead's issue to the lead's present state."""

    kind = "update_issue"
    queue = "issue"
    needs = SHOWN_IN_ISSUE
    coalesces = True
    comes_last = True
    shows_corrections = True

    def summary(self) -> str:
        return "Bring the lead's issue up to date"


class PlaceCard(_AtIssue, Effect):
    """Moves the lead's card into the column of its stage."""

    kind = "place_card"
    queue = "card"
    coalesces = True
    restore: bool = False
    """True if the card also comes out of the archive: somebody archived the card of an open lead."""
    stood_in: Coded | None = None
    """Name that the column of the card's stage had until the policy changed. The card is moved on from there."""

    def summary(self) -> str:
        return "Put the lead's card into its column of the board"


class RevertIssue(_AtIssue, Effect):
    """Reverts edits of the lead's issue that were judged and refused."""

    kind = "revert_issue"
    queue = "issue"
    needs = SHOWN_IN_ISSUE
    shows_corrections = True
    edits: tuple[Edit, ...]

    def summary(self) -> str:
        return "Revert edits of the lead's issue"


class RevertHubIssue(_AtHubIssue, RevertIssue):
    """Reverts edits of the hub's issue that were judged and refused."""

    kind = "revert_hub_issue"
    queue = "hub issue"
    needs = SHOWN_IN_HUB_ISSUE
    shows_corrections = False

    def summary(self) -> str:
        return "Revert edits of the hub's issue"


class RevertCard(_AtIssue, Effect):
    """Moves the card back, if it still stands in the column that one of `edits` names."""

    kind = "revert_card"
    queue = "card"
    edits: tuple[Edit, ...]

    def summary(self) -> str:
        return "Move the lead's card back into its column of the board"


class PostCorrection(Effect):
    """Brings our comment about decision `seq` to the present: the decision counts, or was corrected."""

    kind = "post_correction"
    queue = "corrections"
    suspended_with_cause = True
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
            return f"Update the answer to the comment that took decision {self.seq}"
        return f"Comment on the {'hub' if self.where == 'hub issue' else 'lead'}'s issue that {self.seq} was corrected"


class OpenHubIssue(Effect):
    """Opens the hub's issue for engineering. It links to the lead's issue, and waits for that."""

    kind = "open_hub_issue"
    is_shown = True
    queue = "hub issue"
    needs = SHOWN_IN_HUB_ISSUE
    brings_link = True
    is_searched = True

    def ready(self, lead: Lead) -> bool:
        return lead.issue is not None

    def is_obsolete(self, lead: Lead) -> bool:
        return lead.hub_issue is not None or lead.hub.requested_on is None  # the request was corrected

    def summary(self) -> str:
        return "Open the hub's issue for engineering"


class UpdateHubIssue(_AtHubIssue, Effect):
    """Brings the hub's issue to the lead's present state."""

    kind = "update_hub_issue"
    queue = "hub issue"
    needs = SHOWN_IN_HUB_ISSUE
    coalesces = True

    def summary(self) -> str:
        return "Bring the hub's issue up to date"


class CheckIssues(Effect):
    """Checks if the lead's issue, its card or the hub's issue was deleted or moved."""

    kind = "check_issues"
    queue = "issue drift"
    duplicates: tuple[int, ...] = ()
    """Numbers of further issues that carry the lead's marker."""

    def ready(self, lead: Lead) -> bool:
        return lead.issue is not None

    def summary(self) -> str:
        return "Check the lead's issues and card for drift"


def revert_effects(lead: Lead, edits: Iterable[Edit]) -> tuple[Effect, ...]:
    """Return the effects that revert the edits: at most one per issue or card, with equal keys for equal edits."""
    edits = tuple(edits)
    by_effect = {
        RevertCard: [edit for edit in edits if edit.kind is EditKind.PLACED],
        RevertIssue: [edit for edit in edits if edit.kind is not EditKind.PLACED and not edit.hub],
        RevertHubIssue: [edit for edit in edits if edit.kind is not EditKind.PLACED and edit.hub],
    }
    return tuple(
        effect(
            key=f"{lead.id}/{effect.kind}/{'-'.join(sorted(edit.key for edit in group))}",
            cause=lead.last_seq,
            edits=tuple(group),
        )
        for effect, group in by_effect.items()
        if group
    )
