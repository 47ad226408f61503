"""The board's own automations, as GitHub has them: a bot moves cards when issues are closed or reopened, and closes
issues whose cards come into a column. Off, until somebody switches one on."""

from sandbox.github import board, commands
from sandbox.github.auth import as_person
from sandbox.github.records import AUTOMATION, Issue, Item, Project
from sandbox.github.state import Change, GitHubState
from sandbox.github.write_log import ABSENT


def run(change: Change, state: GitHubState) -> None:
    """What the automations do after this write."""
    bot = state.user(AUTOMATION)
    if bot is None or change.by is None or change.by.id == bot.id:
        return
    for project in [each for each in state.projects.values() if each.automations]:
        for item in state.items_of(project):
            issue = state.issues[item.issue_id]
            column, closes = _column(change, project, issue), _closes(change, state, project, item)
            if column or (closes and issue.state == "open"):
                with state.writing(bot, change.base):
                    if column:
                        _move(state, project, item, column)
                    if closes and issue.state == "open":
                        commands.edit_issue(state, as_person(bot), issue, commands.Change(state="closed"))


def _column(change: Change, project: Project, issue: Issue) -> str | None:
    """Where the issue's card belongs after what has just become of the issue."""
    before = change.replaced.get("issues", {}).get(issue.id, issue)
    if not isinstance(before, Issue) or before.state == issue.state:
        return None
    return project.automations.get("closed" if issue.state == "closed" else "reopened")


def _closes(change: Change, state: GitHubState, project: Project, item: Item) -> bool:
    """Whether the card has just come into the column whose issues are closed."""
    before = change.replaced.get("items", {}).get(item.id, item)
    now = board.column(state, item)
    if before is item or now is None or now.name != project.automations.get("closes"):
        return False
    return before is ABSENT or not isinstance(before, Item) or board.column(state, before) != now


def _move(state: GitHubState, project: Project, item: Item, column: str) -> None:
    bot = state.user(AUTOMATION)
    option = next((option.id for option in project.status.options if option.name == column), None)
    if bot and option and not item.archived:
        board.set_value(state, as_person(bot), item, project.status, {"single_select_option_id": option})
