"""Each line of the agenda names a decision that exists, with fields that it has."""

from process.decisions.registry import DECISIONS
from process.views.agenda import _lines, find_line, mark_of
from tests.support.states import STATES


def test_what_a_line_suggests_exists_and_its_mark_finds_it() -> None:
    seen = set()
    for name, begin in STATES.items():
        life = begin()
        for _ in range(8):
            for line in _lines(life.aggregate, life.now):
                kind, fields = line.decision
                if kind:
                    seen.add(kind)
                    assert set(fields) <= set(DECISIONS[kind].model_fields), (name, line)
                mark = mark_of(line.item.role, line.item.text)
                if line.item.from_events:
                    assert find_line(life.lead, mark, life.now) is not None, (name, line)
            life.wait(20)
    assert {"invoice_sent", "merged", "quote_accepted", "usage_reported"} <= seen
