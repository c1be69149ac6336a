"""Revaluation of foreign balances at a period's end (posting rule P19): reads the balances; the command decides."""

from __future__ import annotations

from commands.accounting.post_fx_revaluation import MONETARY, ForeignBalance, PostFxRevaluation
from commands.bus.outcome import Outcome
from ledger.actors import Actor
from ledger.calendar_months import last_day
from ledger.ids import command_id, revaluation_stream
from ledger.streams.loader import load_stream
from ledger.streams.platform_money import Revaluations
from projections.accounting.foreign_balances import foreign_balances
from projections.balances.merchant_balances import MerchantBalances
from service.app import App


def revalue(app: App, period: str, *, actor: Actor, asked_on: str = "") -> Outcome:
    """Posts the change in value of the foreign balances at the rates of the period's last day, and its reversal on
    the next day. Posts nothing if they have that value already; after late facts, only the rest.

    `asked_on` is a part of the command's id, besides the period and the amounts. Default: the present instant.
    """
    posted = _posted(app, period)
    app.catch_up([MerchantBalances()])
    found = foreign_balances(app.views, MONETARY, as_of=last_day(period))
    balances = tuple(
        ForeignBalance(account=each.account, psp=each.psp or None, balance=each.balance, carried=each.carried)
        for each in found.sums
    )
    command = PostFxRevaluation(
        id=command_id("revalue", revaluation_stream(period), str(posted), asked_on or app.clock().isoformat()),
        actor=actor,
        period=period,
        balances=balances,
        positions=found.vector,
        includes=posted,
    )
    return app.bus.submit([command])[0]


def _posted(app: App, period: str) -> int:
    """Returns what is posted for the period so far.

    Call it before the balances are read: if another revaluation comes in between, the command is refused as outdated.
    """
    return load_stream(app.ledger.reader, 0, revaluation_stream(period), Revaluations).posted
