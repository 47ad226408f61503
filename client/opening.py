"""Makes the client for leads that the settings describe."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from temporalio.client import Client

from client.directory import no_leads
from client.leads import LeadsClient
from config.settings import Settings
from process.policy import Policy

TIMEOUT = timedelta(seconds=10)
"""Default time to wait for an answer of a lead."""


def leads_client(
    client: Client,
    settings: Settings,
    policy: Policy,
    timeout: timedelta = TIMEOUT,
    by_words: Callable[[str], Mapping[str, str]] = no_leads,
) -> LeadsClient:
    """Return the client for the leads of the settings. `policy`: of new leads; `by_words`: see `Directory`."""
    return LeadsClient(
        client,
        settings.task_queue,
        settings.temporal_ui,
        timeout,
        policy,
        opaque_ids=settings.lead_ids == "opaque",
        is_recorded=lambda lead_id: _is_recorded(settings, lead_id),
        key=settings.current_signing_key,
        leads_repo=settings.github.leads_repo,
        pepper=settings.pepper,
        by_words=by_words,
    )


def _is_recorded(settings: Settings, lead_id: str) -> bool:
    """Return True if the ledger has a lead with this id."""
    from client.lists import recorded_in  # only this needs the ledger, which takes a moment to load

    return recorded_in(settings, lead_id)
