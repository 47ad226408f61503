"""Changed rules of the process. A lead adopts a change when a run of its workflow begins, never within one.

A run must repeat itself, or its history no longer replays. Process code therefore keeps the old rule
for leads that have not adopted a change of effects or dates. Declare the change in `Behaviour`:

    class Behaviour(Rules):
        asks_vendor_weekly = ChangedRule(
            "ask-vendor-weekly",
            was="the contracts team is asked about the vendor set-up once",
            now="it is asked every week",
            removable="when no open run began under 1.0",
        )

and read it where the rule applies:

    if lead.behaviour.asks_vendor_weekly:
        ...

New leads have all changes; leads in flight adopt them with their next run (`leads adopt`).

A change ships in two releases, so that the second can be taken back: the first knows the rule with `adopted=False`, and
no run adopts it; the second adopts it. See docs/changing-the-process.md.
"""

from dataclasses import dataclass
from typing import Self, overload


@dataclass(frozen=True)
class ChangedRule:
    """A rule that has changed. Read from a lead's behaviour, it is True if the lead follows the new way."""

    name: str
    """Name of the change, as stored in leads and in workflow histories. It never changes."""
    was: str
    """The old way, in a short sentence."""
    now: str
    """The new way, in a short sentence."""
    removable: str
    """Condition for removing the rule together with the old way."""
    adopted: bool = True
    """False in the first release that knows the rule: runs follow it only if they adopted it under the next release."""

    @overload
    def __get__(self, rules: None, owner: type["Rules"]) -> Self: ...

    @overload
    def __get__(self, rules: "Rules", owner: type["Rules"]) -> bool: ...

    def __get__(self, rules: "Rules | None", owner: type["Rules"]) -> Self | bool:
        return self if rules is None else self.name in rules.adopted


@dataclass(frozen=True)
class Rules:
    """The changed rules that a lead follows, by the names of the changes that it has adopted."""

    adopted: tuple[str, ...] = ()

    @classmethod
    def changed(cls) -> tuple[ChangedRule, ...]:
        """Return the changed rules in the order of their declaration."""
        return tuple(rule for rule in vars(cls).values() if isinstance(rule, ChangedRule))


class Behaviour(Rules):
    """The rules of the process that have changed since 1.0: none so far."""


CHANGES: tuple[str, ...] = tuple(rule.name for rule in Behaviour.changed() if rule.adopted)
"""Names of the changes that a run adopts when it begins, oldest first."""
