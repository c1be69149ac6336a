"""Receivables from providers, by reference: amounts and settled lines of any currencies can be applied in any order."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from ledger.events.psp_settlement import PspSettlementMatched, SettledLine
from ledger.fx import CNY
from ledger.money import Money
from ledger.streams.receivables import Match, Receivables

DAY = date(2025, 4, 1)
AMOUNTS = some.builds(Money, some.integers(-9, 9), some.sampled_from(("USD", "HKD")))
STEPS = some.lists(some.tuples(some.sampled_from(("owe", "settle")), AMOUNTS), max_size=8)


@settings(max_examples=1_000, deadline=None)
@given(steps=STEPS)
def test_amounts_and_lines_of_two_currencies_under_one_reference_are_applied_in_any_order(
    steps: list[tuple[str, Money]],
) -> None:
    """A line or an amount in another currency than the first one's stays apart; nothing fails."""
    items = Receivables()
    for n, (step, amount) in enumerate(steps):
        base = Money(amount.minor * 7, CNY)
        if step == "owe":
            items._owe("dispute_fee", "dp-1", amount, base)
        else:
            items.settle(line_of(n, amount, base), psp="stripe", batch_ref="po-1", value_date=DAY)
        for match in list(items.matches()):
            items.evolve(matched(match))
        for each in items.expectations():
            assert each.expected.currency == each.actual.currency
            assert not (each.is_short and each.is_over)


def line_of(n: int, gross: Money, cleared: Money) -> SettledLine:
    money: dict[str, Any] = {"gross": gross, "net": gross, "fee": gross * 0, "cleared": cleared, "cash": cleared}
    nothing: dict[str, Any] = dict.fromkeys(("fee_base", "fx"), Money(0, CNY))
    about: dict[str, Any] = {"psp_ref": f"t-{n}", "kind": "dispute_fee", "reference": "dp-1"}
    return SettledLine.model_construct(**about, **money, **nothing)


def matched(match: Match) -> PspSettlementMatched:
    names = ("kind", "reference", "settled", "settled_base", "cleared", "cleared_base")
    about: dict[str, Any] = {name: getattr(match, name) for name in names}
    return PspSettlementMatched.model_construct(**about)
