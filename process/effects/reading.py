"""Effects that read from outside: the questionnaire's answers and the price list."""

from process.effects.base import Effect
from process.types import Id


class ReadAnswers(Effect):
    """Reads the answers of a questionnaire response."""

    kind = "read_answers"
    queue = "answers"
    response_id: Id

    def summary(self) -> str:
        return "Read the questionnaire's answers"


class ReadPrices(Effect):
    """Reads the current price list."""

    kind = "read_prices"
    queue = "prices"
    coalesces = True

    def summary(self) -> str:
        return "Read the price list"
