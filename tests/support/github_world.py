"""Sample leads, activities performed as by a worker, and a view of the sandbox's GitHub."""

import dataclasses
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities import rate_limits
from activities.github.activities import GitHubActivities
from process.effects import Effect
from process.effects.observations import HubIssueOpened, IssueOpened
from process.effects.requests import EffectRequest, Outcome
from process.lead.contract import Contract, Vendor, VendorStatus
from process.lead.lead import Lead
from process.lead.quote import Quote, QuoteStatus
from process.money.amounts import Money
from process.views.attention import attention
from sandbox.github import commands
from sandbox.github.auth import as_person
from sandbox.github.records import Issue, Item
from sandbox.github.state import GitHubState
from sandbox.server import Sandbox
from tests.support.performing import a_lead as any_lead

TODAY = date(2026, 6, 1)


class GitHub:
    """The sandbox's GitHub as people see and use it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    @property
    def state(self) -> GitHubState:
        state: GitHubState = self._sandbox.github
        return state

    def issues(self, repo: str) -> list[Issue]:
        repository = self.state.repository("2i2c-org", repo)
        assert repository is not None
        return sorted(self.state.issues_of(repository), key=lambda issue: issue.number)

    def issue(self, repo: str = "leads", number: int = 1) -> Issue:
        return next(issue for issue in self.issues(repo) if issue.number == number)

    def body(self, repo: str = "leads", number: int = 1) -> str:
        return self.issue(repo, number).body or ""

    def labels(self, repo: str = "leads", number: int = 1) -> set[str]:
        return {self.state.labels[each].name for each in self.issue(repo, number).label_ids}

    def cards(self) -> list[Item]:
        project = self.state.project(1)
        assert project is not None
        return self.state.items_of(project)

    def column(self) -> str | None:
        """Return the column of the only card."""
        (card,) = self.cards()
        status = next(
            field for field in self.state.projects[card.project_id].fields if field.name == "Status"
        )
        held = card.values.get(status.id)
        return next((option.name for option in status.options if held and option.id == held.value), None)

    def open(self, title: str, body: str | None = None) -> None:
        """Open an issue in `leads` as a person."""
        person, repository = self.state.user("amara-sales"), self.state.repository("2i2c-org", "leads")
        assert person is not None
        assert repository is not None
        with self.state.writing(person):
            commands.create_issue(self.state, as_person(person), repository, title=title, body=body)

    def edit(self, repo: str = "leads", number: int = 1, **change: Any) -> None:
        """Edit the issue as a person."""
        person = self.state.user("amara-sales")
        assert person is not None
        with self.state.writing(person):
            commands.edit_issue(
                self.state, as_person(person), self.issue(repo, number), commands.Change(**change)
            )

    def requests(self, method: str | None = None, path: str = "") -> list[str]:
        """Return the requests that GitHub received."""
        return [f"{each.method} {each.path}" for each in self._sandbox.journal.all("github", method, path)]

    def writes(self) -> list[str]:
        return [
            f"{each.method} {each.path}"
            for each in self._sandbox.journal.all("github")
            if each.method != "GET"
            and not (each.path.endswith("graphql") and "mutation" not in str(each.body))
        ]

    def forget_requests(self) -> None:
        self._sandbox.journal.clear()


def perform(
    activities: GitHubActivities, kind: str, lead: Lead, *, attempt: int = 1, first: bool = False
) -> Outcome:
    """Perform the effect of this kind as a worker does. `first`: no attempt was made before."""
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(environment.info, attempt=attempt)
    effect = Effect.kinds[kind](key=f"{lead.id}/2/{kind}", cause=2)
    request = EffectRequest(
        effect=effect,
        lead=lead,
        first_attempt=first,
        attention=attention(lead, lead.today(datetime.now(UTC))),
    )
    outcome: Outcome = environment.run(getattr(activities, kind), request)
    return outcome


def a_lead(**fields: Any) -> Lead:
    """Return a lead whose id may be a prefix of other leads' ids."""
    return any_lead(**{"id": "lead-7"} | fields)


def a_quote(**fields: Any) -> Quote:
    given = {
        "version": 1,
        "price": Money(amount=Decimal(12_000), currency="USD"),
        "per": "year",
        "valid_until": date(2026, 7, 1),
        "quoted_on": TODAY,
    }
    return Quote.model_validate(given | fields)


def opened(activities: GitHubActivities, lead: Lead) -> Lead:
    """Return the lead with its issue opened."""
    observation = perform(activities, "open_issue", lead).observation
    assert isinstance(observation, IssueOpened)
    return lead.replaced(issue=observation.link)


def with_hub_issue(activities: GitHubActivities, lead: Lead) -> Lead:
    """Return the lead with its hub's issue opened."""
    observation = perform(activities, "open_hub_issue", lead.replaced(hub_issue=None)).observation
    assert isinstance(observation, HubIssueOpened)
    return lead.replaced(hub_issue=observation.link)


SIGNED = Contract(signed_on=TODAY, start=TODAY, end=date(2027, 5, 31))
NO_VENDOR = Vendor(status=VendorStatus.NOT_NEEDED)


def contracted(**fields: Any) -> Lead:
    """Return a lead with a signed contract."""
    return a_lead(quotes=(a_quote(status=QuoteStatus.ACCEPTED),), contract=SIGNED, vendor=NO_VENDOR, **fields)


def after(delay: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time has passed, for whoever waits for GitHub's limits."""
    later = time.monotonic() + delay.total_seconds()
    monkeypatch.setattr(rate_limits, "now", lambda: later)
