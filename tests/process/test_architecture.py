"""The core is pure, each of its modules can be imported alone, and its decisions are documented."""

import importlib.util
import pkgutil
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

import process
from process.core.events import Fact, effect_key
from process.core.refusal import Refused
from process.decisions.base import Decision
from process.decisions.opening import LeadOpened
from process.decisions.parsing import parse
from process.decisions.registry import DECISIONS
from process.effects import Effect
from process.policy import Periods
from tests.support.lives import Life
from tests.support.waiting import TIMEOUT

ROOT = Path(__file__).parents[2]
MODULES = sorted(module.name for module in pkgutil.walk_packages(process.__path__, "process."))
FIRST = [name for name in MODULES if name.count(".") == 1]
"""The packages, and the modules beside them. Of all others, the graph of imports shows that none needs itself."""
ALL: list[type[Decision]] = [*DECISIONS.values(), LeadOpened]


def test_the_arrows_point_one_way(tmp_path: Path) -> None:
    """Check the import rule of pyproject.toml for the process alone, without the other packages."""
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    pure = next(rule for rule in rules["contracts"] if rule.get("source_modules") == ["process"])
    assert {"temporalio", "workflows", "activities", "starter", "sqlalchemy"} <= set(
        pure["forbidden_modules"]
    )
    config = tmp_path / ".importlinter"
    config.write_text(
        "[importlinter]\nroot_package = process\ninclude_external_packages = True\n"
        f"[importlinter:contract:pure]\nname = {pure['name']}\ntype = {pure['type']}\n"
        "source_modules =\n    process\nforbidden_modules =\n    " + "\n    ".join(pure["forbidden_modules"])
    )
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [lint, "--no-cache", "--config", config],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 kept, 0 broken" in done.stdout


def test_every_module_has_its_layer() -> None:
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    inner = next(rule for rule in rules["contracts"] if "process.core.decide" in str(rule.get("layers")))
    layered = {name for layer in inner["layers"] for name in layer.split(" : ")}
    packages_only = {f"process.{info.name}" for info in pkgutil.iter_modules(process.__path__) if info.ispkg}
    assert [name for name in MODULES if name not in packages_only and not layered & {*packages(name)}] == []


def test_imports_have_no_cycles() -> None:
    """Count the import of a module as an import of its packages, too."""
    graph = grimp.build_graph("process", cache_dir=None)
    needs = {
        module: {
            package
            for imported in graph.find_modules_directly_imported_by(module)
            for package in packages(imported)
            if not f"{module}.".startswith(f"{package}.")
        }
        for module in graph.modules
    }
    TopologicalSorter(needs).prepare()  # raises CycleError with the cycle


def packages(module: str) -> list[str]:
    """Return the module and the packages that it is in."""
    parts = module.split(".")
    return [".".join(parts[:number]) for number in range(1, len(parts) + 1)]


def test_every_package_can_be_imported_first() -> None:
    """Check each as the first that is imported: otherwise an earlier import may hide a cycle."""
    program = f"""
import importlib, sys
for name in {FIRST!r}:
    for known in [known for known in sys.modules if known.split(".")[0] == "process"]:
        del sys.modules[known]
    importlib.import_module(name)
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, timeout=TIMEOUT)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_reads_no_clock_and_does_no_io(name: str) -> None:
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).read_text().replace("def open(", "").replace("LeadAggregate.open(", "")
    for forbidden in (
        "datetime.now",
        "date.today",
        "utcnow",
        "open(",
        "print(",
        "random",
        "environ",
        "import os",
    ):
        assert forbidden not in source, f"{name} has {forbidden}"


@pytest.mark.parametrize("decision", ALL, ids=lambda decision: decision.kind)
def test_a_decision_explains_itself(decision: type[Decision]) -> None:
    assert decision.__doc__
    assert decision.__doc__.strip().endswith((".", "?"))
    assert decision.__doc__ != Decision.__doc__
    for name, field in decision.model_fields.items():
        if name not in ("policy", "price_books", "changes"):  # given by the settings, not by a person
            assert field.description, f"{decision.kind}.{name} has no description"


@pytest.mark.parametrize("kind", DECISIONS)
def test_the_example_of_a_decision_is_valid(kind: str) -> None:
    parsed = parse(kind, (DECISIONS[kind].example,))
    assert not isinstance(parsed, Refused), parsed
    assert set(DECISIONS[kind].example) <= set(DECISIONS[kind].model_fields)
    required = {name for name, field in DECISIONS[kind].model_fields.items() if field.is_required()}
    assert required <= set(DECISIONS[kind].example)


def test_all_required_decisions_exist_under_their_names() -> None:
    assert {
        "questionnaire_sent",
        "questionnaire_answered",
        "maniac_t_assessed",
        "asset_attached",
        "price_quoted",
        "quote_accepted",
        "quote_declined",
        "quote_expired",
        "contract_handed_over",
        "contract_acknowledged",
        "contract_signed",
        "vendor_setup_started",
        "vendor_setup_done",
        "vendor_setup_not_needed",
        "hub_information_given",
        "hub_requested",
        "hub_live",
        "put_on_hold",
        "resumed",
        "lost",
        "reopened",
        "corrected",
    } <= set(DECISIONS)


def test_kinds_are_unique_and_start_with_the_beginning_of_the_process() -> None:
    assert next(iter(DECISIONS)) == "details_changed"
    assert list(DECISIONS)[-1] == "corrected"
    assert "lead_opened" not in DECISIONS
    assert all(Fact.kinds[kind] is decision for kind, decision in DECISIONS.items())
    assert not set(Fact.kinds) & set(Effect.kinds)


@pytest.mark.parametrize("kind", Effect.kinds)
def test_every_effect_has_a_queue(kind: str) -> None:
    assert Effect.kinds[kind].queue
    assert Effect.kinds[kind].summary is not Effect.summary


def test_a_key_names_lead_event_and_purpose() -> None:
    event_log = Life().quoted().aggregate.event_log
    assert effect_key(event_log.lead, event_log.events[1], "x") == "lead-example/2/x"


def test_every_period_is_described() -> None:
    assert all(field.description for field in Periods.model_fields.values())


def test_a_concrete_fact_without_a_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="Nameless needs a kind"):

        class Nameless(Decision):
            """A decision without a kind."""
