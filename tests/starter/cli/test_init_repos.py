"""`leads init-repos`: what it says, and how it ends. What it does is tested with the activities."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.faults import Fault
from sandbox.github.records import Token
from sandbox.server import Sandbox
from tests.support.commands import Ended
from tests.support.sandboxes import running_sandbox, sandbox
from tests.support.waiting import TIMEOUT

__all__ = ["running_sandbox", "sandbox"]

Say = Callable[..., Ended]


@pytest.fixture
def bare(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    sandbox.reset(bare=True)
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    return sandbox


def digest_activities(sandbox: Sandbox) -> int:
    return sum(
        each.method != "GET" and not (each.path.endswith("graphql") and "mutation" not in str(each.body))
        for each in sandbox.journal.all("github")
    )


def test_it_reports_what_existed_and_what_was_added(bare: Sandbox, say: Say) -> None:
    looked = say("init-repos", "--dry-run")
    assert (looked.code, looked.err, digest_activities(bare)) == (0, "", 0)
    assert looked.out.count(" missing") == 13
    put = say("init-repos")
    assert (put.code, put.err) == (0, "")
    rows = [line.split() for line in put.out.splitlines()]
    assert rows[0] == ["where", "what", "found"]
    assert ["2i2c-org/leads", "label", "lead", "created"] in rows
    assert ["2i2c-org/pilot-hubs", "form", "new-hub.yml", "created"] in rows
    assert ["board", "1", "(Leads)", "column", "Closed", "created"] in rows
    assert digest_activities(bare) == 8
    again = say("init-repos", "--json")
    assert again.code == 0
    assert {each["status"] for each in again.json} == {"present"}
    assert set(again.json[0]) == {"where", "name", "status", "detail"}
    assert digest_activities(bare) == 8


def test_steps_left_for_a_person_end_it_as_refused(
    bare: Sandbox, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    rights = {"metadata": "read", "issues": "write", "organization_projects": "write"}
    bare.github.tokens["weak"] = Token(user_id=bare.github.app.bot_id, permissions=rights)
    monkeypatch.setenv("LEADS_GITHUB__TOKEN", "weak")
    ended = say("init-repos", "--json")
    assert ended.code == 3
    assert ended.err == "leads: 3 of 14 must be done by hand, see above; then run this again.\n"
    assert [each["name"] for each in ended.json if each["status"] == "by hand"] == [
        "form new-lead.yml",
        "form new-hub-service.yml",
        "form new-hub.yml",
    ]


def test_a_failing_github_is_reported_with_the_progress_so_far(bare: Sandbox, say: Say) -> None:
    bare.faults.add(
        Fault(system="github", path="/pilot-hubs", kind="secondary_limit", seconds=60, times=None)
    )
    ended = say("init-repos")
    assert ended.code == 5
    assert "5 put so far" in ended.err
    assert "run this again in 1 min" in ended.out


def test_the_forms_can_be_copied_by_hand(bare: Sandbox, say: Say, tmp_path: Path) -> None:
    assert say("init-repos").code == 0
    there = {
        f"{repository.name}/{path}": text
        for repository in bare.github.repositories.values()
        for path, text in repository.files.items()
        if "ISSUE_TEMPLATE" in path
    }
    bare.journal.clear()
    ended = say("init-repos", "--files", "forms", "--json")
    assert ended.code == 0
    assert len(ended.json["written"]) == len(there) == 3
    assert bare.journal.all("github") == []
    for name, text in there.items():
        assert (tmp_path / "forms" / name).read_text(encoding="utf-8") == text
    changed = tmp_path / "forms" / "leads/.github/ISSUE_TEMPLATE/new-lead.yml"
    changed.write_text("ours")
    again = say("init-repos", "--files", "forms")
    assert again.out.startswith("Nothing written.\nThere already")
    assert changed.read_text() == "ours"


def test_wrong_usage(bare: Sandbox, say: Say, tmp_path: Path) -> None:
    assert say("init-repos", "--files", "forms", "--link").code == 2
    (tmp_path / "taken").write_text("")
    ended = say("init-repos", "--files", "taken")
    assert ended.code == 2
    assert "taken can't be written" in ended.err


def test_killed_in_the_middle_it_continues_from_there(bare: Sandbox, say: Say) -> None:
    slow = Fault(system="github", method="PUT", path="new-hub-service", kind="slow", seconds=TIMEOUT)
    bare.faults.add(slow)
    summary = [sys.executable, "-m", "starter.cli", "init-repos"]
    running = subprocess.Popen(summary, stdout=subprocess.DEVNULL, cwd=Path(__file__).parents[3])
    try:
        while not slow.hits:
            assert running.poll() is None
            time.sleep(0.01)
    finally:
        running.kill()
        running.wait()
    bare.faults.clear()
    (asked,) = bare.journal.all("github", "PUT", "new-hub-service")
    while asked.status is None:  # GitHub does what it was asked for, though nobody waits for the answer
        time.sleep(0.01)
    found = {each["name"]: each["status"] for each in say("init-repos", "--json").json}
    assert found["form new-lead.yml"] == found["form new-hub-service.yml"] == "present"
    assert found["form new-hub.yml"] == found["label Hub"] == found["column Lead"] == "created"
    assert {each["status"] for each in say("init-repos", "--json").json} == {"present"}
