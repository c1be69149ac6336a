"""The deliveries of one subscription in one book: a state that changes by pure rules, without a database or a clock.

An event that was read is unsettled until it is acknowledged or skipped. An unsettled event is due, leased or parked.
At every time this holds: an event is acknowledged only after all earlier ones of its stream are settled; and the leased
events of a stream are of one lease, with no other unsettled event before them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ledger.events.subscriptions import DeliverySettings, ParkedEventReplayed, ParkedEventSkipped, SubscriptionRewound
from ledger.streams.subscriptions import PlaceDecision

MOST_UNSETTLED = 5_000  # in a book; a subscription reads no further until some of them are settled
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1, 300
_NO_ANSWER = "no answer in time"


class NotHeld(Exception):
    """A receipt is not of an event that the member holds. Nothing has changed; the events come again."""

    def __init__(self, receipt: Receipt, why: str) -> None:
        super().__init__(f"The event at position {receipt.position} of book {receipt.book} {why}.")
        self.receipt = receipt


@dataclass(frozen=True, slots=True, order=True)
class Receipt:
    """The proof of one delivery: an event, by its book and position, and the lease that holds it."""

    book: int
    lease: int
    position: int


@dataclass(frozen=True, slots=True)
class Unsettled:
    """An event that was read and is not settled. `due_at` is when its lease ends, or when it may be leased."""

    position: int
    stream: str
    due_at: datetime
    attempts: int = 0
    lease: int = 0
    parked: bool = False
    reason: str = ""


@dataclass(slots=True)
class BookDelivery:
    """The state. `position` is that up to which the log was read, `decided` the version of the subscription's stream
    whose decisions are carried out, `lease` the number of the last lease."""

    book: int
    epoch: int
    position: int
    settings: DeliverySettings
    decided: int = 0
    lease: int = 0
    member: str = ""
    events: dict[int, Unsettled] = field(default_factory=dict)  # by position

    @property
    def place(self) -> int:
        """The position up to which every wanted event is settled or parked."""
        open_ = [each.position for each in self.events.values() if not each.parked]
        return min(open_) - 1 if open_ else self.position

    def leased(self) -> list[Unsettled]:
        """Returns the events in flight."""
        return [each for each in self.events.values() if each.lease]

    @property
    def room(self) -> int:
        """The number of events that may be read on."""
        return max(0, MOST_UNSETTLED - len(self.events))

    def carry_out(self, decisions: Iterable[PlaceDecision], *, epoch: int, now: datetime) -> None:
        """Carries out those decisions about the place that are newer than the last one here."""
        for decision in decisions:
            if decision.version <= self.decided:
                continue
            self.decided = decision.version
            match decision.event:
                case SubscriptionRewound(positions=positions) if self.book in positions:
                    self._rewind(positions[self.book], epoch)
                case ParkedEventReplayed(book=self.book, position=position) if self._is_parked(position):
                    self._put(replace(self.events[position], parked=False, attempts=0, due_at=now))
                case ParkedEventSkipped(book=self.book, position=position) if self._is_parked(position):
                    del self.events[position]

    def hand_over(self, member: str, now: datetime) -> None:
        """Gives the book to this member. Events in flight are taken back from the one before."""
        if member == self.member:
            return
        self.member = member
        self._take_back(self.leased(), now, _NO_ANSWER)

    def expire(self, now: datetime) -> None:
        """Takes back the events whose lease has ended."""
        self._take_back([each for each in self.leased() if each.due_at <= now], now, _NO_ANSWER)

    def read_on(self, events: Iterable[tuple[int, str]], upto: int, now: datetime) -> None:
        """Adds wanted events, by position and stream, that were read up to a position."""
        for position, stream in events:
            self._put(Unsettled(position, stream, now))
        self.position = upto

    def ready(self, now: datetime) -> list[Unsettled]:
        """Returns the events that may be leased now, in order: those that are due, and have no earlier event of their
        stream that is in flight, waits or is parked."""
        found, blocked = list[Unsettled](), set[str]()
        for position in sorted(self.events):
            each = self.events[position]
            if each.stream in blocked:
                continue
            if each.lease or each.parked or each.due_at > now:
                blocked.add(each.stream)
            else:
                found.append(each)
        return found

    def drop(self, positions: Iterable[int]) -> None:
        """Settles events that the subscriber may not read any more."""
        for position in positions:
            self.events.pop(position, None)

    def take(self, ready: Sequence[Unsettled], now: datetime) -> list[Unsettled]:
        """Leases ready events to the member, under a new number, and returns them."""
        if not ready:
            return []
        self.lease += 1
        ends_at = now + timedelta(seconds=self.settings.ack_within_s)
        taken = [replace(each, lease=self.lease, attempts=each.attempts + 1, due_at=ends_at) for each in ready]
        for each in taken:
            self._put(each)
        return taken

    def acknowledge(self, member: str, receipts: Sequence[Receipt]) -> None:
        """Settles these events. Raises `NotHeld` for a receipt of an event that the member does not hold, and for one
        whose stream has an earlier event that would stay unsettled."""
        settled = {each.position for each in self._held(member, receipts)}
        first_left = dict[str, int]()
        for position in sorted(self.events.keys() - settled):
            first_left.setdefault(self.events[position].stream, position)
        for receipt in receipts:
            if first_left.get(self.events[receipt.position].stream, receipt.position) < receipt.position:
                raise NotHeld(receipt, "comes after an event of its stream that is not acknowledged")
        for position in settled:
            del self.events[position]

    def give_back(
        self,
        member: str,
        receipts: Sequence[Receipt],
        now: datetime,
        *,
        retry_after_s: float | None = None,
        park: bool = False,
        reason: str = "",
    ) -> None:
        """Gives these events back, to be delivered again after a time, or parks them. Later events of their streams in
        the lease are given back too. Raises `NotHeld`."""
        held = self._held(member, receipts)
        firsts = {each.stream: each for each in sorted(held, key=lambda each: -each.position)}
        for each in firsts.values():
            wait_s = _wait_s(each.attempts) if retry_after_s is None else retry_after_s
            self._fail(each, now + timedelta(seconds=wait_s), reason, park=park)
        self._release_behind(firsts, now)

    def _take_back(self, leased: Iterable[Unsettled], now: datetime, reason: str) -> None:
        firsts = {each.stream: each for each in sorted(leased, key=lambda each: -each.position)}
        for each in firsts.values():
            self._fail(each, now, reason)
        self._release_behind(firsts, now)

    def _fail(self, each: Unsettled, due_at: datetime, reason: str, *, park: bool = False) -> None:
        parked = park or each.attempts > self.settings.most_retries
        self._put(replace(each, lease=0, parked=parked, due_at=due_at, reason=reason))

    def _release_behind(self, failed: Mapping[str, Unsettled], now: datetime) -> None:
        """Ends the leases behind failed events, by stream. It was not their failure, so it does not count."""
        for each in self.leased():
            if each.stream in failed and each.position > failed[each.stream].position:
                self._put(replace(each, lease=0, attempts=each.attempts - 1, due_at=now))

    def _held(self, member: str, receipts: Iterable[Receipt]) -> list[Unsettled]:
        found = dict[int, Unsettled]()
        for receipt in receipts:
            each = self.events.get(receipt.position)
            if each is None or not each.lease or each.lease != receipt.lease or member != self.member:
                raise NotHeld(receipt, "is not held under this lease")
            found[each.position] = each
        return list(found.values())

    def _rewind(self, position: int, epoch: int) -> None:
        self.events = {at: each for at, each in self.events.items() if at <= position and each.parked}
        self.position, self.epoch = position, epoch

    def _is_parked(self, position: int) -> bool:
        return position in self.events and self.events[position].parked

    def _put(self, each: Unsettled) -> None:
        self.events[each.position] = each


def _wait_s(attempts: int) -> int:
    return int(min(_FIRST_WAIT_S * 2.0 ** (attempts - 1), _LONGEST_WAIT_S))
