"""Stops payouts to accounts that sent money back: the bank's report is in one stream, the account in another."""

from __future__ import annotations

from commands.bus import Bus
from commands.disable_payout_account import DisablePayoutAccount
from ledger.events.settlement import PayoutReturned
from ledger.ids import derived_id
from ledger.ledger import Ledger
from ledger.who import Actor

_WATCHER = Actor(kind="system", id="returned-payouts", role="watcher")
_BATCH = 2_000


class ReturnedPayouts:
    """Follows the books from their beginning. Until it has come to a return, `initiate_payout` itself refuses to pay.

    The ids of its commands are made of the payouts, so that it may begin again and run on two machines.
    """

    def __init__(self, ledger: Ledger, bus: Bus) -> None:
        self._ledger, self._bus = ledger, bus
        self._seen: dict[int, int] = {}

    def sweep(self) -> int:
        """Disable the account of every payout that came back since the last sweep; how many were disabled."""
        return sum(self._sweep(book) for book in self._ledger.reader.heads())

    def _sweep(self, book: int) -> int:
        disabled = 0
        while rows := self._ledger.reader.read(book, self._seen.get(book, 0), _BATCH):
            returns = [row.event for row in rows if row.type == PayoutReturned.name]
            outcomes = self._bus.submit([_disable(event) for event in returns if isinstance(event, PayoutReturned)])
            disabled += sum(outcome.status == "recorded" and not outcome.repeated for outcome in outcomes)
            self._seen[book] = rows[-1].position
        return disabled


def _disable(event: PayoutReturned) -> DisablePayoutAccount:
    return DisablePayoutAccount(
        id=derived_id("returned", event.payout_id),
        actor=_WATCHER,
        merchant_id=event.merchant_id,
        account_ref=event.account_ref,
        reason="payout_returned",
    )
