"""Rules for the lines of a manual adjustment (P20): they balance, use allowed accounts and charge no merchant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from commands.fields import PositiveMoney
from ledger.events.adjustments import AdjustmentLine
from ledger.fx import CNY
from ledger.ids import Id
from ledger.journal.accounts import (
    BANK_CNY,
    CHART,
    FX_UNREALISED,
    MERCHANT_DEBT,
    ON_HOLD,
    PAYOUTS_IN_TRANSIT,
    PENDING,
    is_merchant_account,
)
from ledger.journal.charges import FEE_ACCOUNTS, check_charges
from ledger.journal.rules.adjustments import adjusted
from ledger.money import Money, total
from ledger.refusals.catalogue import MerchantCurrencyNotCny
from ledger.refusals.finance import AccountRestricted, JournalUnbalanced

# The balances of these accounts are kept by line, hold or payout, so only the commands of those may change them.
RESTRICTED = frozenset(account.code for account in (PENDING, ON_HOLD, PAYOUTS_IN_TRANSIT, MERCHANT_DEBT, FX_UNREALISED))


def _in_the_chart(code: str) -> str:
    if code not in CHART:
        raise ValueError(f"account {code} is not in the chart of accounts")
    return code


class GivenLine(BaseModel):
    """One line of a manual adjustment. A foreign line states its value in CNY (`base`); a CNY line needs none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: Annotated[Id, AfterValidator(_in_the_chart)]
    side: Literal["debit", "credit"]
    amount: PositiveMoney
    base: PositiveMoney | None = None
    psp: Id | None = None
    order_id: Id | None = None
    line_id: Id | None = None
    parcel_id: Id | None = None
    payment_id: Id | None = None
    market: str | None = None

    @model_validator(mode="after")
    def _has_one_value_in_cny(self) -> Self:
        if self.amount.currency == CNY and self.base not in (None, self.amount):
            raise ValueError("the base of a CNY line must equal its amount: leave it out")
        if self.amount.currency != CNY and (self.base is None or self.base.currency != CNY):
            raise ValueError(f"a line in {self.amount.currency} needs its base in CNY")
        if self.amount.currency != CNY and self.account == BANK_CNY.code:
            raise ValueError(f"the account {BANK_CNY.code} holds CNY")
        return self

    def line(self) -> AdjustmentLine:
        return AdjustmentLine(**self.model_dump(exclude={"amount", "base"}), amount=self.amount, base=self.value)

    @property
    def value(self) -> Money:
        """The line's value in CNY."""
        return self.base or self.amount


def check_lines(lines: Sequence[GivenLine], merchant_id: str | None) -> tuple[AdjustmentLine, ...]:
    """Returns the lines to post.

    Raises `AccountRestricted`, `MerchantCurrencyNotCny`, `JournalUnbalanced` and `MerchantChargeNotAllowed`.
    """
    for line in lines:
        _check_account(line, merchant_id)
    debits = total([line.value for line in lines if line.side == "debit"], CNY)
    credits = total([line.value for line in lines if line.side == "credit"], CNY)
    if debits != credits:
        raise JournalUnbalanced(debits=str(debits), credits=str(credits))
    posted = tuple(line.line() for line in lines)
    check_charges(adjusted(posted, merchant_id).lines, may_take=FEE_ACCOUNTS)
    return posted


def _check_account(line: GivenLine, merchant_id: str | None) -> None:
    if line.account in RESTRICTED:
        raise AccountRestricted(account=line.account, why="it has commands of its own")
    if not is_merchant_account(line.account):
        return
    if merchant_id is None:
        raise AccountRestricted(account=line.account, why="the adjustment names no merchant")
    if line.amount.currency != CNY:
        raise MerchantCurrencyNotCny(currency=line.amount.currency)
