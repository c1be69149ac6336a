"""Events that older code recorded and no code of today can read or show, written past the commands into the log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ledger.canonical import canonical
from ledger.ledger import Ledger
from ledger.log.rows import Attempt, Expectation, Status
from tests.support.view_history import an_event

DEEP = '{"a":' * 200 + "1" + "}" * 200
LONG = "".join(f"{n * 7919:x}" for n in range(1200))  # about 6,000 characters that do not repeat
_RATE = {"as_of": "2025-03-10", "base": "USD", "kind": "book", "quote": "CNY", "source": "test", "value": "7.1800"}
_CAPTURED: dict[str, Any] = {
    "amount": {"currency": "USD", "minor": 1944},
    "base": {"currency": "CNY", "minor": 13958},
    "book_rate": _RATE,
    "capture_ref": "ch-9",
    "captured_at": "2025-03-10T08:00:00Z",
    "merchant_id": "M-1",
    "order_id": "O-9",
    "payment_id": "pay-9",
    "psp": "stripe",
    "psp_ref": "",
    "source_amount": None,
}


@dataclass(frozen=True, slots=True)
class Poison:
    """One event. `readable`: a code that knows it can decode it, and only a view cannot hold it."""

    stream: str
    type: str
    version: int
    payload: str
    readable: bool = False

    def recorded_in(self, ledger: Ledger, book: int) -> int:
        """Write it through the append function; its position."""
        event = an_event(stream=self.stream, type=self.type, schema_version=self.version)._replace(payload=self.payload)
        attempt = Attempt(f"poison-{self.type}", "poison", events=[event], expects=[Expectation(self.stream, 0)])
        (receipt,) = ledger.append(book, [attempt])
        assert receipt.status is Status.RECORDED, receipt
        return receipt.last


def _captured(version: int = 1, **changed: Any) -> Poison:
    return Poison("order/M-1/O-9", "payment.captured", version, canonical(_CAPTURED | changed))


def _noted(body: str) -> Poison:
    text = f'{{"body":{body},"details":null,"happened_at":"2025-04-01T08:00:00Z","kind":"k","reference":"r200"'
    return Poison("unmatched/s/r200", "unmatched.fact_reported", 1, text + ',"refs":{},"system":"s"}')


POISONS: dict[str, Callable[[], Poison]] = {
    "a body nested 200 deep": lambda: _noted(DEEP),
    "a provider's reference of 6,000 characters": lambda: _captured(psp_ref=LONG),
    "an event of a newer version": lambda: _captured(9, fraud_score="low"),
    "an event that this code does not know": lambda: Poison("order/M-1/O-9", "order.teleported", 1, '{"to":"HK"}'),
    "a currency that there is not": lambda: _captured(amount={"currency": "ZZZ", "minor": 1}),
    "an amount beyond what a column holds": lambda: Poison(
        "order/M-1/O-9", "payment.captured", 1, canonical(_CAPTURED).replace("1944", str(2**70))
    ),
    "an instant that there is not": lambda: _captured(captured_at="2025-02-30T25:00:00Z"),
    "a payload that is no object": lambda: Poison("order/M-1/O-9", "payment.captured", 1, "[]"),
}
