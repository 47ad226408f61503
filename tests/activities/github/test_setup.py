"""`leads init-repos` creates missing things, and leaves existing ones as they are."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any, Literal

import pytest
from pydantic import SecretStr

from activities.github.activities import GitHubActivities
from activities.github.forms import forms
from activities.github.setup import GitHubSetup, SetupItem, SetupStatus
from activities.github.setup_client import BoardSetup, GitHubSetupClient
from config.settings import Settings
from process.policy import Labels, Policy
from process.types import Stage
from sandbox.faults import Fault
from sandbox.github.records import Option, Project, ProjectField, Repository, Token
from sandbox.github.state import GitHubState
from sandbox.server import Sandbox
from tests.support.github_world import GitHub, after
from tests.support.performing import changed

NEW = 6002
DEFAULTS = ["Todo", "In Progress", "Done"]
COLUMNS = ["Lead", "Quoted", "Contracted", "Hub", "Lost", "Closed"]
LEADS_LABELS = {"lead", "service:hub", "customer"}
FORMS = ".github/ISSUE_TEMPLATE"


@pytest.fixture
def bare(sandbox: Sandbox) -> Sandbox:
    """Repositories and a board as GitHub makes new ones."""
    sandbox.reset(bare=True)
    return sandbox


class Killed(BaseException):
    """The process is no more."""


def no_sleep(seconds: float) -> None:
    assert 0 < seconds < 10


def kill(seconds: float) -> None:
    raise Killed


def setting_up(settings: Settings, policy: Policy | None = None, **how: Any) -> list[SetupItem]:
    given = {"sleep": no_sleep} | how
    return list(GitHubSetup(settings.github, policy or Policy(), **given).items())


def fates(pieces: list[SetupItem]) -> dict[str, SetupStatus]:
    return {piece.name: piece.status for piece in pieces}


def detail(pieces: list[SetupItem], what: str) -> str:
    return next(piece.detail for piece in pieces if piece.name == what)


def repository(state: GitHubState, name: str) -> Repository:
    found = state.repository("2i2c-org", name)
    assert found is not None
    return found


def labels(state: GitHubState, name: str) -> set[str]:
    names = [label.name for label in state.labels_of(repository(state, name))]
    assert len(names) == len(set(names))
    return set(names)


def board(state: GitHubState) -> Project:
    (found,) = state.projects.values()
    return found


def columns(state: GitHubState) -> list[str]:
    return [option.name for option in board(state).status.options]


def files(state: GitHubState, name: str) -> set[str]:
    return {path for path in repository(state, name).files if path.startswith(FORMS)}


def demand_all(state: GitHubState) -> None:
    """Everything is there, once."""
    assert labels(state, "leads") >= LEADS_LABELS
    assert "Hub" in labels(state, "pilot-hubs")
    assert files(state, "leads") == {f"{FORMS}/new-lead.yml", f"{FORMS}/new-hub-service.yml"}
    assert files(state, "pilot-hubs") == {f"{FORMS}/new-hub.yml"}
    assert columns(state) == DEFAULTS + COLUMNS
    assert len(state.commits) == 3


def test_a_new_team_gets_all_of_it(bare: Sandbox, settings: Settings, github: GitHub) -> None:
    before = board(github.state).status.options
    defaults = labels(github.state, "leads")
    pieces = setting_up(settings)
    assert {*fates(pieces).values()} == {SetupStatus.CREATED, SetupStatus.PRESENT}
    assert [piece.name for piece in pieces if piece.status is SetupStatus.PRESENT] == ["field Status"]
    demand_all(github.state)
    assert labels(github.state, "leads") == defaults | LEADS_LABELS
    assert board(github.state).status.options[:3] == before
    made = github.state.label(repository(github.state, "leads"), "lead")
    assert made is not None
    assert (made.color, made.description) == ("0e8a16", "Somebody shows obvious interest")
    for form in forms(settings.github, Policy()):
        assert repository(github.state, form.repo).files[form.path] == form.text
    assert all(check.ok for check in GitHubActivities(settings).checks())


def test_done_again_nothing_is_written(bare: Sandbox, settings: Settings, github: GitHub) -> None:
    setting_up(settings)
    whole = github.state.model_dump_json()
    github.forget_requests()
    pieces = setting_up(settings)
    assert {*fates(pieces).values()} == {SetupStatus.PRESENT}
    assert github.writes() == []
    assert len(github.requests()) == 10
    assert github.state.model_dump_json() == whole


def test_a_dry_run_creates_nothing(bare: Sandbox, settings: Settings, github: GitHub) -> None:
    looked = setting_up(settings, dry_run=True, link=True)
    assert github.writes() == []
    put = setting_up(settings, link=True)
    would = [piece.name for piece in looked if piece.status is SetupStatus.MISSING]
    assert would == [piece.name for piece in put if piece.status is SetupStatus.CREATED]
    assert len(would) == 15


def test_existing_things_stay_as_they_are(sandbox: Sandbox, settings: Settings, github: GitHub) -> None:
    sandbox.person("amara-sales").put_file("leads", f"{FORMS}/new-lead.yml", "name: Ours, by hand\n")
    leads = repository(github.state, "leads")
    lead = github.state.label(leads, "lead")
    assert lead is not None
    github.state.labels[lead.id] = theirs = lead.replaced(name="Lead", color="ffffff")
    before = {**repository(github.state, "leads").files}
    pieces = setting_up(settings)
    assert github.state.labels[lead.id] == theirs
    assert fates(pieces)["label lead"] is SetupStatus.DIFFERS
    assert detail(pieces, "label lead") == "name 'Lead', ours 'lead', color 'ffffff', ours '0e8a16'"
    assert fates(pieces)["form new-lead.yml"] is SetupStatus.DIFFERS
    assert "differs from ours in line 1" in detail(pieces, "form new-lead.yml")
    assert "new-lead.md is there too" in detail(pieces, "form new-lead.yml")
    assert fates(pieces)["form new-hub-service.yml"] is SetupStatus.CREATED
    assert "new-hub-service.md is there too" in detail(pieces, "form new-hub-service.yml")
    after = repository(github.state, "leads").files
    assert {path: after[path] for path in before} == before


def test_a_text_that_differs_only_in_its_line_ends_is_ours(sandbox: Sandbox, settings: Settings) -> None:
    for form in forms(settings.github, Policy()):
        text = form.text.replace("\n", "\r\n") + "\r\n"
        sandbox.person("amara-sales").put_file(form.repo, form.path, text)
    assert SetupStatus.DIFFERS not in fates(setting_up(settings)).values()


def test_names_are_the_policys(bare: Sandbox, settings: Settings, github: GitHub) -> None:
    stages = {stage: f"{number}. {stage.capitalize()}" for number, stage in enumerate(Stage)}
    names = Labels(lead="sales: lead", hub_service='"hub" as a service', customer="Kunde 🌱", hub="hub")
    policy = Policy(version="ours", columns={**stages, Stage.CLOSED: stages[Stage.LOST]}, labels=names)
    setting_up(settings, policy)
    assert labels(github.state, "leads") >= {"sales: lead", '"hub" as a service', "Kunde 🌱"}
    assert "hub" in labels(github.state, "pilot-hubs")
    assert columns(github.state)[3:] == list(dict.fromkeys(policy.columns.values()))
    issue = bare.person("amara-sales").fill_in("leads", "new-hub-service.yml", {"Organisation": "Acme"})
    found = {github.state.labels[number].name for number in issue.label_ids}
    assert found == {"sales: lead", '"hub" as a service'}
    assert {*fates(setting_up(settings, policy)).values()} == {SetupStatus.PRESENT}


def test_a_board_without_the_field_gets_it_with_all_columns(
    bare: Sandbox, settings: Settings, github: GitHub
) -> None:
    named = changed(settings, "github", status_field="Stage")
    pieces = setting_up(named)
    assert fates(pieces)["field Stage"] is SetupStatus.CREATED
    field = next(field for field in board(github.state).fields if field.name == "Stage")
    assert [option.name for option in field.options] == COLUMNS
    assert [option.color for option in field.options] == ["GRAY", "BLUE", "YELLOW", "GREEN", "RED", "PURPLE"]
    assert columns(github.state) == DEFAULTS
    assert {*fates(setting_up(named)).values()} == {SetupStatus.PRESENT}


def test_a_field_of_another_kind_is_for_a_person(bare: Sandbox, settings: Settings, github: GitHub) -> None:
    text = ProjectField(id=NEW, name="Stage", type="TEXT")
    project = board(github.state)
    github.state.projects[project.id] = project.replaced(fields=(*project.fields, text))
    named = changed(settings, "github", status_field="Stage")
    pieces = setting_up(named)
    assert fates(pieces)["field Stage"] is SetupStatus.BY_HAND
    assert "/orgs/2i2c-org/projects/1" in detail(pieces, "field Stage")


def test_a_column_in_other_letters_is_for_a_person(bare: Sandbox, settings: Settings, github: GitHub) -> None:
    project = board(github.state)
    title, status = project.fields
    more = status.replaced(options=(*status.options, Option(id="0000abcd", name="lead", color="PINK")))
    github.state.projects[project.id] = project.replaced(fields=(title, more))
    pieces = setting_up(settings)
    assert fates(pieces)["column Lead"] is SetupStatus.BY_HAND
    assert "'lead'" in detail(pieces, "column Lead")
    assert columns(github.state) == [*DEFAULTS, "lead", *COLUMNS[1:]]


def a_card(sandbox: Sandbox, column: str) -> None:
    person = sandbox.person("amara-sales")
    issue = person.open("leads", "A lead")
    person.add_card("leads", issue.number)
    person.move("leads", issue.number, column)


def test_columns_are_added_and_cards_keep_theirs(bare: Sandbox, settings: Settings, github: GitHub) -> None:
    a_card(bare, "In Progress")
    before = board(github.state).status.options
    assert fates(setting_up(settings))["column Lead"] is SetupStatus.CREATED
    assert github.column() == "In Progress"
    assert board(github.state).status.options[:3] == before


@pytest.fixture
def an_older_github(monkeypatch: pytest.MonkeyPatch) -> None:
    """One whose schema does not know the ids of options."""
    look = GitHubSetupClient.board

    def board(client: GitHubSetupClient) -> BoardSetup:
        return look(client).model_copy(update={"keeps_options": False})

    monkeypatch.setattr(GitHubSetupClient, "board", board)


@pytest.mark.usefixtures("an_older_github")
@pytest.mark.parametrize("archived", [False, True])
def test_where_cards_would_lose_theirs_nothing_is_added(
    bare: Sandbox, settings: Settings, github: GitHub, archived: bool
) -> None:
    for number in range(1, 104):  # more than a page of cards without a column, before the one that has one
        bare.person("amara-sales").open("leads", "A lead")
        bare.person("amara-sales").add_card("leads", number)
    bare.person("amara-sales").move("leads", 103, "Todo")
    bare.person("amara-sales").archive_card("leads", 103, archived=archived)
    before = board(github.state)
    pieces = setting_up(settings)
    assert fates(pieces)["column Lead"] is SetupStatus.BY_HAND
    assert f"{before.number}/settings" in detail(pieces, "column Lead")
    assert board(github.state) == before


@pytest.mark.usefixtures("an_older_github")
def test_where_no_card_has_a_column_they_are_added_all_the_same(
    bare: Sandbox, settings: Settings, github: GitHub
) -> None:
    bare.person("amara-sales").add_card("leads", bare.person("amara-sales").open("leads", "A lead").number)
    setting_up(settings)
    demand_all(github.state)
    assert '"id"' not in str(bare.journal.all("github", "POST", "graphql")[-1].body["variables"])


def test_the_board_is_linked_where_that_is_wanted(bare: Sandbox, settings: Settings, github: GitHub) -> None:
    setting_up(settings)
    assert board(github.state).repositories == ()
    assert fates(setting_up(settings, link=True))["link to leads"] is SetupStatus.CREATED
    assert len(board(github.state).repositories) == 2
    github.forget_requests()
    assert {*fates(setting_up(settings, link=True)).values()} == {SetupStatus.PRESENT}
    assert github.writes() == []


# Killed, twice, at once, and while GitHub has its troubles

WRITES: list[tuple[str, str, str]] = [
    *(("POST", "/leads/labels$", name) for name in ('"lead"', "service:hub", "customer")),
    *(("PUT", name, "") for name in ("new-lead.yml", "new-hub-service.yml", "new-hub.yml")),
    ("POST", "/pilot-hubs/labels$", ""),
    ("POST", "graphql", "updateProjectV2Field"),
]


def trouble(write: tuple[str, str, str], kind: Any, **more: Any) -> Fault:
    method, path, body = write
    return Fault(system="github", method=method, path=path, body=body, kind=kind, **more)


@pytest.mark.parametrize("kind", ["cut", "cut_after"])
@pytest.mark.parametrize("write", WRITES, ids=str)
def test_killed_at_any_write_and_run_again(
    bare: Sandbox,
    settings: Settings,
    github: GitHub,
    write: tuple[str, str, str],
    kind: Literal["cut", "cut_after"],
) -> None:
    before = board(github.state).status.options
    bare.faults.add(trouble(write, kind))
    with pytest.raises(Killed):
        setting_up(settings, sleep=kill)
    setting_up(settings)
    demand_all(github.state)
    assert board(github.state).status.options[:3] == before


@pytest.mark.parametrize(
    "more",
    [{"kind": "status_after", "status": 502}, {"kind": "status", "status": 503}, {"kind": "cut_after"}],
)
@pytest.mark.parametrize("write", WRITES, ids=str)
def test_a_passing_fault_is_passed(
    bare: Sandbox, settings: Settings, github: GitHub, write: tuple[str, str, str], more: dict[str, Any]
) -> None:
    bare.faults.add(trouble(write, **more))
    pieces = setting_up(settings)
    assert {*fates(pieces).values()} == {SetupStatus.CREATED, SetupStatus.PRESENT}
    assert fates(pieces)["label Hub"] is fates(pieces)["form new-hub.yml"] is SetupStatus.CREATED
    demand_all(github.state)


def test_the_field_is_made_once(bare: Sandbox, settings: Settings, github: GitHub) -> None:
    named = changed(settings, "github", status_field="Stage")
    bare.faults.add(trouble(("POST", "graphql", "createProjectV2Field"), "status_after", status=502))
    assert fates(setting_up(named))["field Stage"] is SetupStatus.CREATED
    assert [field.name for field in board(github.state).fields] == ["Title", "Status", "Stage"]


def test_a_field_that_somebody_makes_in_the_meantime_gets_the_columns(
    bare: Sandbox, settings: Settings, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = ProjectField(
        id=NEW, name="Stage", type="SINGLE_SELECT", options=(Option(id="0000abcd", name="Lead"),)
    )
    make = GitHubSetupClient.create_field

    def create_field(client: GitHubSetupClient, *given: Any) -> bool:
        project = board(github.state)
        github.state.projects[project.id] = project.replaced(fields=(*project.fields, theirs))
        return make(client, *given)

    monkeypatch.setattr(GitHubSetupClient, "create_field", create_field)
    found = fates(setting_up(changed(settings, "github", status_field="Stage")))
    assert (found["field Stage"], found["column Lead"], found["column Hub"]) == (
        SetupStatus.PRESENT,
        SetupStatus.PRESENT,
        SetupStatus.CREATED,
    )
    stage = board(github.state).fields[-1]
    assert stage.options[0] == theirs.options[0]
    assert [option.name for option in stage.options] == COLUMNS


def test_at_a_rate_limit_it_ends_and_says_when(
    bare: Sandbox, settings: Settings, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare.faults.add(trouble(WRITES[1], "secondary_limit", seconds=120, times=None))
    pieces = setting_up(settings)
    assert [piece.status for piece in pieces] == [SetupStatus.CREATED, SetupStatus.FAILED]
    assert pieces[-1].detail.endswith("run this again in 2 min")
    assert github.requests()[-1] == "POST /api/v3/repos/2i2c-org/leads/labels"
    bare.faults.clear()
    after(timedelta(seconds=120), monkeypatch)
    setting_up(settings)
    demand_all(github.state)


@pytest.mark.parametrize("write", WRITES[1:], ids=str)
def test_things_created_before_a_limit_are_listed(
    bare: Sandbox, settings: Settings, github: GitHub, write: tuple[str, str, str]
) -> None:
    bare.faults.add(trouble(write, "primary_limit", seconds=600, times=None))
    pieces = setting_up(settings)
    assert pieces[-1].status is SetupStatus.FAILED
    assert sum(piece.status is SetupStatus.CREATED for piece in pieces) == len(github.writes()) - 1


def test_where_github_is_down_it_ends(bare: Sandbox, settings: Settings) -> None:
    bare.faults.add(Fault(system="github", kind="status", status=503, times=None))
    (piece,) = setting_up(settings)
    assert piece.status is SetupStatus.FAILED
    assert "503" in piece.detail


def test_a_lagging_listing_creates_nothing_twice(bare: Sandbox, settings: Settings, github: GitHub) -> None:
    setting_up(settings)
    whole = github.state.model_dump_json()
    bare.faults.add(Fault(system="github", method="GET", kind="stale", writes=8, times=None))
    pieces = setting_up(settings)
    assert {*fates(pieces).values()} == {SetupStatus.PRESENT}
    assert github.state.model_dump_json() == whole


def test_several_at_once(bare: Sandbox, settings: Settings, github: GitHub) -> None:
    before, start = board(github.state).status.options, Barrier(4)

    def one(_: int) -> list[SetupItem]:
        start.wait()
        return setting_up(settings)

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(one, range(4)))
    assert {fate for pieces in found for fate in fates(pieces).values()} == {
        SetupStatus.CREATED,
        SetupStatus.PRESENT,
    }
    demand_all(github.state)
    assert board(github.state).status.options[:3] == before
    assert sum(fates(pieces)["label lead"] is SetupStatus.CREATED for pieces in found) == 1


# ---- missing permissions and wrong settings

RIGHTS = {"metadata": "read", "issues": "write", "contents": "write", "organization_projects": "write"}


@pytest.mark.parametrize(
    ("changes", "what", "expected"),
    [
        ({"contents": "read"}, "form new-lead.yml", "grant contents (write)"),
        ({"contents": "none"}, "form new-hub-service.yml", "--files FOLDER"),
        ({"issues": "read"}, "label lead", "grant the token or GitHub App issues"),
        ({"organization_projects": "read"}, "column Lead", "organization projects (write)"),
        ({"organization_projects": "none"}, "all of it", "organization projects (write)"),
    ],
)
def test_a_missing_right_is_reported_and_the_rest_is_created(
    bare: Sandbox, settings: Settings, github: GitHub, changes: dict[str, str], what: str, expected: str
) -> None:
    github.state.tokens["weak"] = Token(user_id=github.state.app.bot_id, permissions=RIGHTS | changes)
    pieces = setting_up(changed(settings, "github", token=SecretStr("weak")))
    assert fates(pieces)[what] is SetupStatus.BY_HAND
    assert expected in detail(pieces, what)
    assert SetupStatus.CREATED in fates(pieces).values()
    assert SetupStatus.FAILED not in fates(pieces).values()
    put = {piece.name for piece in pieces if piece.status is SetupStatus.CREATED}
    setting_up(settings)
    demand_all(github.state)
    assert not put & {piece.name for piece in setting_up(settings) if piece.status is SetupStatus.CREATED}


def test_a_branch_that_takes_pull_requests_only(bare: Sandbox, settings: Settings, github: GitHub) -> None:
    leads = repository(github.state, "leads")
    github.state.repositories[leads.id] = leads.replaced(protected=True)
    pieces = setting_up(settings)
    assert fates(pieces)["form new-lead.yml"] is SetupStatus.BY_HAND
    assert "pull request" in detail(pieces, "form new-lead.yml")
    assert fates(pieces)["form new-hub.yml"] is SetupStatus.CREATED


def test_disabled_issues_are_reported(bare: Sandbox, settings: Settings, github: GitHub) -> None:
    leads = repository(github.state, "leads")
    github.state.repositories[leads.id] = leads.replaced(has_issues=False)
    pieces = setting_up(settings)
    assert fates(pieces)["issues"] is SetupStatus.BY_HAND
    assert fates(pieces)["label lead"] is SetupStatus.CREATED


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"org": "nobody"}, "nobody/leads: it is not there"),
        ({"org": "nobody"}, "There is no organization nobody: correct LEADS_GITHUB__ORG"),
        ({"leads_repo": "nowhere"}, "2i2c-org/nowhere: it is not there"),
        ({"project_number": 9}, "has no board 9 that we may see: correct LEADS_GITHUB__PROJECT_NUMBER"),
        ({"token": SecretStr("wrong")}, "401"),
        ({"token": None}, "No GitHub credentials: set LEADS_GITHUB__TOKEN"),
    ],
)
def test_a_missing_repository_or_board_is_reported(
    bare: Sandbox, settings: Settings, changes: dict[str, Any], expected: str
) -> None:
    pieces = setting_up(changed(settings, "github", **changes))
    details = [piece.detail for piece in pieces if piece.status is SetupStatus.BY_HAND]
    assert any(expected in each for each in details)
    assert not any("then retry" in each or "wrong" in each for each in details)


def test_one_problem_is_reported_once(bare: Sandbox, settings: Settings) -> None:
    (piece,) = setting_up(changed(settings, "github", token=None))
    assert piece.status is SetupStatus.BY_HAND
