"""Two leads that may be one."""

from typing import Any

from tests.support.lives import ORIGINAL, Life

HERE = ORIGINAL | {"lead_id": "lead-example"}
"""Link to the lead of most tests, as another lead stores it."""


def twin(**opened: Any) -> Life:
    """Return a lead that began as a match of the other."""
    return Life(lead_id="lead-twin", originals=[HERE], **opened)


def answers(life: Life, response: str) -> Life:
    life.does("questionnaire_answered", response_id=response)
    return life.perform()
