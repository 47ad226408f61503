"""The command line has an exit code for every error, and only it names commands and flags."""

import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from client.erasure.errors import ErasureRefused, ErasureUnfinished, KeysOff, NoSuchErasure
from client.errors import (
    AccessDenied,
    AddressMalformed,
    AmbiguousLead,
    BroadcastBusy,
    DecisionRefused,
    DecisionUnknown,
    InexactLead,
    KeysFailed,
    LeadErased,
    LeadHasEnded,
    LeadLost,
    LeadNotFound,
    LeadNotInLedger,
    LeadsError,
    LeadStuck,
    LedgerFailed,
    NamespaceMissing,
    NobodySoNamed,
    NothingToRepair,
    NothingToRestore,
    NotRepairable,
    NotRestorable,
    NoWorker,
    OtherLeadOpen,
    PossibleDuplicate,
    RequestInvalid,
    ServerNotPrepared,
    SettingsDiffer,
    StuckCause,
    TemporalFailed,
    TemporalMisconfigured,
    TemporalSilent,
    TemporalUnreachable,
    WorkerBusy,
    WorkflowHasEnded,
    WorkflowNotFound,
)
from process.core.refusal import refuse, suggest
from process.lead.duplicate_links import DuplicateLink, MatchReason
from starter.cli.errors import rendered
from starter.cli.exits import ExitCode
from starter.demo.errors import DemoFailed, StepFailed
from starter.local.errors import AlreadyRunning, DevServerMissing, PartFailed, PortShared, PortTaken
from tests.support.commands import Ended

LOGS = Path("logs")
TWIN = DuplicateLink(lead_id="lead-b", reasons=(MatchReason.DOMAIN,))
EXAMPLES: dict[ExitCode, tuple[LeadsError, ...]] = {
    ExitCode.REFUSED: (
        DecisionRefused(refuse("The lead is lost", suggest("Reopen it first", "reopened")), "lead-a"),
        PossibleDuplicate([TWIN]),
        LeadHasEnded("lead-a"),
        RequestInvalid("invalid query"),
        OtherLeadOpen("lead-a", "[A / B] - C", "[A / B] - D"),
        NothingToRepair("lead-a", stuck=True),
        NothingToRepair("lead-a", stuck=False),
        NotRepairable("lead-a", "the code fails"),
        NothingToRestore("lead-a", archived=True),
        NothingToRestore("lead-a", archived=False),
        NotRestorable("lead-a", "the code fails"),
        LeadHasEnded("lead-a", "terminated in Temporal, not by a decision"),
        ErasureRefused(refuse("You asked for this erasure, and somebody else has to agree to it")),
        NoSuchErasure("ab12cd34"),
        KeysOff(),
    ),
    ExitCode.NOT_FOUND: (
        LeadNotFound("lead-a"),
        LeadErased("lead-a/1"),
        AmbiguousLead("lead", ["lead-a", "lead-b"]),
        InexactLead("a", ["lead-a"]),
        LeadNotInLedger("lead-a", "SQLite"),
        WorkflowHasEnded(),
        LeadLost("lead-a", "terminated in Temporal, not by a decision"),
        WorkflowNotFound("workflow not found"),
    ),
    ExitCode.UNAVAILABLE: (
        NoWorker("leads"),
        ErasureUnfinished("lead-a", "it has not begun a new run"),
        KeysFailed("The key store is away."),
        WorkerBusy("leads"),
        LeadStuck("lead-a", StuckCause.HISTORY, "Nondeterminism error"),
        DecisionUnknown("lead-a", "the disk is full", key=None),
        DecisionUnknown("lead-a", "the disk is full", key="a key"),
        TemporalUnreachable("localhost:1"),
        TemporalUnreachable("localhost:1", tls=True),
        AddressMalformed("here"),
        NamespaceMissing("Namespace x is not found"),
        AccessDenied("no key"),
        ServerNotPrepared(["LeadStage"]),
        ServerNotPrepared(reason="no such search attribute"),
        TemporalFailed("busy"),
        TemporalSilent(),
        BroadcastBusy("ours"),
        LedgerFailed("the disk is full"),
        PartFailed("worker", "ended at once", "x", LOGS),
        PortTaken(80, "the webhooks", "web_port", "Permission denied"),
        AlreadyRunning(LOGS),
        DevServerMissing(),
        StepFailed("no answer", "start"),
        DemoFailed(NoWorker("leads"), LOGS),
    ),
    ExitCode.USAGE: (
        TemporalMisconfigured("no such profile"),
        SettingsDiffer("leads", ["the organisation is a, here it is b"]),
        NobodySoNamed("salez", (), ("contracts", "sales")),
        PortShared(80, ("Temporal", "the pages"), "web_port"),
    ),
}
ALL = [(code, error) for code, errors in EXAMPLES.items() for error in errors]
COMMANDS = re.compile(r"`|--\w|\bleads [a-z]+-|LEADS_|TEMPORAL_|https?://")


