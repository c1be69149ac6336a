"""Invariants of a shop's whole log after every step of a random history (design §6), computed independently."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from itertools import pairwise

from ledger.events.adjustments import ManualAdjustmentApproved, MerchantDebtWrittenOff
from ledger.events.event import Event
from ledger.events.periods import AccountingPeriodClosed, AccountingPeriodReopened
from ledger.events.settlement import PayoutInitiated, PayoutPaid, PayoutReturned
from ledger.fx import CNY
from ledger.ids import periods_stream
from ledger.log.rows import Recorded
from ledger.trial_balance import Balance, trial_balance_hash
from projections.balances.statements import Cut, document
from tests.simulation.models.money_checks import a_replay_remembers_the_same, due_to_merchant, parts_add_up
from tests.simulation.models.shop_life import MERCHANT_ID, ShopLife

PARTIES = ("1110", "1120", "1210", "2110", "2210", "2220")  # what others owe, or are owed, until they are paid
OF_MERCHANTS = ("2110", "2120", "2130", "2140")


class ShopBooks:
    """The accounts as the log's entries add up, read on from where the last look ended."""

    def __init__(self, shop: ShopLife) -> None:
        self.shop = shop
        self.sums: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])  # amount, CNY; debit positive
        self.kinds: defaultdict[str, int] = defaultdict(int)
        self._read: defaultdict[int, int] = defaultdict(int)
        self._due = 0

    def hold(self) -> None:
        """Read what is new, and check all of it."""
        reader = self.shop.desk.ledger.reader
        for book, head in reader.heads().items():
            for row in reader.read(book, self._read[book], head - self._read[book]) if head > self._read[book] else ():
                assert row.position == self._read[book] + 1, f"book {book} has a gap"
                self._read[book] = row.position
                self._take(row)
        assert sum(base for _, base in self.sums.values()) == 0, "the trial balance"
        self._merchant_has_what_it_is_due()
        self._the_guard_says_so()

    def base(self, account: str) -> int:
        return sum(base for (code, _), (_, base) in self.sums.items() if code == account)

    def _take(self, row: Recorded) -> None:
        self.kinds[row.type] += 1
        assert sum(line["base"] for line in row.lines) == 0, f"{row.type} does not balance"
        for line in row.lines:
            if line["account"] in OF_MERCHANTS:
                assert (line["merchant"], line["currency"]) == (MERCHANT_ID, CNY), row.type
            held = self.sums[line["account"], line["currency"]]
            held[0], held[1] = held[0] + line["amount"], held[1] + line["base"]
        self._due += due_to_merchant([row.event]) + moved(row.event)
        if isinstance(event := row.event, PayoutInitiated):
            assert event.amount.minor > 0

    def _merchant_has_what_it_is_due(self) -> None:
        """Invariant 3, over all orders, holds, payouts, write-offs and adjustments."""
        has = -sum(self.base(account) for account in OF_MERCHANTS)
        assert has == self._due, f"the merchant has {has} and is due {self._due}"
        pending = sum(order.scenario.base("2110") for order in self.shop.orders)
        assert self.base("2110") == pending, "nothing but orders moves what is pending"
        payouts = self.shop.payouts
        in_flight = [payout.amount.minor for payout in payouts.payouts.values() if payout.is_in_flight]
        assert len(in_flight) <= 1, "one payout in flight"
        assert -self.base("2140") == sum(in_flight)
        assert -self.base("2130") == sum(hold.amount.minor for hold in payouts.holds.values())

    def _the_guard_says_so(self) -> None:
        """The guard of payouts holds the sums of the entries, and the claims of the orders."""
        book = self.shop.desk.ledger.directory.books_of([MERCHANT_ID])[MERCHANT_ID]
        guard = self.shop.desk.ledger.reader.accounts(book, [MERCHANT_ID]).get(MERCHANT_ID)
        claimed = sum(order.order.claimed for order in self.shop.orders)
        if guard is None:
            assert (self.base("2120"), claimed) == (0, 0)
            return
        stands = (-self.base("2120"), -self.base("2130"), -self.base("2140"), claimed)
        assert (guard.available, guard.on_hold, guard.in_transit, guard.in_open_cases) == stands


