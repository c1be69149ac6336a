"""Lines of a provider's report: a line that is taken can be booked, whatever currencies it mixes."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest
from pydantic import ValidationError

from commands.settlement.psp_lines import PspLine
from ledger.fx import CNY
from tests.support.payments import rate

DAY = date(2025, 4, 1)
KINDS = ("charge", "refund", "dispute", "dispute_fee", "fee")
CURRENCIES = (CNY, "USD", "HKD")
AMOUNTS = ((18_784, 0, 18_784), (18_784, 300, 18_484), (0, 300, -300), (18_784, 300, 100))  # gross, fee, net
RATES = (None, rate("7.2"), rate("0.9", base="HKD"))
CASH = (None, {"minor": 100, "currency": CNY})


def lines_taken(kind: str) -> list[PspLine]:
    """Returns the lines of this kind that are accepted, of all mixtures of currencies, rates and amounts."""
    taken = list[PspLine]()
    mixtures = product(AMOUNTS, product(CURRENCIES, repeat=3), RATES, RATES, CASH)
    for amounts, currencies, own, of_fee, cash in mixtures:
        gross, fee, net = (
            {"minor": minor, "currency": currency} for minor, currency in zip(amounts, currencies, strict=True)
        )
        try:
            taken.append(
                PspLine.model_validate(
                    {"psp_ref": "L-1", "kind": kind, "gross": gross, "fee": fee, "net": net}
                    | {"rate": own, "fee_rate": of_fee, "cash": cash}
                )
            )
        except ValidationError:
            continue
    return taken


@pytest.mark.parametrize("kind", KINDS)
def test_each_part_of_a_line_that_is_taken_has_its_value_in_cny(kind: str) -> None:
    taken = lines_taken(kind)
    assert len(taken) > 100
    for line in taken:
        for part in line.parts(DAY):
            values = (part.gross_base(DAY), part.fee_base(DAY), part.cash_on(DAY))
            assert {value.currency for value in values} == {CNY}, line


def test_a_fee_needs_the_rate_of_its_currency_wherever_it_is_stated() -> None:
    zero, amount = ({"minor": minor, "currency": "USD"} for minor in (0, 300))
    net = {"minor": -2_160, "currency": CNY}
    for gross, fee in ((amount | {"minor": -300}, zero), (zero, amount)):
        line = {"psp_ref": "L-1", "kind": "fee", "gross": gross, "fee": fee, "net": net}
        with pytest.raises(ValidationError, match="USD needs the provider's rate"):
            PspLine.model_validate(line)
        (part,) = PspLine.model_validate(line | {"fee_rate": rate("7.2")}).parts(DAY)
        assert (part.fee.minor, part.fee_base(DAY).minor, part.cash_on(DAY).minor) == (300, 2_160, -2_160)
