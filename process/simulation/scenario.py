"""The rules that a simulation changes."""

from datetime import date

from process.core.events import Fact
from process.decisions.opening import LeadOpened
from process.decisions.policy import PolicyAdopted
from process.effects.observations import ChangesAdopted, PricesRead
from process.money.pricing import PriceBook
from process.policy import Periods, Policy
from process.types import Code, Model


class Scenario(Model):
    """Rules that replace the lead's own rules from its beginning. Rules that are not given stay."""

    policy: Policy | None = None
    """Policy that replaces the lead's."""
    periods: Periods = Periods()
    """Periods that replace the policy's; only explicitly set fields count (`model_fields_set`)."""
    holidays: tuple[date, ...] = ()
    """Holidays added to the policy's."""
    books: tuple[PriceBook, ...] = ()
    """Price books that replace books of the same version, or are added."""
    changes: tuple[Code, ...] = ()
    """Changes of the process (`process.behaviour`) that the lead follows from its beginning."""

    def fact(self, fact: Fact) -> Fact:
        """Return the fact with its rules replaced; facts without rules are returned unchanged."""
        match fact:
            case LeadOpened():
                own = {"policy": self._policy(fact.policy), "price_books": self._books(fact.price_books)}
                return fact.replaced(**(own | {"changes": self._changes(fact.changes)}))
            case PolicyAdopted(policy=Policy() as adopted):
                return fact.replaced(policy=self._policy(adopted))
            case PricesRead():
                return fact.replaced(books=self._books(fact.books))
            case ChangesAdopted():
                return fact.replaced(changes=self._changes(fact.changes))
            case _:
                return fact

    def _policy(self, own: Policy) -> Policy:
        policy = self.policy or own
        periods = {name: getattr(self.periods, name) for name in self.periods.model_fields_set}
        if "stale_in" in periods:
            periods["stale_in"] = policy.periods.stale_in | self.periods.stale_in
        holidays = (*policy.holidays, *(day for day in self.holidays if day not in policy.holidays))
        return policy.replaced(periods=policy.periods.replaced(**periods), holidays=holidays)

    def _books(self, own: tuple[PriceBook, ...]) -> tuple[PriceBook, ...]:
        mine = {book.version: book for book in self.books}
        known = {book.version for book in own}
        return (
            *(mine.get(book.version, book) for book in own),
            *(book for book in self.books if book.version not in known),
        )

    def _changes(self, own: tuple[str, ...]) -> tuple[str, ...]:
        return (*own, *(change for change in self.changes if change not in own))
