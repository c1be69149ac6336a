"""The memory of a process is bounded: what was kept longest ago is forgotten."""

from collections import OrderedDict

from ledger.recent import keep


def test_the_value_that_was_kept_longest_ago_is_forgotten() -> None:
    known: OrderedDict[str, int] = OrderedDict()
    for name, value in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        keep(known, name, value, most=2)
    assert list(known.items()) == [("a", 3), ("c", 4)]
