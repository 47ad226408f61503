"""Checks that the people who may decide for a role exist on GitHub."""

from collections.abc import Iterator, Mapping, Sequence

from activities.checks import Check
from activities.github.client import GitHubClient
from process.types import Role

TEAM = "team:"
KNOWN = "the people of the roles are known"


def people_checks(github: GitHubClient, people: Mapping[Role, Sequence[str]]) -> Iterator[Check]:
    """Yield one check of all logins and teams that are named for the roles."""
    names = dict.fromkeys(name for named in people.values() for name in named)
    if not names:
        detail = "LEADS_PEOPLE names nobody: comments, cards and issues of people are not obeyed"
        yield Check("GitHub", KNOWN, ok=True, detail=detail, warns=True)
        return
    wrong = [problem for name in names if (problem := _problem(github, name))]
    found = "; ".join(wrong) + ". Correct LEADS_PEOPLE" if wrong else f"{len(names)} logins and teams"
    yield Check("GitHub", KNOWN, ok=not wrong, detail=found)


def _problem(github: GitHubClient, name: str) -> str:
    """Return what is wrong with a login or a team; nothing if it is known."""
    if not name.startswith(TEAM):
        login = name.removeprefix("@")
        return "" if github.has_user(login) else f"GitHub has no account {login}"
    slug, org = name.removeprefix(TEAM), github.settings.org
    members = github.team(slug)
    if members is None:
        return f"{org} has no team {slug}, or we have no right to read it (organization Members, read)"
    return "" if members else f"the team {slug} has no members"
