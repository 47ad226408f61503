"""docker-compose.yml and Dockerfile, judged by the published schema, by Compose itself, and by our own rules."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from .conftest import EXAMPLE, KEYS, PASSWORDS, ROOT, Compose, values

FILE = ROOT / "docker-compose.yml"
DOCUMENT: dict[str, Any] = YAML(typ="safe").load(FILE)
SERVICES: dict[str, dict[str, Any]] = DOCUMENT["services"]
ONCE = {"databases", "temporal-schema", "ledger-schema", "temporal-init"}
OURS = {"ledger-schema", "temporal-init", "worker", "web", "sandbox"}


def networks(service: str) -> set[str]:
    """The networks that a service reaches; without any of its own it would be on Compose's default one."""
    return set(SERVICES[service].get("networks", {"default"}))


def test_the_compose_schema_accepts_it() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)]
    judged = subprocess.run(command, capture_output=True, text=True)
    assert judged.returncode == 0, judged.stdout


def test_compose_accepts_it_filled_in(compose: Compose, filled_in: Path) -> None:
    read = compose.config("--env-file", str(filled_in))
    assert read.returncode == 0, read.stderr
    assert read.stderr == ""
    services = json.loads(read.stdout)["services"]
    assert set(services) == set(SERVICES) - {"sandbox"}
    settings = services["worker"]["environment"]
    assert settings["LEADS_GITHUB__COLUMNS"] == values(EXAMPLE)["LEADS_GITHUB__COLUMNS"]
    assert settings["LEADS_GITHUB__TOKEN"] is None
    assert settings["PGPASSWORD"] == "secret-of-LEDGER_DB_PASSWORD"
    assert "secret-of-POSTGRES_PASSWORD" not in str(services["worker"])
    assert "secret-of-TEMPORAL_DB_PASSWORD" not in str(services["worker"])
    assert "secret-of-LEDGER_OWNER_DB_PASSWORD" not in str(services["worker"])
    web = str(services["web"])
    assert [name for name in PASSWORDS if f"secret-of-{name}" in web] == ["WEB_DB_PASSWORD"]


def test_compose_accepts_the_sandbox(compose: Compose) -> None:
    read = compose.config("--env-file", str(ROOT / "deploy/sandbox.env"))
    assert read.returncode == 0, read.stderr
    services = json.loads(read.stdout)["services"]
    assert set(services) == set(SERVICES)
    [shared] = services["worker"]["volumes"]
    assert services["temporal-ui"]["environment"]["TEMPORAL_DISABLE_WRITE_ACTIONS"] == "false"
    written, seed = services["sandbox"]["volumes"]
    assert Path(seed["source"]).is_file()
    assert (shared["type"], shared["source"], shared["target"]) == (
        "volume",
        written["source"],
        "/credentials",
    )


@pytest.mark.parametrize("missing", PASSWORDS)
def test_compose_says_which_password_is_missing(compose: Compose, tmp_path: Path, missing: str) -> None:
    env = tmp_path / "some.env"
    env.write_text("".join(f"{name}=x\n" for name in PASSWORDS if name != missing))
    read = compose.config("--env-file", str(env))
    assert read.returncode != 0
    assert f"{missing} is missing a value: set it in .env" in read.stderr


def test_the_compose_schema_accepts_mtls() -> None:
    overlay = str(ROOT / "deploy/mtls.yml")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", overlay]
    judged = subprocess.run(command, capture_output=True, text=True)
    assert judged.returncode == 0, judged.stdout


def test_every_variable_is_explained_and_has_the_default_shown() -> None:
    shown = values(EXAMPLE)
    files = FILE.read_text() + (ROOT / "deploy/mtls.yml").read_text()
    used = re.findall(r"\$\{([A-Z_0-9]+)(?::([-?+])([^${}]*|\$\{[^}]*\}|[^{}]*\$\{[^}]*\}))?\}", files)
    assert {name for name, _, _ in used} >= {*PASSWORDS, "CREDENTIALS", "TEMPORAL_VERSION"}
    # Where Compose differs from a worker on its own, .env.example says so in words.
    differs = {"TEMPORAL_NAMESPACE", "LEADS_CHORES_NAMESPACE", "LEADS_TEMPORAL_UI", "LEADS_LOG_FORMAT"}
    differs |= {"LEADS_KEYS__STORE_URL"}
    for name, kind, default in used:
        assert name in shown, name
        if kind == "-" and name not in differs:
            assert shown[name] == default


