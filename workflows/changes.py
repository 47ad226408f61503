"""The changed rules of the process that a run of a lead's workflow adopts when it begins."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from process.behaviour import Behaviour, ChangedRule


def adopted_changes() -> tuple[str, ...]:
    """Return the names of the changes that this run adopts. Its history keeps them."""
    return tuple(rule.name for rule in Behaviour.changed() if _adopts(rule))


def _adopts(rule: ChangedRule) -> bool:
    """Return True if this run adopts the rule.

    A rule that is only known leaves no marker. A run that adopted it under the next build has one, and goes on under this
    build as it began.
    """
    return (rule.adopted or workflow.unsafe.is_replaying()) and workflow.patched(rule.name)