def concrete(kind: type[LeadsError]) -> Iterator[type[LeadsError]]:
    """Yield the error classes that have no subclass. Those of pages and API never reach the command line."""
    below = [each for each in kind.__subclasses__() if not each.__module__.startswith("starter.web.")]
    if not below:
        yield kind
    for each in below:
        yield from concrete(each)


def test_every_error_has_an_example_here() -> None:
    ours = {kind for kind in concrete(LeadsError) if kind.__module__.split(".")[0] in ("client", "starter")}
    assert {type(error) for _, error in ALL} == ours


@pytest.mark.parametrize(("code", "error"), ALL, ids=lambda value: type(value).__name__)
def test_an_error_is_one_neutral_sentence_and_has_an_exit_code(code: ExitCode, error: LeadsError) -> None:
    text = str(error)
    assert text.endswith(".")
    assert "\n" not in text
    assert not COMMANDS.search(text)
    assert rendered(error).code is code
    assert str(rendered(error)).startswith(text.removesuffix(".")[:20])


@pytest.mark.parametrize(
    "named",
    [
        LeadNotFound,
        lambda name: AmbiguousLead(name, ["lead-a"]),
        lambda name: InexactLead(name, ["lead-a"]),
        lambda name: LeadNotInLedger(name, "SQLite"),
        lambda name: NobodySoNamed(name, (), ("contracts", "sales")),
        NoSuchErasure,
    ],
)
def test_a_name_that_was_given_is_repeated_in_part(named: Callable[[str], LeadsError]) -> None:
    short, long = (str(rendered(named("x" * length))) for length in (5, 100_000))
    begin, end = short.split("'xxxxx'")
    assert re.fullmatch(f"{re.escape(begin)}'x{{50,60}}…'{re.escape(end)}", long)


@pytest.mark.parametrize(
    "error", [each for _, each in ALL if is_dataclass(each)], ids=lambda v: type(v).__name__
)
def test_an_error_is_never_too_long_to_be_read(
    error: Any, say: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [each.name for each in fields(error) if isinstance(getattr(error, each.name), str)]
    long = replace(error, **dict.fromkeys(texts, "x" * 100000))

    async def fail(*_: object) -> None:
        raise long

    monkeypatch.setattr("starter.cli.app._ask", fail)
    ended = say("list")
    assert ended.err.startswith("leads: ")
    assert len(ended.err) < 3_000


def test_an_ended_lead_says_what_else_to_do() -> None:
    text = str(rendered(WorkflowHasEnded("lead-a")))
    assert text.startswith("lead-a takes no more decisions")
    assert "`leads show lead-a`" in text
    assert "`leads start`" in text
    assert "`leads restore lead-a`" in text
    assert "`leads show LEAD`" in str(rendered(WorkflowHasEnded()))


def test_the_command_line_adds_the_command_that_helps() -> None:
    assert "An issue is written leads#2." in str(rendered(LeadNotFound("2")))
    assert "An issue is written" not in str(rendered(LeadNotFound("lead-a")))
    assert "leads init-server" in str(rendered(ServerNotPrepared(["LeadStage"])))
    assert "--not-a-duplicate" in str(rendered(PossibleDuplicate([TWIN])))
    assert "--web-port" in str(rendered(PortTaken(80, "the webhooks", "web_port", "Permission denied")))
    assert "leads up" in str(rendered(DemoFailed(NoWorker("leads"), LOGS)))
