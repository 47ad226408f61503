"""How this GitHub starts: the organization as it is before the first lead."""

import hashlib
import secrets

from sandbox.github.records import (
    AUTOMATION,
    Access,
    App,
    Colour,
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
    clock,
)
from sandbox.github.state import GitHubState

BOT_TOKEN = "sandbox-token"  # noqa: S105 - opens nothing but this sandbox
"""The App's installation token; it does not expire."""

HOOK = 7501
"""The organization's hook, if the sandbox was told where it points."""

_COLUMNS: tuple[tuple[str, Colour], ...] = (
    ("Lead", "GRAY"),
    ("Quoted", "BLUE"),
    ("Contracted", "YELLOW"),
    ("Hub", "GREEN"),
    ("Lost", "RED"),
    ("Closed", "PURPLE"),
)

_LEADS_LABELS = (
    ("lead", "0e8a16", "Somebody shows obvious interest"),
    ("service:hub", "1d76db", "Hub as a service"),
    ("customer", "5319e7", "The contract is signed"),
    ("grant", "fbca04", "Paid from a grant"),
)

_HUBS_LABELS = (("Hub", "d93f0b", "A hub that we run"),)

_DEFAULT_COLUMNS: tuple[tuple[str, Colour], ...] = (
    ("Todo", "GREEN"),
    ("In Progress", "YELLOW"),
    ("Done", "PURPLE"),
)
"""What GitHub gives to a new board."""

_DEFAULT_LABELS = (
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
"""What GitHub gives to a new repository."""

_NEW_LEAD = """\
---
name: "New lead"
about: Somebody is interested in working with us
title: "[Lead org / Lead person] - [Lead title]"
labels: lead
assignees: ""
---

## Background

<!-- Who are they, and what do they want to do? -->

## Checklist

- [ ] Questionnaire sent
- [ ] Questionnaire response link:
- [ ] In scope?
- [ ] Leads folder link:
- [ ] Customer agreed to work with us
- [ ] Contract written
- [ ] Work has started
"""

_NEW_HUB_SERVICE = """\
---
name: "New hub service"
about: A lead for a hub as a service
title: "[Lead org / Lead person] - [Lead title]"
labels: lead, service:hub
assignees: ""
---

## Background

<!-- Who are they, and what do they want to do? -->

## Checklist

- [ ] Questionnaire sent
- [ ] Questionnaire response link:
- [ ] In scope?
- [ ] Leads folder link:
- [ ] Budget link:
- [ ] Statement of work link:
- [ ] Customer agreed to work with us
- [ ] Funding procured
- [ ] Contract written
- [ ] Infrastructure links:
- [ ] Work has started
"""


_TEMPLATES = {
    ".github/ISSUE_TEMPLATE/new-lead.md": _NEW_LEAD,
    ".github/ISSUE_TEMPLATE/new-hub-service.md": _NEW_HUB_SERVICE,
}


def seeded(org: str, *, bare: bool = False) -> GitHubState:
    """A new state for the organization of this name.

    `bare`: its repositories and its board as GitHub makes new ones, with nothing that leads need.
    """
    bot = User(id=1001, login="lead-to-hub[bot]", name="lead-to-hub", type="Bot")
    sales = User(id=1002, login="amara-sales", name="Amara Okafor")
    outsider = User(id=1003, login="jo-outside", name="Jo Lindqvist")
    contracts = User(id=1004, login="chidi-contracts", name="Chidi Park")
    engineering = User(id=1005, login="eda-engineering", name="Eda Rossi")
    community = User(id=1006, login="cora-community", name="Cora Mensah")
    owner = User(id=1007, login="olu-owner", name="Olu Haddad")
    automation = User(id=1008, login=AUTOMATION, name="github-project-automation", type="Bot")
    people = (sales, contracts, engineering, community, owner, outsider)
    app = App(
        id=2001,
        slug="lead-to-hub",
        name="lead-to-hub",
        client_id="Iv23sandbox00lead2hub",
        bot_id=bot.id,
        installation_id=3001,
        permissions={
            "metadata": "read",
            "contents": "write",
            "issues": "write",
            "organization_projects": "write",
            "members": "read",
        },
    )
    access: dict[int, Access] = {
        sales.id: "write",
        contracts.id: "write",
        engineering.id: "write",
        community.id: "triage",
        owner.id: "admin",
    }
    leads = Repository(
        id=4001,
        name="leads",
        description="Leads and sales that might become a contract",
        private=True,
        collaborators=access,
        files={
            "README.md": "# Leads\n\nOne issue for each lead.\n",
            **({} if bare else _TEMPLATES),
        },
    )
    hubs = Repository(
        id=4002,
        name="pilot-hubs",
        description="The hubs that we run",
        collaborators=access,
        files={"README.md": "# Pilot hubs\n\nOne issue for each hub.\n"},
    )
    organization = Organization(
        id=5001, login=org, name="2i2c", description="", members=tuple(access), owners=(owner.id,)
    )
    teams = (
        Team(
            id=number,
            organization_id=organization.id,
            slug=person.login.partition("-")[2],
            name=person.login.partition("-")[2].capitalize(),
            members=(person.id,),
        )
        for number, person in enumerate((sales, contracts, engineering, community), start=5101)
    )
    board = Project(
        id=6001,
        owner_id=organization.id,
        number=1,
        title="Leads",
        fields=(
            ProjectField(id=7001, name="Title", type="TITLE"),
            ProjectField(
                id=7002,
                name="Status",
                type="SINGLE_SELECT",
                options=tuple(
                    Option(id=_option_id(name), name=name, color=color)
                    for name, color in (_DEFAULT_COLUMNS if bare else _COLUMNS)
                ),
            ),
        ),
    )
    labels = [
        (repository, *label)
        for repository, its_labels in ((leads, _LEADS_LABELS), (hubs, _HUBS_LABELS))
        for label in (_DEFAULT_LABELS if bare else its_labels)
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
        repositories={repository.id: repository for repository in (leads, hubs)},
        labels={
            number: Label(
                id=number, repository_id=repository.id, name=name, color=color, description=description
            )
            for number, (repository, name, color, description) in enumerate(labels, start=8001)
        },
        projects={board.id: board},
    )


def point_hook(state: GitHubState, url: str, secret: str | None) -> None:
    """The organization's hook goes to this address, with this secret or else the one it has, or a new one."""
    had = state.hooks.get(HOOK)
    now = clock()
    state.hooks[HOOK] = Hook(
        id=HOOK,
        repository_id=None,
        url=url,
        content_type="json",
        secret=secret or (had and had.secret) or secrets.token_hex(20),
        events=("issues", "issue_comment", "label", "projects_v2_item"),
        active=True,
        created_at=had.created_at if had else now,
        updated_at=now,
    )


def _option_id(name: str) -> str:
    """Eight hexadecimal digits, as GitHub's are."""
    return hashlib.sha256(name.encode()).hexdigest()[:8]
