"""GitHub's initial state, made from the seed."""

import hashlib
import secrets
from collections.abc import Iterable

from sandbox.github.records import (
    AUTOMATION,
    Access,
    App,
    Color,
    Hook,
    Label,
    Option,
    Organization,
    Project,
    ProjectField,
    Repository,
    Team,
    Token,
    User,
    current_time,
)
from sandbox.github.state import GitHubState
from sandbox.seed import Seed, SeedColumn, SeedLabel

BOT_TOKEN = "sandbox-token"  # noqa: S105 - opens nothing but this sandbox
"""The App's installation token; it does not expire. A person's token is this, a hyphen and the login."""

HOOK = 7501
"""Id of the organization's webhook, if the sandbox was started with a webhook URL."""

DEFAULT_COLUMNS: tuple[tuple[str, Color], ...] = (
    ("Todo", "GREEN"),
    ("In Progress", "YELLOW"),
    ("Done", "PURPLE"),
)
"""The columns of a new board on GitHub."""

DEFAULT_LABELS = (
    ("bug", "d73a4a", "Something isn't working"),
    ("documentation", "0075ca", "Improvements or additions to documentation"),
    ("duplicate", "cfd3d7", "This issue or pull request already exists"),
    ("enhancement", "a2eeef", "New feature or request"),
    ("good first issue", "7057ff", "Good for newcomers"),
    ("help wanted", "008672", "Extra attention is needed"),
    ("invalid", "e4e669", "This doesn't seem right"),
    ("question", "d876e3", "Further information is requested"),
    ("wontfix", "ffffff", "This will not be worked on"),
)
"""The labels of a new repository on GitHub."""


def initial_state(seed: Seed, *, bare: bool = False) -> GitHubState:
    """Return a new state for this seed.

    With `bare` the repositories and the board are as GitHub creates them: without the seed's labels, columns and
    files below `.github/`.
    """
    bot = User(id=1001, login=f"{seed.app.slug}[bot]", name=seed.app.slug, type="Bot")
    people = [
        User(id=number, login=person.login, name=person.name)
        for number, person in enumerate(seed.people, start=1002)
    ]
    automation = User(id=1002 + len(people), login=AUTOMATION, name="github-project-automation", type="Bot")
    app = App(
        id=2001,
        slug=seed.app.slug,
        name=seed.app.slug,
        client_id="Iv23sandbox000000app",
        bot_id=bot.id,
        installation_id=3001,
        permissions=dict(seed.app.permissions),
    )
    ids = {user.login: user.id for user in people}
    access: dict[int, Access] = {
        ids[person.login]: person.access for person in seed.people if person.access is not None
    }
    repositories = [
        Repository(
            id=number,
            name=each.name,
            description=each.description,
            private=each.private,
            collaborators=access,
            files={
                path: text for path, text in each.files.items() if not (bare and path.startswith(".github/"))
            },
        )
        for number, each in enumerate(seed.repositories, start=4001)
    ]
    organization = Organization(
        id=5001,
        login=seed.organization.login,
        name=seed.organization.name,
        description="",
        members=tuple(access),
        owners=tuple(ids[person.login] for person in seed.people if person.owner),
    )
    teams = [
        Team(
            id=number,
            organization_id=organization.id,
            slug=team.slug,
            name=team.slug.capitalize(),
            members=tuple(ids[login] for login in team.members),
        )
        for number, team in enumerate(seed.teams, start=5101)
    ]
    default_columns = [SeedColumn(name=name, color=color) for name, color in DEFAULT_COLUMNS]
    board = _board(organization, seed.board.title, default_columns if bare else seed.board.columns)
    default_labels = [SeedLabel(name=n, color=c, description=d) for n, c, d in DEFAULT_LABELS]
    labels = [
        (repository.id, label)
        for repository, seeded in zip(repositories, seed.repositories, strict=True)
        for label in (default_labels if bare else seeded.labels)
    ]
    return GitHubState(
        organization=organization,
        app=app,
        next_id=9001,
        users={user.id: user for user in (bot, automation, *people)},
        tokens={
            BOT_TOKEN: Token(user_id=bot.id, permissions=app.permissions),
            **{f"{BOT_TOKEN}-{person.login}": Token(user_id=person.id) for person in people},
        },
        teams={team.id: team for team in teams},
        repositories={repository.id: repository for repository in repositories},
        labels={
            number: Label(id=number, repository_id=repository_id, **label.model_dump())
            for number, (repository_id, label) in enumerate(labels, start=8001)
        },
        projects={board.id: board},
    )


def point_hook(state: GitHubState, url: str, secret: str | None) -> None:
    """Point the organization's webhook at this URL.

    Without a secret the hook keeps the one that it has, or gets a random one.
    """
    old = state.hooks.get(HOOK)
    time = current_time()
    state.hooks[HOOK] = Hook(
        id=HOOK,
        repository_id=None,
        url=url,
        content_type="json",
        secret=secret or (old and old.secret) or secrets.token_hex(20),
        events=("issues", "issue_comment", "label", "projects_v2_item"),
        active=True,
        created_at=old.created_at if old else time,
        updated_at=time,
    )


def _board(organization: Organization, title: str, columns: Iterable[SeedColumn]) -> Project:
    options = tuple(Option(id=_option_id(each.name), name=each.name, color=each.color) for each in columns)
    return Project(
        id=6001,
        owner_id=organization.id,
        number=1,
        title=title,
        fields=(
            ProjectField(id=7001, name="Title", type="TITLE"),
            ProjectField(id=7002, name="Status", type="SINGLE_SELECT", options=options),
        ),
    )


def _option_id(name: str) -> str:
    """Return eight hexadecimal digits, the form of GitHub's option ids."""
    return hashlib.sha256(name.encode()).hexdigest()[:8]
