"""Past states."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.github.write_log import WriteLog

START = datetime(2026, 11, 23, tzinfo=UTC)
WRITES = st.lists(st.dictionaries(st.sampled_from("abc"), st.none() | st.integers(), max_size=3), max_size=8)


def _apply(table: dict[str, int], write: dict[str, int | None]) -> None:
    for key, value in write.items():
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value


@given(WRITES, st.integers(0, 9))
def test_the_past_by_writes(writes: list[dict[str, int | None]], back: int) -> None:
    history, table, seen = WriteLog(), dict[str, int](), [dict[str, int]()]
    for number, write in enumerate(writes):
        before = dict(table)
        with history.write({"t": table}, START + timedelta(seconds=number)):
            _apply(table, write)
        if table != before:
            seen.append(dict(table))
    past = history.past({"t": table}, START, writes=back)["t"]
    assert past == seen[max(0, len(seen) - 1 - back)]


@given(st.integers(1, 6), st.integers(0, 8))
def test_the_past_by_seconds(count: int, seconds: int) -> None:
    history, table = WriteLog(), dict[str, int]()
    for number in range(1, count + 1):
        with history.write({"t": table}, START + timedelta(seconds=number)):
            table["n"] = number
    now = START + timedelta(seconds=count)
    visible = count - seconds if seconds else count
    assert history.past({"t": table}, now, seconds=seconds)["t"] == ({"n": visible} if visible > 0 else {})


def test_a_failed_write_is_rolled_back() -> None:
    history, table = WriteLog(), {"a": 1}

    def fail() -> None:
        with history.write({"t": table}, START):
            table["a"] = 2
            table["b"] = 3
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert table == {"a": 1}
    assert history.past({"t": table}, START, writes=1)["t"] == {"a": 1}