def moved(event: Event) -> int:
    """Returns the amounts that enter or leave the merchant's accounts for other reasons than orders, in fen."""
    match event:
        case PayoutPaid():
            return -event.amount.minor
        case PayoutReturned() | MerchantDebtWrittenOff():
            return event.amount.minor
        case ManualAdjustmentApproved():
            mine = [line for line in event.lines if line.account in OF_MERCHANTS]
            return sum(line.base.minor * (1 if line.side == "credit" else -1) for line in mine)
    return 0


def a_payout_leaves_what_is_asked_back(books: ShopBooks, before: int) -> None:
    """A payout request leaves the money that open cases and disputes may take. `before` counts the payouts before the
    step.
    """
    if len(books.shop.payouts.payouts) > before:
        claimed = sum(order.order.claimed for order in books.shop.orders)
        assert -books.base("2120") >= claimed, "a payout took what open cases may take"


def statements_tile(shop: ShopLife) -> None:
    """Each begins where the one before ended, foots, and is issued again from the log to the byte."""
    for (before, _), (event, _) in pairwise(shop.issued):
        assert (event.opening, event.after_position) == (before.closing, before.upto_position)
    for event, statement in shop.issued:
        assert event.opening + sum((line.net for line in statement.lines), event.opening * 0) == event.closing
        assert sum((part.amount for part in event.totals), event.opening * 0) == event.closing + -event.opening
        again = shop.statement(Cut(MERCHANT_ID, event.after_position, event.opening), event.upto_position)
        assert document(event, again) == document(event, statement)
        assert again.lines_hash == event.lines_hash
    if shop.issued:
        last = shop.issued[-1][0]
        available = sum(
            line["base"]
            for row in shop.desk.ledger.reader.read(last.book, 0, last.upto_position)
            for line in row.lines
            if line["account"] == "2120"
        )
        assert last.closing.minor == -available


def a_replay_comes_to_the_same(shop: ShopLife) -> None:
    """Orders remembered again from the log, and every closed month's trial balance, by its hash."""
    for order in shop.orders:
        parts_add_up(order)
        a_replay_remembers_the_same(order)
    closed: dict[str, AccountingPeriodClosed] = {}
    for row in shop.desk.ledger.reader.read_stream(0, periods_stream()):
        match row.event:
            case AccountingPeriodClosed() as event:
                closed[event.period] = event
            case AccountingPeriodReopened() as event:
                closed.pop(event.period, None)  # months before the first closing are closed by it
    for event in closed.values():
        _closed_as_the_log_says(shop, event)


def _closed_as_the_log_says(shop: ShopLife, event: AccountingPeriodClosed) -> None:
    """The stored hash is that of the month's days up to the markers, and nothing came behind them."""
    sums: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in shop.rows:
        if row.accounting_date < event.first_open_day:
            assert row.position <= event.positions[row.book] or not row.entry, (
                f"posted behind the end of {event.period}"
            )
            for line in row.lines:
                held = sums[line["account"], line["currency"]]
                held[0], held[1] = held[0] + line["amount"], held[1] + line["base"]
    balances = {key: Balance(*held) for key, held in sums.items()}
    upto = event.first_open_day - timedelta(days=1)
    assert trial_balance_hash(balances, upto=upto, positions=event.positions) == event.trial_balance_hash


def nothing_is_left_between_the_parties(books: ShopBooks) -> None:
    """Invariant 2: all decided, paid and settled, every account between the parties is closed in both currencies."""
    left = {key: tuple(sums) for key, sums in books.sums.items() if key[0] in PARTIES and any(sums)}
    assert left == {}
    assert books.base("5220") == 0, "a revaluation is taken back"
