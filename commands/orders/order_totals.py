"""Checks that the units, prices, charges and totals of an order agree, each in its currency."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from ledger.events.orders import Charge, OrderLine
from ledger.fx import CNY, Rate
from ledger.money import CurrencyMismatch, Money
from ledger.refusals.catalogue import TotalsMismatch


class Basket(Protocol):
    """The parts of an order that its totals are made of."""

    @property
    def lines(self) -> Sequence[OrderLine]: ...
    @property
    def charges(self) -> Sequence[Charge]: ...
    @property
    def list_total(self) -> Money: ...
    @property
    def buyer_total(self) -> Money: ...
    @property
    def reference_rate(self) -> Rate: ...


def check_totals(basket: Basket, currency: str) -> None:
    """Raises `TotalsMismatch` for the first difference. `currency` is the currency that buyers are charged in."""
    if not basket.lines:
        raise TotalsMismatch(field="lines", expected="at least one", given="none")
    if currency != CNY:
        _same("reference_rate", f"{currency}/{CNY}", basket.reference_rate.pair)
    for line in basket.lines:
        _check_line(line, basket.reference_rate, currency)
    for n, charge in enumerate(basket.charges):
        _same(f"charges[{n}].amount", currency, charge.amount.currency)
        if charge.amount.minor < 0:
            raise TotalsMismatch(field=f"charges[{n}].amount", expected="nothing or more", given=str(charge.amount))
    _check_sum("list_total", CNY, basket.list_total, (line.list_total for line in basket.lines))
    _check_sum("buyer_total", currency, basket.buyer_total, _buyer_amounts(basket))


def _check_line(line: OrderLine, rate: Rate, currency: str) -> None:
    name = f"lines[{line.line_id}]"
    _same(f"{name}.unit_list", CNY, line.unit_list.currency)
    if line.unit_list.minor < 1:
        raise TotalsMismatch(field=f"{name}.unit_list", expected="more than nothing", given=str(line.unit_list))
    _same(f"{name}.unit_reference", currency, line.unit_reference.currency)
    quoted = line.unit_list if currency == CNY else rate.convert_back(line.unit_list)
    _same(f"{name}.unit_reference", quoted, line.unit_reference)


def _buyer_amounts(basket: Basket) -> Iterator[Money]:
    yield from (line.reference_total for line in basket.lines)
    yield from (charge.amount for charge in basket.charges if charge.borne_by == "buyer")


def _check_sum(field: str, currency: str, given: Money, parts: Iterator[Money]) -> None:
    try:
        expected = sum(parts, Money(0, currency))
    except CurrencyMismatch as mismatch:
        raise TotalsMismatch(field=field, expected=currency, given=str(mismatch)) from None
    _same(field, expected, given)


def _same(field: str, expected: str | Money, given: str | Money) -> None:
    if expected != given:
        raise TotalsMismatch(field=field, expected=str(expected), given=str(given))
