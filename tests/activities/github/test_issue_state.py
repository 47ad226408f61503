"""An issue that is as we left it is told from one that somebody has changed."""

from collections.abc import Callable

import pytest

from activities.github import issue_block
from activities.github.issue_block import Boxes, LastWritten
from activities.github.issue_state import IssueState, is_as_written
from activities.github.models import Label

KEY = "lead-abcdefgh"
TITLE = "[University / Ada] - A hub"
TEXT = "A lead.\n\n- [x] Questionnaire sent\n- [ ] Questionnaire answered"
BOXES = Boxes(("sent", "answered"))


def written(around: str = "Words of a person.") -> IssueState:
    """Return an issue just after our writing."""
    values = LastWritten(state="open", title=issue_block.checksum(TITLE), labels=("lead", "service:hub"))
    labels = [Label(name="Lead"), Label(name="service:hub")]
    return IssueState(issue_block.write(around, KEY, TEXT, values, BOXES), TITLE, "open", "", labels)


def replaced(old: str, new: str) -> Callable[[IssueState], IssueState]:
    return lambda shown: shown._replace(body=shown.body.replace(old, new))


@pytest.mark.parametrize(
    "change",
    [
        lambda shown: shown,
        replaced("Words of a person.", "Other words."),
        replaced("\n", "\r\n"),  # as GitHub's editor writes it
        lambda shown: shown._replace(labels=shown.labels[::-1]),
    ],
)
def test_text_around_our_block_is_no_edit(change: Callable[[IssueState], IssueState]) -> None:
    assert is_as_written(change(written()), KEY)


@pytest.mark.parametrize(
    "change",
    [
        replaced("- [x]", "- [ ]"),
        replaced("- [ ]", "- [X]"),
        replaced("A lead.", "A lead. By hand."),
        replaced("- [ ] Questionnaire answered", ""),
        replaced(KEY, "lead-another"),
        replaced("lead-to-hub:wrote", "lead-to-hub:nothing"),
        lambda shown: shown._replace(title="Another title"),
        lambda shown: shown._replace(state="closed"),
        lambda shown: shown._replace(labels=shown.labels[:1]),
        lambda shown: shown._replace(labels=[*shown.labels, Label(name="a person's own")]),
        lambda shown: shown._replace(body=""),
    ],
)
def test_every_other_change_is_an_edit(change: Callable[[IssueState], IssueState]) -> None:
    assert change(written()) != written()
    assert not is_as_written(change(written()), KEY)
