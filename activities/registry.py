"""Creates all activities from the settings: one per kind of effect, and those of the chores."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol

from temporalio.client import Client

from activities.batch import BatchActivities
from activities.checks import Check
from activities.collecting import CollectingActivities
from activities.digest import digest_activities
from activities.github.activities import GitHubActivities
from activities.google.drive import DriveActivities
from activities.google.forms import FormsActivities
from activities.invoice.pdf import InvoiceChecks
from activities.issue_sync.sync import IssueSync
from activities.ledger import LedgerActivities
from activities.mail.sending import MailActivities
from activities.pricing import PricingActivities
from activities.reconcile.activities import reconcile_activities
from activities.relation_notices import RelationNoticeActivities
from activities.retention import retention_activities
from client.chores import Chores
from client.leads import LeadsClient
from client.ledgers import ledger_of
from client.reconcile import waiting_responses
from config.settings import Settings
from process.effects import Effect
from process.policy import Policy


class Checker(Protocol):
    """Activities that can check access to their outside system."""

    def checks(self) -> Iterator[Check]: ...


def checkers(settings: Settings, policy: Policy | None = None) -> list[Checker]:
    """Return the activities of each outside system. `policy`, the one of new leads, is used by their checks."""
    return [
        GitHubActivities(settings, policy),
        DriveActivities(settings),
        FormsActivities(settings),
        PricingActivities(settings),
        MailActivities(settings, policy),
        InvoiceChecks(settings),
        LedgerActivities(ledger_of(settings), settings.signing_keys, settings.pepper),
    ]


def activities(settings: Settings, client: Client) -> list[Callable[..., Any]]:
    """Return the activity of every kind of effect. Leads reach each other over `client`, the worker's own.

    Raises LookupError for an effect that no activity performs.
    """
    systems = [*checkers(settings), RelationNoticeActivities(client), CollectingActivities(client)]
    performers = {kind: _performer(kind, systems) for kind in Effect.kinds}
    return [*performers.values(), BatchActivities(performers).perform_effects]


def chore_activities(leads: LeadsClient, chores: Chores, settings: Settings) -> list[Callable[..., Any]]:
    """Return the activities of issue syncs, reconciliations, digests and retention.

    They reach leads and chores over these clients.
    """
    return [
        IssueSync(leads, chores, settings).sync_issue,
        *reconcile_activities(leads, chores, settings),
        *digest_activities(settings, leads.policy, partial(waiting_responses, chores.client)),
        *retention_activities(leads, chores, settings),
    ]


def _performer(kind: str, systems: Sequence[object]) -> Callable[..., Any]:
    for system in systems:
        if performer := getattr(system, kind, None):
            return performer  # type: ignore[no-any-return]
    raise LookupError(f"no activity performs {kind}")
