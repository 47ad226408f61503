"""Reading and writing files; each change is a commit."""

import base64
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from github import Github
from github.Repository import Repository

from sandbox.github.records import Token
from sandbox.github.seed import BOT_TOKEN
from sandbox.server import Sandbox
from sandbox_tests.support.github import MEMBER_TOKEN, OUTSIDER_TOKEN, TICKETS, WEBSITE, Rest

FILE = f"{TICKETS}/contents/docs/a%20b.md"


def given(text: str, **more: str) -> dict[str, Any]:
    return {"message": "Put it", "content": base64.b64encode(text.encode()).decode(), **more}


def test_a_file_is_created_read_and_replaced(tickets: Repository) -> None:
    made = tickets.create_file("docs/new.md", "Put it", "Grüße\n")
    found = tickets.get_contents("docs/new.md")
    assert not isinstance(found, list)
    assert found.decoded_content.decode() == "Grüße\n"
    assert found.sha == made["content"].sha
    again = tickets.update_file("docs/new.md", "Change it", "Other\n", found.sha)
    assert again["commit"].sha != made["commit"].sha
    assert again["content"].sha != found.sha
    inside = tickets.get_contents("docs")
    assert isinstance(inside, list)
    assert [entry.name for entry in inside] == ["new.md"]


def test_the_author_of_a_commit(rest: Rest, github: Github) -> None:
    bot = rest("PUT", FILE, given("one"))
    assert bot.status == 201
    assert bot.json()["commit"]["message"] == "Put it"
    assert bot.json()["commit"]["author"]["name"] == "example-app"
    sha = bot.json()["content"]["sha"]
    person = rest.as_(MEMBER_TOKEN)("PUT", FILE, given("two", sha=sha))
    assert person.status == 200
    assert person.json()["commit"]["author"]["name"] == "Amara Okafor"
    author = {"name": "Ada", "email": "ada@example.org"}
    by = rest("PUT", FILE, {**given("three", sha=person.json()["content"]["sha"]), "author": author})
    assert author.items() <= by.json()["commit"]["author"].items()
    assert [each["sha"] for each in by.json()["commit"]["parents"]] == [person.json()["commit"]["sha"]]


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        ("README.md", given("x"), 422, 'Invalid request.\n\n"sha" wasn\'t supplied.'),
        ("README.md", given("x", sha="0" * 40), 409, f"README.md does not match {'0' * 40}"),
        ("new.md", given("x", sha="0" * 40), 409, f"new.md does not match {'0' * 40}"),
        ("new.md", given("x", branch="other"), 404, "Branch other not found"),
        ("new.md", {"message": "x", "content": "?"}, 422, "content is not valid Base64"),
        ("new.md", {"content": ""}, 422, 'Invalid request.\n\n"message" wasn\'t supplied.'),
        ("a/../b.md", given("x"), 422, "path contains a malformed path component"),
        (".git/config", given("x"), 422, "path contains a malformed path component"),
        (".github", given("x"), 422, ".github is a directory"),
    ],
)
def test_refused_changes(
    sandbox: Sandbox, rest: Rest, path: str, body: dict[str, Any], status: int, message: str
) -> None:
    before = sandbox.github.repositories[4001]
    answer = rest("PUT", f"{TICKETS}/contents/{path}", body)
    assert (answer.status, answer.json()["message"]) == (status, message)
    assert sandbox.github.repositories[4001] == before
    assert not sandbox.github.commits


@pytest.mark.parametrize(
    ("token", "repository", "status"),
    [
        ("reads", TICKETS, 403),
        (OUTSIDER_TOKEN, TICKETS, 404),
        (OUTSIDER_TOKEN, WEBSITE, 404),
        (f"{BOT_TOKEN}-cora-community", TICKETS, 404),
        (None, WEBSITE, 401),
        (MEMBER_TOKEN, TICKETS, 201),
    ],
)
def test_the_rights_to_change_files(
    sandbox: Sandbox, rest: Rest, token: str | None, repository: str, status: int
) -> None:
    rights = {"metadata": "read", "contents": "read", "issues": "write"}
    sandbox.github.tokens["reads"] = Token(user_id=sandbox.github.app.bot_id, permissions=rights)
    assert rest.as_(token)("PUT", f"{repository}/contents/new.md", given("x")).status == status


def test_a_branch_that_takes_pull_requests_only(sandbox: Sandbox, rest: Rest) -> None:
    tickets = sandbox.github.repositories[4001]
    sandbox.github.repositories[tickets.id] = tickets.replaced(protected=True)
    answer = rest("PUT", FILE, given("x"))
    assert answer.status == 409
    assert "Changes must be made through a pull request." in answer.json()["message"]


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_object_names_are_those_of_git(sandbox: Sandbox, rest: Rest, tmp_path: Path) -> None:
    """Compare with the object names that git itself computes."""
    answer = rest("PUT", FILE, given("Grüße\n")).json()
    for path, text in sandbox.github.repositories[4001].files.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def git(*words: str, given: str = "", **env: str) -> str:
        done = subprocess.run(
            ["git", *words],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, **env},
            input=given,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.removesuffix("\n")

    git("init", "--quiet")
    git("add", ".")
    commit = answer["commit"]
    assert git("rev-parse", ":docs/a b.md") == answer["content"]["sha"]
    assert git("write-tree") == commit["tree"]["sha"]
    who = {
        f"GIT_{role}_{name}": commit["author"][name.lower()]
        for role in ("AUTHOR", "COMMITTER")
        for name in ("NAME", "EMAIL", "DATE")
    }
    made = git("commit-tree", commit["tree"]["sha"], "-m", commit["message"], **who)
    # git ends a message with a new line, GitHub's API does not
    text = git("cat-file", "commit", made).removesuffix("\n")
    assert git("hash-object", "-t", "commit", "--stdin", given=text) == commit["sha"]


def test_files_survive_a_restart(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as first:
        first.person("amara-support").put_file("tickets", "kept.md", "Kept\n")
        (commit,) = first.github.commits.values()
    with Sandbox(tmp_path) as second:
        assert second.github.repositories[4001].files["kept.md"] == "Kept\n"
        assert second.github.commits == {commit.id: commit}
