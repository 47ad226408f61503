"""Getting in, with a token or as a GitHub App, and what `leads check` finds."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import SecretStr
from temporalio.exceptions import ApplicationError

from activities.checks import Check
from activities.errors import PARKED
from activities.github.activities import GitHubActivities
from config.settings import Settings
from sandbox.server import Sandbox
from tests.support.github_world import GitHub, a_lead, opened, perform
from tests.support.performing import changed


@pytest.fixture
def as_app(settings: Settings, github: GitHub) -> Settings:
    """Settings of the GitHub App, with a new key."""
    return changed(
        settings,
        "github",
        token=None,
        app_id=github.state.app.id,
        app_private_key=SecretStr(github.state.register_app_key()),
        app_installation_id=github.state.app.installation_id,
    )


def test_a_repository_that_strangers_can_read_is_seen(settings: Settings, github: GitHub) -> None:
    def found(settings: Settings) -> dict[str, Check]:
        checks = [each for each in GitHubActivities(settings).checks() if "strangers" in each.name]
        return {each.name.split()[0]: each for each in checks}

    leads, hubs = f"{settings.github.org}/leads", f"{settings.github.org}/pilot-hubs"
    assert {name: check.ok for name, check in found(settings).items()} == {leads: True, hubs: True}
    there = found(changed(settings, "github", hubs_public=False))
    assert (there[leads].ok, there[hubs].ok) == (True, False)
    assert "LEADS_GITHUB__HUBS_PUBLIC=true" in there[hubs].detail
    for number, repository in list(github.state.repositories.items()):
        github.state.repositories[number] = repository.replaced(private=False)
    there = found(settings)
    assert (there[leads].ok, there[hubs].ok) == (False, True)
    assert "make it private" in there[leads].detail


def test_a_github_app_works_as_its_bot_and_keeps_its_token(as_app: Settings, github: GitHub) -> None:
    activities = GitHubActivities(as_app)
    lead = opened(activities, a_lead())
    perform(activities, "update_issue", lead)
    perform(activities, "place_card", lead)
    assert github.state.users[github.issue().author_id].login == "lead-to-hub[bot]"
    assert len(github.requests("POST", "access_tokens")) == 1


def with_rights(github: GitHub, **more: str) -> None:
    """Give the App more rights."""
    app = github.state.app
    github.state.app = app.replaced(permissions={**app.permissions, **more})


def test_a_token_is_for_the_two_repositories_and_the_rights_needed(as_app: Settings, github: GitHub) -> None:
    with_rights(github, contents="write", administration="write", members="read")
    lead = opened(GitHubActivities(as_app), a_lead())
    (token,) = (token for secret, token in github.state.tokens.items() if secret.startswith("ghs_"))
    assert token.permissions == {
        "metadata": "read",
        "issues": "write",
        "organization_projects": "write",
        "members": "read",
    }
    named = {github.state.repositories[number].name for number in token.repositories or ()}
    assert named == {as_app.github.leads_repo, as_app.github.hubs_repo}
    assert lead.issue


def test_a_token_asks_for_no_right_that_the_installation_lacks(as_app: Settings, github: GitHub) -> None:
    app = github.state.app
    rights = {name: level for name, level in app.permissions.items() if name != "members"}
    github.state.app = app.replaced(permissions=rights)
    assert opened(GitHubActivities(as_app), a_lead()).issue


def test_a_repository_that_is_not_there_by_name_does_not_stop_the_others(
    as_app: Settings, github: GitHub
) -> None:
    assert opened(GitHubActivities(changed(as_app, "github", hubs_repo="renamed-since")), a_lead()).issue


def test_excess_rights_are_told(as_app: Settings, github: GitHub) -> None:
    with_rights(github, administration="write")
    (check,) = (
        each
        for each in GitHubActivities(as_app).checks()
        if each.name == "the GitHub App has no other rights"
    )
    assert check.ok
    assert check.warns
    assert "administration (write)" in check.detail
    assert "issues" not in check.detail


def test_a_key_on_one_line_is_read(as_app: Settings, github: GitHub) -> None:
    assert as_app.github.app_private_key is not None
    one_line = as_app.github.app_private_key.get_secret_value().replace("\n", "\\n")
    opened(GitHubActivities(changed(as_app, "github", app_private_key=SecretStr(one_line))), a_lead())
    assert len(github.issues("leads")) == 1


def test_a_token_that_was_revoked_is_replaced_at_the_retry(as_app: Settings, github: GitHub) -> None:
    activities = GitHubActivities(as_app)
    lead = opened(activities, a_lead())
    for secret in [secret for secret in github.state.tokens if secret.startswith("ghs_")]:
        del github.state.tokens[secret]
    with pytest.raises(ApplicationError, match="401") as failure:
        perform(activities, "update_issue", lead)
    assert failure.value.type == PARKED
    perform(activities, "update_issue", lead)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"app_private_key": SecretStr("not a key")}, "LEADS_GITHUB__APP_PRIVATE_KEY"),
        ({"app_private_key": None}, "LEADS_GITHUB__APP_PRIVATE_KEY"),
        ({"app_id": None}, "LEADS_GITHUB__TOKEN"),
        ({"app_installation_id": None}, "LEADS_GITHUB__TOKEN"),
        ({"app_installation_id": 1}, "404"),
        ({"app_id": 1}, "404"),
        ({"token": SecretStr("wrong")}, "401"),
        ({"api_url": "nonsense"}, "LEADS_GITHUB__API_URL"),
    ],
)
def test_credentials_that_do_not_work_are_parked(
    as_app: Settings, changes: dict[str, Any], named: str
) -> None:
    activities = GitHubActivities(changed(as_app, "github", **changes))
    with pytest.raises(ApplicationError, match=named) as failure:
        perform(activities, "open_issue", a_lead())
    assert (failure.value.type, failure.value.non_retryable) == (PARKED, True)


def test_threads_do_not_share_a_client(activities: GitHubActivities, github: GitHub) -> None:
    leads = [a_lead(id=f"lead-{number}") for number in range(12)]
    with ThreadPoolExecutor(6) as threads:
        links = [lead.issue for lead in threads.map(lambda lead: opened(activities, lead), leads)]
    assert len({link.id for link in links if link}) == len(github.issues("leads")) == 12


# leads check


def found(settings: Settings) -> dict[str, tuple[bool, str]]:
    return {check.name: (check.ok, check.detail) for check in GitHubActivities(settings).checks()}


def test_all_is_well(settings: Settings, as_app: Settings, github: GitHub) -> None:
    for each in (settings, as_app):
        checks = list(GitHubActivities(each).checks())
        assert len(checks) >= 5
        assert [check for check in checks if not check.ok] == []
        assert {check.system for check in checks} == {"GitHub"}
    assert [write for write in github.writes() if "access_tokens" not in write] == []


def without_labels(github: GitHub) -> None:
    for number in [
        number for number, label in github.state.labels.items() if label.name in ("customer", "Hub")
    ]:
        del github.state.labels[number]


def without_issues(github: GitHub) -> None:
    for repository in github.state.repositories.values():
        github.state.repositories[repository.id] = repository.replaced(has_issues=False)


def without_rights(github: GitHub) -> None:
    app = github.state.app
    github.state.app = app.replaced(permissions={**app.permissions, "organization_projects": "read"})


def without_columns(github: GitHub) -> None:
    project = github.state.project(1)
    assert project is not None
    title, status = project.fields
    fewer = status.replaced(options=status.options[:4])
    github.state.projects[project.id] = project.replaced(fields=(title, fewer))


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (without_labels, ["create customer", "create Hub"]),
        (without_issues, ["switch its issues on", "switch its issues on"]),
        (without_rights, ["organization_projects (write)"]),
        (without_columns, ["Lost, Closed"]),
    ],
)
def test_missing_things_are_reported(
    as_app: Settings, github: GitHub, spoil: Callable[[GitHub], None], named: list[str]
) -> None:
    spoil(github)
    details = [detail for ok, detail in found(as_app).values() if not ok]
    assert len(details) == len(named)
    for detail, summary in zip(details, named, strict=True):
        assert summary in detail


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"token": SecretStr("wrong")}, "401"),
        ({"leads_repo": "nowhere"}, "nowhere"),
        ({"project_number": 9}, "no board 9"),
        ({"status_field": "Phase"}, "'Phase'"),
        ({"api_url": "http://127.0.0.1:9/api/v3"}, "could not be reached"),
        ({"token": None}, "No GitHub credentials"),
    ],
)
def test_problems_are_reported_and_nothing_is_raised(
    settings: Settings, changes: dict[str, Any], named: str
) -> None:
    details = [
        check.detail
        for check in GitHubActivities(changed(settings, "github", **changes)).checks()
        if not check.ok
    ]
    assert details
    assert any(named in detail for detail in details)
    assert len(details) == len(set(details))


def test_a_problem_of_all_checks_is_reported_once(settings: Settings) -> None:
    checks = GitHubActivities(changed(settings, "github", token=None)).checks()
    assert len([check for check in checks if not check.ok]) == 1


def test_no_check_tells_a_secret(settings: Settings, sandbox: Sandbox) -> None:
    for check in GitHubActivities(settings).checks():
        assert "sandbox-token" not in f"{check.name} {check.detail}"


def test_a_renamed_repository_is_reported_with_the_setting(settings: Settings, sandbox: Sandbox) -> None:
    sandbox.person("olu-owner").rename_repository("pilot-hubs", "hubs")
    (wrong,) = [each for each in GitHubActivities(settings).checks() if not each.ok]
    assert wrong.name == "2i2c-org/pilot-hubs has this name"
    assert "set LEADS_GITHUB__HUBS_REPO=hubs, and restart" in wrong.detail
