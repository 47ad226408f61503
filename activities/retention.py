"""The activity of retention: it erases by the times of the policy."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from temporalio import activity
from temporalio.service import RPCError

from activities.errors import again
from client.chores import Chores
from client.erasure.errors import KeysOff
from client.erasure.opening import Erasures
from client.erasure.steps import Stores
from client.leads import LeadsClient
from client.ledgers import ledger_of
from client.retention import Applied, Retaining
from config.settings import Settings
from keys.errors import KeysError
from ledger.errors import LedgerError
from workflows.retention import RetentionResult


class RetentionActivities:
    """Applies the retention of the policy in force, over clients of the leads and the chores."""

    def __init__(self, leads: LeadsClient, chores: Chores, settings: Settings) -> None:
        self._leads = leads
        self._chores = chores
        self._settings = settings
        self._opened: Retaining | None = None

    @activity.defn(name="apply_retention")
    async def apply_retention(self) -> RetentionResult:
        """Erase what is due, some leads at a time."""
        try:
            done = await self._retaining().apply(datetime.now(UTC), lambda _: activity.heartbeat())
        except KeysOff as error:
            return RetentionResult(problem=str(error))
        except (LedgerError, KeysError, RPCError) as error:
            raise again(str(error)) from None
        return result_of(done)

    def _retaining(self) -> Retaining:
        """Return the stores, opened at the first use. Raises KeysOff or KeysError."""
        if self._opened is None:
            opened, ledger = Erasures.of(self._settings), ledger_of(self._settings)
            self._opened = Retaining(
                Stores(self._leads, ledger, opened.ring, opened.journal),
                self._chores,
                opened.requests,
                self._leads.policy.retention,
            )
        return self._opened


def retention_activities(
    leads: LeadsClient, chores: Chores, settings: Settings
) -> list[Callable[..., Awaitable[RetentionResult]]]:
    """Return the activities that the workflow of retention needs."""
    return [RetentionActivities(leads, chores, settings).apply_retention]


def result_of(done: Applied) -> RetentionResult:
    """Return the result of one go, for the workflow."""
    return RetentionResult(
        request=done.request.id if done.request else "",
        leads=done.leads,
        removed=done.removed,
        chores=done.chores,
        failed=done.failed,
        more=done.more,
    )
