"""The activities of a reconciliation, one per system."""

from collections.abc import Awaitable, Callable

from activities.reconcile.drive import DriveReconciler
from activities.reconcile.duplicates import DuplicateReconciler
from activities.reconcile.github import GitHubReconciler
from activities.reconcile.questionnaire import QuestionnaireReconciler
from activities.reconcile.team import TeamReconciler
from client.chores import Chores
from client.leads import LeadsClient
from config.settings import Settings
from workflows.reconcile import SystemResult


def reconcile_activities(
    leads: LeadsClient, chores: Chores, settings: Settings
) -> list[Callable[..., Awaitable[SystemResult]]]:
    """Return the activities that a reconciliation needs."""
    return [
        GitHubReconciler(leads, chores, settings).reconcile_github,
        DriveReconciler(leads, settings).reconcile_drive,
        QuestionnaireReconciler(leads, settings).reconcile_questionnaire,
        TeamReconciler(leads).reconcile_team,
        DuplicateReconciler(leads).reconcile_duplicates,
    ]