def test_ports_are_open_to_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert "ports" not in SERVICES["postgresql"]


def test_only_web_faces_the_internet_and_few_reach_the_database() -> None:
    on = {
        network: {name for name in SERVICES if network in networks(name)} for network in DOCUMENT["networks"]
    }
    assert on.keys() == {"edge", "core", "db"}
    assert on["edge"] == {"web"}
    assert on["db"] == {
        "postgresql",
        "databases",
        "temporal-schema",
        "ledger-schema",
        "temporal",
        "worker",
        "web",
    }
    assert DOCUMENT["networks"]["db"] == {"internal": True}
    assert networks("postgresql") == {"db"}
    assert all(networks(name) <= on.keys() for name in SERVICES)  # none is on Compose's default network


def test_web_has_its_own_few_settings_and_nobody_elses_credentials() -> None:
    web = SERVICES["web"]
    github = [
        "API_URL",
        "ORG",
        "LEADS_REPO",
        "HUBS_REPO",
        "TOKEN",
        "WEBHOOK_SECRET",
        "WEBHOOK_SECRET_PREVIOUS",
        "COLUMNS",
    ]
    pages = [
        "URL",
        "STORE_URL",
        "GITHUB_CLIENT_ID",
        "GITHUB_CLIENT_SECRET",
        "PROXY_HEADER",
        "TRUSTED_PROXIES",
        "CALENDAR_NAMES",
    ]
    of_policy = ["PEOPLE", "ALIASES", "POLICY_FILE", "LEAD_IDS", "ZONE", "TEMPORAL_UI"]
    of_policy += ["ADDRESSES__SALES", "ADDRESSES__CONTRACTS", "ADDRESSES__ENGINEERING"]
    ledger = ["LEDGER_URL", "SIGNING_KEY", "SIGNING_KEY_PREVIOUS"]
    keys = ["MASTER_KEY", "MASTER_KEY_PREVIOUS", "PEPPER", "ENCRYPTION", "CACHE_SECONDS", "STORE_URL"]
    common = ["CHORES_NAMESPACE", "TASK_QUEUE", "CHORES_QUEUE", "SECRETS", "LOG_FORMAT"]
    assert set(web["environment"]) == {
        "TEMPORAL_ADDRESS",
        "TEMPORAL_NAMESPACE",
        "PGPASSWORD",
        *(f"LEADS_{name}" for name in common + of_policy + ledger),
        *(f"LEADS_WEB__{name}" for name in pages),
        *(f"LEADS_GITHUB__{name}" for name in github),
        *(f"LEADS_KEYS__{name}" for name in keys),
    }
    assert web["environment"]["LEADS_LEDGER_URL"] == "postgresql://leads_web@postgresql:5432/leads"
    assert web["environment"]["LEADS_GITHUB__TOKEN"] == "${WEB_GITHUB_TOKEN:-}"  # not the worker's
    assert web["volumes"] == ["${WEB_CREDENTIALS:-./credentials/web}:/credentials:ro", "keys:/keys"]


def test_the_keys_are_where_leads_are_read_and_on_a_volume_of_their_own() -> None:
    having = {name for name, service in SERVICES.items() if {*KEYS} & {*service.get("environment", {})}}
    seeing = {name for name, service in SERVICES.items() if "keys:/keys" in service.get("volumes", [])}
    assert having == seeing == {"worker", "web"}
    for name in having:
        given = SERVICES[name]["environment"]
        assert given["LEADS_KEYS__STORE_URL"].endswith("sqlite:////keys/keys.sqlite}")
        for demanded in KEYS:
            assert given[demanded].startswith(f"${{{demanded}:?")  # nobody runs in clear by an oversight


