"""The deliveries of one book as pure rules: each event until it is settled, in the order of its stream."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from ledger.actors import Actor
from ledger.events.subscriptions import DeliverySettings, ParkedEventReplayed, ParkedEventSkipped, SubscriptionRewound
from ledger.streams.subscriptions import PlaceDecision, PlaceEvent
from service.subscriptions.book_delivery import BookDelivery, NotHeld, Receipt, Unsettled

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
SETTINGS = DeliverySettings(most_in_flight=10, ack_within_s=60, most_retries=2)
ADA = Actor(kind="platform", id="ada", role="admin")


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def delivery(*streams: str) -> BookDelivery:
    """A book whose events 1, 2, 3 … are of these streams, in the hands of the member `a`."""
    state = BookDelivery(3, 0, 0, SETTINGS, member="a")
    state.read_on(enumerate(streams, 1), len(streams), NOW)
    return state


def leased(state: BookDelivery, now: datetime = NOW, *, most: int = 100) -> list[Receipt]:
    taken = state.take(state.ready(now)[:most], now)
    return [Receipt(3, each.lease, each.position) for each in taken]


def positions(receipts: Sequence[Receipt]) -> list[int]:
    return [receipt.position for receipt in receipts]


def decided(state: BookDelivery, event: PlaceEvent) -> None:
    state.carry_out([PlaceDecision(state.decided + 1, event)], epoch=0, now=NOW)


def replayed(position: int) -> ParkedEventReplayed:
    return ParkedEventReplayed(subscription_id="S", book=3, position=position, replayed_by=ADA, replayed_at=NOW)


def skipped(position: int) -> ParkedEventSkipped:
    return ParkedEventSkipped(
        subscription_id="S", book=3, position=position, reason="bad", skipped_by=ADA, skipped_at=NOW
    )


def rewound(position: int) -> SubscriptionRewound:
    return SubscriptionRewound(subscription_id="S", positions={3: position}, rewound_by=ADA, rewound_at=NOW)


def test_all_events_of_a_lease_are_in_order_also_those_of_one_stream() -> None:
    assert positions(leased(delivery("x", "y", "x", "x"))) == [1, 2, 3, 4]


def test_an_acknowledged_event_is_settled() -> None:
    state = delivery("x", "y")
    state.acknowledge("a", leased(state))
    assert (state.events, state.place) == ({}, 2)


def test_a_later_event_waits_while_an_earlier_one_of_its_stream_is_in_another_lease() -> None:
    state = delivery("x", "y", "x", "z")
    leased(state, most=1)
    assert positions(leased(state)) == [2, 4]


def test_the_place_is_before_the_first_event_that_is_not_settled() -> None:
    state = delivery("x", "y", "z")
    first, second, third = leased(state)
    state.acknowledge("a", [first, third])
    assert state.place == 1
    state.acknowledge("a", [second])
    assert state.place == 3


def test_an_acknowledgement_of_what_was_not_sent_changes_nothing() -> None:
    state = delivery("x", "y", "z")
    (first,) = leased(state, most=1)
    before = dict(state.events)
    for wrong in (Receipt(3, 1, 2), Receipt(3, 2, 1), Receipt(3, 0, 2), Receipt(3, 1, 99)):
        with pytest.raises(NotHeld):
            state.acknowledge("a", [first, wrong])
        assert state.events == before


def test_another_member_acknowledges_nothing() -> None:
    state = delivery("x")
    with pytest.raises(NotHeld):
        state.acknowledge("b", leased(state))


def test_an_event_is_not_acknowledged_before_an_earlier_one_of_its_stream() -> None:
    state = delivery("x", "x")
    first, second = leased(state)
    with pytest.raises(NotHeld):
        state.acknowledge("a", [second])
    state.acknowledge("a", [second, first])
    assert state.events == {}


def test_a_lease_that_has_ended_is_refused_once_its_events_are_taken_back() -> None:
    state = delivery("x")
    receipts = leased(state)
    state.expire(at(59))
    assert state.leased()
    state.expire(at(60))
    with pytest.raises(NotHeld):
        state.acknowledge("a", receipts)
    assert positions(leased(state, at(60))) == [1]


def test_a_former_owner_acknowledges_nothing_and_its_events_go_to_the_next() -> None:
    state = delivery("x", "y")
    receipts = leased(state)
    state.hand_over("b", at(5))
    for member in ("a", "b"):
        with pytest.raises(NotHeld):
            state.acknowledge(member, receipts)
    again = leased(state, at(5))
    assert positions(again) == [1, 2]
    assert {each.lease for each in again} == {2}


def test_an_event_that_is_given_back_holds_up_its_stream_alone() -> None:
    state = delivery("x", "y", "x")
    first, *_ = leased(state)
    state.give_back("a", [first], NOW, retry_after_s=30)
    assert positions(leased(state, at(29))) == []
    assert state.leased() == [state.events[2]]
    assert positions(leased(state, at(30))) == [1, 3]


def test_later_events_of_the_stream_are_taken_back_without_a_count() -> None:
    state = delivery("x", "x")
    first, _ = leased(state)
    state.give_back("a", [first], NOW)
    assert [each.attempts for each in state.events.values()] == [1, 0]


def test_an_earlier_event_stays_in_the_lease_when_a_later_one_is_given_back() -> None:
    state = delivery("x", "x")
    first, second = leased(state)
    state.give_back("a", [second], NOW)
    state.acknowledge("a", [first])
    assert list(state.events) == [2]


def test_the_wait_doubles_with_each_failure() -> None:
    state = delivery("x")
    state.settings = SETTINGS.model_copy(update={"most_retries": 100})
    waits, now = [], NOW
    for _ in range(11):
        state.give_back("a", leased(state, now), now)
        waits.append((state.events[1].due_at - now).total_seconds())
        now = state.events[1].due_at
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_an_event_is_parked_after_its_last_retry() -> None:
    state = delivery("x", "x", "y")
    for _ in range(3):
        receipts = leased(state)
        state.give_back("a", receipts[:1], NOW, retry_after_s=0, reason="no")
    assert state.events[1] == Unsettled(1, "x", NOW, attempts=3, parked=True, reason="no")
    assert positions(leased(state)) == []
    assert state.place == 1


def test_deliveries_without_an_answer_count_too() -> None:
    state, now = delivery("x"), NOW
    for _ in range(3):
        assert not state.events[1].parked
        leased(state, now)
        now += timedelta(seconds=60)
        state.expire(now)
    assert state.events[1].parked


def test_a_member_may_park_at_once() -> None:
    state = delivery("x")
    state.give_back("a", leased(state), NOW, park=True, reason="gone")
    assert state.events[1].parked


def test_a_parked_event_that_is_replayed_comes_before_the_later_ones() -> None:
    state = delivery("x", "x")
    state.give_back("a", leased(state)[:1], NOW, park=True)
    decided(state, replayed(1))
    assert state.events[1].attempts == 0
    assert positions(leased(state)) == [1, 2]


def test_a_parked_event_that_is_skipped_is_settled() -> None:
    state = delivery("x", "x")
    state.give_back("a", leased(state)[:1], NOW, park=True)
    decided(state, skipped(1))
    assert positions(leased(state)) == [2]


def test_nothing_but_a_parked_event_is_replayed_or_skipped() -> None:
    state = delivery("x", "y")
    leased(state, most=1)
    before = dict(state.events)
    for event in (replayed(1), skipped(1), skipped(2), replayed(9)):
        decided(state, event)
    assert state.events == before


def test_a_decision_is_carried_out_once() -> None:
    state = delivery("x")
    decision = PlaceDecision(7, rewound(0))
    state.carry_out([decision], epoch=0, now=NOW)
    state.read_on([(1, "x")], 1, NOW)
    receipts = leased(state)
    state.carry_out([decision], epoch=0, now=NOW)
    state.acknowledge("a", receipts)


def test_a_rewind_takes_everything_back_and_forgets_what_comes_again() -> None:
    state = delivery("x", "y", "z", "x")
    receipts = leased(state)
    state.give_back("a", [receipts[0]], NOW, park=True)
    state.give_back("a", [receipts[2]], NOW, park=True)
    decided(state, rewound(2))
    assert (sorted(state.events), state.position) == ([1], 2)
    with pytest.raises(NotHeld):
        state.acknowledge("a", [receipts[1]])
    state.read_on([(3, "z"), (4, "x")], 4, NOW)
    again = leased(state)
    assert positions(again) == [3]
    assert again[0].lease > receipts[0].lease


@pytest.mark.parametrize("seed", range(30))
def test_any_order_of_calls_keeps_the_order_of_streams_and_loses_nothing(seed: int) -> None:
    """Members lease, acknowledge, give back, die and come back late, while the log grows and people decide."""
    play = _Play(Random(seed))
    for _ in range(400):
        play.step()
        play.expect_sound()
    play.drain()
    assert sorted(play.settled) == sorted(play.streams), f"seed {seed}"


class _Play:
    """A book with its members, and beside it the plain rule: which events were settled."""

    def __init__(self, random: Random) -> None:
        self.random, self.now = random, NOW
        self.state = BookDelivery(3, 0, 0, SETTINGS, member="a")
        self.streams: dict[int, str] = {}
        self.settled: list[int] = []
        self.receipts: list[tuple[str, Receipt]] = []

    def step(self) -> None:
        match self.random.randrange(9):
            case 0:
                first = len(self.streams) + 1
                new = [(first + n, self.random.choice("wxyz")) for n in range(self.random.randrange(4))]
                self.streams |= dict(new)
                self.state.read_on(new, len(self.streams), self.now)
            case 1 | 2:
                self.expect_leasable()
                most = self.random.randrange(1, 6)
                self.receipts += [(self.state.member, each) for each in leased(self.state, self.now, most=most)]
            case 3 | 4 if self.receipts:
                member, receipt = self.random.choice(self.receipts)
                batch = [each for of, each in self.receipts if of == member and each.lease == receipt.lease]
                self.acknowledge(member, self.random.sample(batch, self.random.randint(1, len(batch))))
            case 5 if self.receipts:
                self.give_back(*self.random.choice(self.receipts))
            case 6:
                self.now += timedelta(seconds=self.random.choice((1, 20, 61)))
                self.state.expire(self.now)
            case 7:
                self.state.hand_over(self.random.choice("ab"), self.now)
            case 8 if parked := self.parked():
                self.decide(self.random.choice(parked))

    def acknowledge(self, member: str, batch: list[Receipt]) -> None:
        """Settles the whole batch, after all that is before it in its streams; or nothing has changed."""
        before = dict(self.state.events)
        try:
            self.state.acknowledge(member, batch)
        except NotHeld:
            assert self.state.events == before
            return
        for position in positions(batch):
            left = [each.position for each in self.state.events.values() if each.stream == before[position].stream]
            assert min(left, default=position) >= position, "an earlier event of the stream was not settled"
        self.settled += positions(batch)

    def give_back(self, member: str, receipt: Receipt) -> None:
        before = dict(self.state.events)
        try:
            self.state.give_back(member, [receipt], self.now, park=self.random.random() < 0.2)
        except NotHeld:
            assert self.state.events == before

    def decide(self, position: int) -> None:
        if self.random.random() < 0.5:
            self.settled.append(position)
            decided(self.state, skipped(position))
        else:
            decided(self.state, replayed(position))

    def parked(self) -> list[int]:
        return [each.position for each in self.state.events.values() if each.parked]

    def expect_leasable(self) -> None:
        """An event is ready exactly if it and all earlier ones of its stream are due, and none of them is held."""
        ready = {each.position for each in self.state.ready(self.now)}
        for each in self.state.events.values():
            upto = [e for e in self.state.events.values() if e.stream == each.stream and e.position <= each.position]
            free = all(not e.lease and not e.parked and e.due_at <= self.now for e in upto)
            assert (each.position in ready) == free

    def expect_sound(self) -> None:
        """No event is lost or settled twice; the leased events of a stream are its first ones, and of one lease."""
        assert len(self.settled) == len(set(self.settled))
        assert set(self.settled) | self.state.events.keys() == self.streams.keys()
        assert not set(self.settled) & self.state.events.keys()
        for stream in set(self.streams.values()):
            places = [at for at, name in self.streams.items() if name == stream and at in self.state.events]
            left = [self.state.events[at] for at in places]
            held = [each for each in left if each.lease]
            assert held == left[: len(held)]
            assert len({each.lease for each in held}) <= 1

    def drain(self) -> None:
        """A member that works settles everything that is left."""
        self.state.hand_over("c", self.now)
        while self.state.events:
            for position in self.parked():
                decided(self.state, replayed(position))
            self.now += timedelta(seconds=400)
            receipts = leased(self.state, self.now)
            self.state.acknowledge("c", receipts)
            self.settled += positions(receipts)


def test_an_event_that_the_subscriber_may_not_read_any_more_is_dropped() -> None:
    state = delivery("x", "y")
    state.drop([1])
    assert positions(leased(state)) == [2]


def test_a_time_out_parks_the_first_event_of_a_stream_and_not_those_behind_it() -> None:
    state, now = delivery("x", "x"), NOW
    state.settings = replace_retries(0)
    leased(state, now)
    state.expire(at(60))
    assert [each.parked for each in state.events.values()] == [True, False]


def replace_retries(most: int) -> DeliverySettings:
    return SETTINGS.model_copy(update={"most_retries": most})
