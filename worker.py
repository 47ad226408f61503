"""The worker: connects, registers workflows and activities, and runs until it is told to stop."""

import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C during the imports ends it without a traceback

import asyncio
import sys

import structlog

from activities.rate_limits import share_limits
from activities.reconcile.team import TeamReconciler
from activities.workers import activity_threads, call_threads, workers
from client import errors
from client.chores import Chores
from client.claiming import claim
from client.connection import connect, run_program
from client.digest import keep_digest
from client.opening import leads_client
from client.reconcile import keep_schedule
from client.retention_schedule import keep_retention
from client.sealing import codec_by
from client.server import demand_attributes, demand_namespace
from client.worker_options import described, metrics_runtime, working
from config.logging import set_up_logs
from config.policy_file import current_policy
from config.settings import Settings, SettingsError, read_settings, unknown_settings
from keys.errors import KeysError
from ledger.errors import LedgerError
from ledger.limits import SharedLimits
from upkeep.running import beside, upkeep
from workflows.runtime.plugin import leads_plugin


async def run(settings: Settings) -> None:
    """Work on the task queues until SIGINT or SIGTERM."""
    log = structlog.get_logger("worker")
    policy = current_policy(settings)  # first: a wrong policy stops the worker before it connects
    for each in unknown_settings():
        log.warning("a setting is ignored", why=each)
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    loop.set_default_executor(call_threads(settings))
    codec = codec_by(settings)
    client = await connect(
        runtime=metrics_runtime(settings), plugins=[leads_plugin(codec=codec)], codec=codec
    )
    chores = Chores.of(client, settings)
    await demand_attributes(client)
    await claim(client, settings)  # before anything is written to a ledger
    share_limits(SharedLimits.open(settings.ledger_url.get_secret_value()))
    await demand_namespace(chores.client)
    leads = leads_client(client, settings, policy)
    with activity_threads(settings) as executor:
        async with working(*workers(leads, chores, settings, executor)):
            if settings.worker_only != "leads":
                await keep_schedule(*chores, settings.github.reconcile_minutes)
                await keep_digest(chores.client, settings)
                await keep_retention(*chores, policy.retention)
            log.info("worker ready", **described(client, chores, settings))
            async with beside(TeamReconciler(leads).update_at_start(), *upkeep(leads, settings)):
                await stop.wait()
            log.info("worker stopping")
    log.info("worker stopped")


def main() -> None:
    """Run the worker, or exit with a message that says what is wrong."""
    try:
        settings = read_settings()
        set_up_logs(settings.log_format)
        asyncio.run(run_program(run(settings)))
    except SettingsError as error:
        sys.exit(str(error))
    except KeysError as error:
        sys.exit(f"The worker can't start: LEADS_KEYS__STORE_URL: {error}")
    except LedgerError as error:
        sys.exit(f"The worker can't start: LEADS_LEDGER_URL: {error}")
    except errors.LeadsError as error:
        unprepared = isinstance(error, errors.NamespaceMissing | errors.ServerNotPrepared)
        remedy = "Run `leads init-server`." if unprepared else "Check the settings TEMPORAL_*."
        if isinstance(error, errors.SettingsDiffer):
            remedy = (
                "Set them as the other workers have them, or take the leads over: `leads adopt-settings`."
            )
        sys.exit(f"The worker can't start: {error} {remedy}")
    except RuntimeError as error:
        sys.exit(f"The worker can't start: {error}")


if __name__ == "__main__":
    main()
