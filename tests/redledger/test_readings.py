"""Readings without a connection: wherever a connection or the process breaks, each event is handed over once."""

from __future__ import annotations

import json
from random import Random

import pytest

from redledger.client import Event, _Events, _Rows

Place = tuple[int, int]


def data(book: int, position: int) -> str:
    envelope = {
        "id": f"{book}/{position}",
        "type": "order.placed",
        "book": book,
        "sequence": f"{position:019d}",
        "subject": "order/M-1/O-1",
        "time": "2025-04-01T08:00:00Z",
        "recordedtime": "2025-04-01T08:00:00.5Z",
        "data": {"payload": {}, "entry": None},
    }
    return f"data: {json.dumps(envelope)}"


def token_of(place: dict[str, int]) -> str:
    """A token is one word."""
    return json.dumps(place, separators=(",", ":"))


class Service:
    """A log of three books, streamed in random writes. A token has the positions."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.log = [(book, position) for book in range(3) for position in range(1, random.randint(2, 12))]

    def lines(self, after: str | None) -> list[str]:
        """The lines of a connection: events after the place, some together, some heartbeats between."""
        place: dict[str, int] = json.loads(after) if after else {}
        left = [each for each in self.log if each[1] > place.get(str(each[0]), 0)]
        lines = ["retry: 2000", f"id: {token_of(place)}", ""]
        while left:
            write = [self._next(left) for _ in range(min(len(left), self._random.randint(1, 4)))]
            place |= {str(book): position for book, position in write}
            for n, each in enumerate(write):
                lines += [f"id: {token_of(place)}"] * (n == len(write) - 1) + ["event: order.placed", data(*each), ""]
            if self._random.random() < 0.2:
                lines += [": nothing new", f"id: {token_of(place)}", ""]
        return lines

    def _next(self, left: list[Place]) -> Place:
        """The next event of any book."""
        book = self._random.choice(sorted({book for book, _ in left}))
        found = next(each for each in left if each[0] == book)
        left.remove(found)
        return found


@pytest.mark.parametrize("number", range(300))
def test_each_event_is_handed_over_once_and_in_order_however_often_it_breaks(number: int) -> None:
    random = Random(f"readings/{number}")
    service, found, saved = Service(random), list[Place](), ""
    reading = _Events(None)
    for _ in range(200):
        lines = service.lines(reading.begin())
        for line in lines[: random.randint(0, len(lines))]:
            if (event := reading.taken(line)) is not None:
                found.append((event.book, event.position))
                saved = event.place
        if random.random() < 0.5:  # the process dies: the next one has the saved place alone
            reading = _Events(saved)
        if len(found) == len(service.log):
            break
    assert sorted(found) == sorted(service.log), f"readings/{number}"
    for book in range(3):
        positions = [position for of, position in found if of == book]
        assert positions == sorted(positions)


def test_a_place_between_two_events_of_a_write_names_the_first() -> None:
    reading = _Events(None)
    events = [reading.taken(line) for line in ("id: T0", "", data(1, 7), "", "id: T1", data(2, 3), "")]
    places = [event.place for event in events if isinstance(event, Event)]
    assert places == ["T0 1:7", "T1"]
    again = _Events("T0 1:7")
    assert (again.begin(), again.taken(data(1, 7)), again.taken("")) == ("T0", None, None)


def test_rows_of_one_event_all_come_and_have_the_place_before_it() -> None:
    row = '{"type":"view.v.t","book":1,"sequence":"7","subject":"k%d","data":{"deleted":false}}'
    reading = _Rows(None)
    lines = ("id: T0", "", f"data: {row % 1}", "", "id: T1", f"data: {row % 2}", "")
    rows = [found for line in lines if (found := reading.taken(line)) is not None]
    assert [(each.table, each.key, each.place) for each in rows] == [("t", "k1", "T0"), ("t", "k2", "T1")]
