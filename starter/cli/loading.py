"""The names of all commands, and how the function of one is loaded: only the command that is run is imported."""

import importlib
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from starter.cli.catalog import read_catalog

if TYPE_CHECKING:
    from process.decisions.base import Decision

Command = Callable[..., Coroutine[Any, Any, Any]]

_SERVICE = {
    "demo": "starter.demo.command:demo",
    "up": "starter.local.up:up",
    "web": "starter.cli.service:web",
    "check": "starter.cli.check:check",
    "reconcile": "starter.cli.service:reconcile",
    "policy": "starter.cli.policy:policy",
    "verify": "starter.cli.verify:verify",
    "repair": "starter.cli.repair:repair",
    "restore": "starter.cli.restore:restore",
    "rebuild": "starter.cli.rebuild:rebuild",
    "retention": "starter.cli.retention:retention",
    "backup": "starter.cli.backup:backup",
    "promote": "starter.cli.promote:promote",
    "init-server": "starter.cli.service:init_server",
    "keys": "starter.cli.keys:keys",
    "init-ledger": "starter.cli.init_ledger:init_ledger",
    "adopt-settings": "starter.cli.adopt_settings:adopt_settings",
    "init-repos": "starter.cli.init_repos:init_repos",
    "completion": "starter.cli.completion:completion",
    "help": "starter.cli.completion:help_",
}
_LEADS = {
    "start": "starter.cli.start:start",
    "list": "starter.cli.listing:list_",
    "agenda": "starter.cli.agenda:agenda",
    "digest": "starter.cli.digest:digest",
    "report": "starter.cli.report:report",
    "show": "starter.cli.looking:show",
    "history": "starter.cli.looking:history",
    "options": "starter.cli.choosing:options",
    "preview": "starter.cli.preview:preview",
    "what-if": "starter.cli.what_if:what_if",
    "retry": "starter.cli.retry:retry",
    "adopt": "starter.cli.adopt:adopt",
    "erase": "starter.cli.erase:erase",
    "export-person": "starter.cli.export_person:export_person",
}
_OTHERS = _SERVICE | _LEADS
DECISIONS_GROUP = "Decisions (each takes a LEAD first)"


def groups() -> dict[str, tuple[str, ...]]:
    """Return the names of all commands by group, in the order in which help lists them. It loads the decisions."""
    from process.decisions.registry import DECISIONS

    decisions = tuple(kind.replace("_", "-") for kind in DECISIONS)
    return {"Service": tuple(_SERVICE), "Leads": tuple(_LEADS), DECISIONS_GROUP: decisions}


def load(name: str) -> Command:
    """Return the function of the command with this name."""
    if name in _OTHERS:
        command: Command = _loaded(_OTHERS[name])
        return command
    from starter.cli.decide import command_of

    return command_of(load_decision(name))


def decision_names() -> tuple[str, ...]:
    """Return the names of the commands that take a decision. It loads none of them."""
    return tuple(name for name, entry in read_catalog().items() if entry.decision)


def load_decision(name: str) -> "type[Decision]":
    """Return the decision that the command with this name takes."""
    decision: type[Decision] = _loaded(read_catalog()[name].decision)
    return decision


def _loaded(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)
