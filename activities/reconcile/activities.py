"""The activities of a reconciliation, one per system."""

from collections.abc import Awaitable, Callable

from activities.reconcile.drive import DriveReconciler
from activities.reconcile.duplicates import DuplicateReconciler
from activities.reconcile.github import GitHubReconciler
from activities.reconcile.lost import LostReconciler
from activities.reconcile.questionnaire import QuestionnaireReconciler
from activities.reconcile.rows import LeadRows
from activities.reconcile.team import TeamReconciler
from client.chores import Chores
from client.leads import LeadsClient
from client.ledgers import ledger_of
from config.settings import Settings
from workflows.reconcile import SystemResult


def reconcile_activities(
    leads: LeadsClient, chores: Chores, settings: Settings
) -> list[Callable[..., Awaitable[SystemResult]]]:
    """Return the activities that a reconciliation needs. All read the leads' rows from the ledger of the settings."""
    rows = LeadRows(ledger_of(settings))
    return [
        GitHubReconciler(leads, chores, rows, settings).reconcile_github,
        DriveReconciler(leads, rows, settings).reconcile_drive,
        QuestionnaireReconciler(leads, rows, settings).reconcile_questionnaire,
        TeamReconciler(leads).reconcile_team,
        DuplicateReconciler(leads, rows, settings).reconcile_duplicates,
        LostReconciler(leads, settings).reconcile_lost,
    ]
