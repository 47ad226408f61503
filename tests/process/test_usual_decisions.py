"""Each line of the agenda names a decision that exists, with fields that it has."""

from process.decisions.registry import DECISIONS
from process.views.agenda import find_line, lines, mark_of, timed_items
from tests.support.states import STATES


def test_what_a_line_suggests_exists_and_its_mark_finds_it() -> None:
    seen = set()
    for name, begin in STATES.items():
        life = begin()
        for _ in range(8):
            found = lines(life.lead, life.now)
            shown = (item for item in timed_items(life.aggregate, life.now) if item.from_events)
            assert set(map(repr, shown)) <= {repr(line.item) for line in found}
            for line in found:
                kind, fields = line.decision
                if kind:
                    seen.add(kind)
                    assert set(fields) <= set(DECISIONS[kind].model_fields), (name, line)
                mark = mark_of(line.item.role, line.item.text)
                assert find_line(life.lead, mark, life.now) is not None, (name, line)
            life.wait(20)
    assert {"invoice_sent", "merged", "quote_accepted", "usage_reported"} <= seen
