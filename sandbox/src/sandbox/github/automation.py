"""The board's built-in automations: they move the cards of closed or reopened issues, and close issues whose cards
enter a column. They are off until somebody switches one on.
"""

from sandbox.github import board, commands
from sandbox.github.auth import as_person
from sandbox.github.records import AUTOMATION, Issue, Item, Project
from sandbox.github.state import Change, GitHubState
from sandbox.github.write_log import ABSENT


def run(change: Change, state: GitHubState) -> None:
    """Run the automations that this write triggers."""
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
    """Return the column that the issue's card belongs in after this change of its state, or None."""
    before = change.replaced.get("issues", {}).get(issue.id, issue)
    if not isinstance(before, Issue) or before.state == issue.state:
        return None
    return project.automations.get("closed" if issue.state == "closed" else "reopened")


def _closes(change: Change, state: GitHubState, project: Project, item: Item) -> bool:
    """Return True if the card has just entered the column whose issues are closed."""
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