def test_the_webhooks_secret_is_in_web_only() -> None:
    for name, service in SERVICES.items():
        given = str(service.get("environment", {}).get("LEADS_GITHUB__WEBHOOK_SECRET", ""))
        assert name == "web" or not given or given.startswith("${LEADS_GITHUB__WEBHOOK_SECRET:+")
        assert name == "web" or "LEADS_GITHUB__WEBHOOK_SECRET_PREVIOUS" not in service.get("environment", {})


def test_a_password_is_in_the_containers_that_use_it_only() -> None:
    having = {
        password: {name for name, service in SERVICES.items() if f"${{{password}:?" in str(service)}
        for password in PASSWORDS
    }
    assert having == {
        "POSTGRES_PASSWORD": {"postgresql", "databases"},
        "TEMPORAL_DB_PASSWORD": {"databases", "temporal-schema", "temporal"},
        "LEDGER_OWNER_DB_PASSWORD": {"databases", "ledger-schema"},
        "LEDGER_DB_PASSWORD": {"databases", "worker"},
        "WEB_DB_PASSWORD": {"databases", "web"},
    }


def test_the_temporal_ui_only_shows() -> None:
    writes = SERVICES["temporal-ui"]["environment"]["TEMPORAL_DISABLE_WRITE_ACTIONS"]
    assert writes == "${TEMPORAL_DISABLE_WRITE_ACTIONS:-true}"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_runs_restricted_and_comes_back(name: str) -> None:
    service = SERVICES[name]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["restart"] == ("on-failure:10" if name in ONCE else "unless-stopped")
    assert re.fullmatch(
        r"[a-z/-]+:(\$\{[A-Z_]+:-)?[\w.-]+\}?|\$\{LEADS_IMAGE:-lead-to-hub:local\}", service["image"]
    )
    assert service["deploy"]["resources"]["limits"].keys() == {"memory", "cpus", "pids"}
    if name not in {*ONCE, "worker"}:
        assert service["healthcheck"]["test"][0] == "CMD"
    assert service["cap_drop"] == ["ALL"]
    assert name == "temporal-ui" or service["read_only"] is True  # its image writes its configuration down
    if name in OURS:
        assert service["init"] is True


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_what_it_needs(name: str) -> None:
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        expected = "service_completed_successfully" if needed in ONCE else "service_healthy"
        assert how["condition"] == expected
        assert "profiles" not in SERVICES[needed] or how["required"] is False


def test_the_worker_has_time_to_end() -> None:
    assert SERVICES["worker"]["stop_grace_period"] == "40s"  # ten more than it gives its activities


def test_scripts_are_there_and_parse() -> None:
    mounted = re.findall(r"\./(deploy/\S+?):", FILE.read_text())
    assert mounted
    for name in mounted:
        assert (ROOT / name).is_file()
        if name.endswith(".sh"):
            subprocess.run(["sh", "-n", ROOT / name], check=True)


DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_the_image_holds_every_package_of_the_project() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]
    build = {"requirements.lock", "requirements-dev.lock", "pyproject.toml", "README.md"}
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE))
    sources = {source for line in copied for source in line.split()}
    assert sources == {*packages["only-include"], *build, "sandbox"}
    admitted = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    assert admitted == sources


def test_the_image_installs_locked_wheels_and_runs_unprivileged() -> None:
    installs = re.findall(r"pip install (.+)", DOCKERFILE)
    assert installs
    from_lock = "--require-hashes --only-binary :all: -r requirements"
    assert all(install.startswith((from_lock, "--no-deps --no-index /wheels/")) for install in installs)
    assert re.search(r"^ARG PYTHON=3\.\d+-slim-\w+$", DOCKERFILE, re.MULTILINE)
    last_stages = DOCKERFILE.split(" AS base\n")[1]
    assert re.findall(r"^USER (\w+)$", last_stages, re.MULTILINE) == ["leads"]
    assert "://" not in DOCKERFILE
