"""Questions about merchants' money: balances, journal lines, payouts, statements, settlement runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from service.questions.parameters import AS_KNOWN_AT, AS_OF, MERCHANT, TIMES, Kind, Parameter
from service.questions.question import FINANCE, MERCHANTS, Question
from service.tables import tables

if TYPE_CHECKING:
    from projections.balances.merchant_summaries import MerchantSummary
    from service.questions.asked import Asked

_ONE_MERCHANT = MERCHANT.as_argument("Id of the merchant.")


def _balances(asked: Asked) -> Any:
    if asked["merchant"] is not None:
        return asked.short(_summaries(asked, [asked["merchant"]]))
    return asked.page(partial(_summaries_after, asked))


def _balance_totals(asked: Asked) -> Any:
    from projections.balances.balances import balance_totals

    return balance_totals(asked.views, asked.timepoint)


def _balance(asked: Asked) -> Any:
    found = _summaries(asked, [asked["merchant"]])
    return found[0] if found else None


def _summaries_after(asked: Asked, *, limit: int, after: Any) -> Sequence[MerchantSummary]:
    """Returns the next summaries in the order of merchants. Merchants that had no money yet at the time have none."""
    from projections.balances.balances import next_merchants

    found: list[MerchantSummary] = []
    (last,) = after or ("",)
    while len(found) < limit and (merchants := next_merchants(asked.views, asked.timepoint, after=last, limit=limit)):
        found += _summaries(asked, merchants)
        last = merchants[-1]
    return found[:limit]


def _balance_history(asked: Asked) -> Any:
    from projections.balances.balances import balance_history

    of_merchant: Any = (asked["merchant"], asked.timepoint)
    return asked.page(partial(balance_history, asked.views, *of_merchant, since=asked["since"]))


def _next_releases(asked: Asked) -> Any:
    from projections.balances.due_releases import next_releases

    wanted: Any = {"now": asked.now, "at_least": asked.timepoint.at_least or {}}
    wanted["merchants"] = [asked["merchant"]] if asked["merchant"] else None

    def fetch(*, limit: int, after: Any) -> Sequence[MerchantSummary]:
        found: list[MerchantSummary] = []
        while len(found) < limit and (coming := next_releases(asked.views, limit=limit, after=after, **wanted)[0]):
            known = {each.merchant: each for each in _summaries(asked, list(coming))}
            found += [replace(known[name], next_release_at=at) for name, at in coming.items() if name in known]
            merchant, at = list(coming.items())[-1]
            after = (at, merchant)
        return found[:limit]

    return asked.page(fetch)


def _summaries(asked: Asked, merchants: list[str]) -> Sequence[MerchantSummary]:
    from projections.balances.merchant_summaries import merchant_summaries

    return merchant_summaries(asked.views, asked.timepoint, now=asked.now, merchants=merchants).merchants


def _lines(asked: Asked) -> Any:
    from projections.balances.balances import journal_lines

    return asked.page(partial(journal_lines, asked.views, asked["merchant"], asked.timepoint))


def _payouts(asked: Asked) -> Any:
    from projections.balances.payouts import payouts

    return asked.page(partial(payouts, asked.views, asked.timepoint, **asked.given("state", "merchant", "run")))


def _payout(asked: Asked) -> Any:
    from projections.balances.payouts import payouts

    found = payouts(asked.views, asked.timepoint, payout_id=asked["id"], limit=1)
    return found[0] if found else None


def _statements(asked: Asked) -> Any:
    from service.finance.statements import issued_statements

    times = asked.given("as_of", "as_known_at")
    return asked.page(partial(issued_statements, asked.app, asked["merchant"], **times))


def _statement(asked: Asked) -> Any:
    from ledger.accounting_days import accounting_day
    from ledger.events.statements import SettlementStatementIssued
    from projections.balances.payouts import issued_at
    from projections.balances.statements import issued_again
    from service.questions.shapes import shown_statement

    place = issued_at(asked.views, asked["id"])
    row = asked.row(*place) if place else None
    event = row and row.event
    if row is None or not isinstance(event, SettlementStatementIssued):
        return None
    known_at, as_of = asked["as_known_at"], asked["as_of"]
    if (known_at and row.recorded_at > known_at) or (as_of and accounting_day(event.period_to) > as_of):
        return None
    return shown_statement(event, issued_again(asked.views, event).lines, event_id=row.event_id)


def _runs(asked: Asked) -> Any:
    from service.finance.settlement_runs import settlement_runs
    from service.questions.shapes import shown_run

    return [shown_run(*run) for run in settlement_runs(asked.app.ledger.reader, asked.streams)]


def _run_statements(asked: Asked) -> Any:
    from projections.balances.payouts import statements_of_run

    return asked.page(partial(statements_of_run, asked.views, asked["id"]))


def _run(asked: Asked) -> Any:
    from ledger.ids import settlement_run_stream
    from ledger.streams.loader import load_stream
    from ledger.streams.statements import SettlementRun
    from service.questions.shapes import shown_run

    run = load_stream(asked.streams, 0, settlement_run_stream(asked["id"]), SettlementRun)
    if run.started is None:
        return None
    return shown_run(run.started, run.completed)


QUESTIONS = (
    Question(
        name="balances",
        group="money",
        path="/balances",
        says="Show the balances of merchants in CNY: pending, available, on hold, in transit, paid, and due from the "
        "merchant; the amount of open cases and disputes, and the next release.\n\nBoth times may be given together: "
        "as_of 2025-06-30 with as_known_at 2025-07-03T08:00:00Z is the balance of 30 June as it was known on 3 July.",
        find=_balances,
        answer="projections.balances.merchant_summaries:MerchantSummary",
        readers=FINANCE,
        exported=True,
        views=("merchant_balances", "open_claims", "due_releases"),
        own_parameters=(MERCHANT, *TIMES),
        key={"merchant": str},
        table=tables.MERCHANT_BALANCES,
    ),
    Question(
        name="balance-totals",
        group="money",
        path="/balance-totals",
        says="Show the sums of the balances of all merchants in CNY, and the number of merchants.",
        find=_balance_totals,
        answer="projections.balances.balances:BalanceTotals",
        readers=FINANCE,
        views=("merchant_balances",),
        own_parameters=TIMES,
        table=tables.BALANCE_TOTALS,
    ),
    Question(
        name="balance",
        group="money",
        path="/merchants/{merchant}/balance",
        says="Show the balance of one merchant, with the same fields as the list of all.",
        find=_balance,
        answer="projections.balances.merchant_summaries:MerchantSummary",
        readers=MERCHANTS,
        views=("merchant_balances", "open_claims", "due_releases"),
        own_parameters=(_ONE_MERCHANT, *TIMES),
        noun="A balance of merchant",
        table=tables.MERCHANT_BALANCES,
    ),
    Question(
        name="balance-history",
        group="money",
        path="/merchants/{merchant}/balance-history",
        says="Show the balances of a merchant in CNY at the end of each accounting day on which they changed, the "
        "earliest day first.",
        find=_balance_history,
        answer="projections.balances.balances:BalanceOfDay",
        readers=MERCHANTS,
        of_positions=True,
        exported=True,
        views=("merchant_balances",),
        own_parameters=(
            _ONE_MERCHANT,
            Parameter(name="since", says="Only accounting days from this one on.", kind=Kind.DAY),
            *TIMES,
        ),
        key={"day": date},
        table=tables.BALANCE_HISTORY,
    ),
    Question(
        name="next-releases",
        group="money",
        path="/next-releases",
        says="Show the balances of the merchants whose pending money falls due, the next release first.",
        find=_next_releases,
        answer="projections.balances.merchant_summaries:MerchantSummary",
        readers=FINANCE,
        views=("merchant_balances", "open_claims", "due_releases"),
        own_parameters=(MERCHANT,),
        key={"next_release_at": datetime, "merchant": str},
        without_times="A release of the past is an event; `audit` lists them.",
        table=tables.NEXT_RELEASES,
    ),
    Question(
        name="lines",
        group="money",
        path="/merchants/{merchant}/lines",
        says="List the journal lines of a merchant in the order of recording, debit positive, each with the balance of "
        "its account after it.",
        find=_lines,
        answer="projections.balances.balances:JournalLine",
        readers=FINANCE,
        of_positions=True,
        exported=True,
        views=("merchant_balances",),
        own_parameters=(_ONE_MERCHANT, *TIMES),
        key={"position": int, "line_no": int},
        table=tables.MERCHANT_LINES,
    ),
    Question(
        name="payouts",
        group="money",
        path="/payouts",
        says="List payouts with their state, now, on a day or as known at an instant; the oldest first.",
        find=_payouts,
        answer="projections.balances.payouts:PayoutRow",
        readers=MERCHANTS,
        of_positions=True,
        exported=True,
        views=("payouts",),
        own_parameters=(
            Parameter(
                name="state",
                says="Only this state: initiated, submitted, paid, failed, cancelled or returned.",
                filter="state",
            ),
            MERCHANT,
            Parameter(name="run", says="Only payouts of this settlement run, such as 2025-W14.", filter="run"),
            *TIMES,
        ),
        key={"initiated_at": datetime, "payout_id": str},
        table=tables.PAYOUTS,
    ),
    Question(
        name="statements",
        group="money",
        path="/merchants/{merchant}/statements",
        says="List the statements of a merchant in the order of their numbers.",
        find=_statements,
        answer="ledger.events.statements:SettlementStatementIssued",
        readers=MERCHANTS,
        of_positions=True,
        exported=True,
        own_parameters=(_ONE_MERCHANT, AS_OF, AS_KNOWN_AT),
        key={"number": int},
        table=tables.STATEMENTS,
    ),
    Question(
        name="show payout",
        group="money",
        path="/payouts/{id}",
        says="Show a payout, with its settlement run and the statement whose closing balance it pays.",
        find=_payout,
        answer="projections.balances.payouts:PayoutRow",
        readers=MERCHANTS,
        of_positions=True,
        views=("payouts",),
        own_parameters=(Parameter(name="id", says="Id of the payout.", argument=True, required=True), *TIMES),
        noun="Payout",
    ),
    Question(
        name="show statement",
        group="money",
        path="/statements/{id}",
        says="Show a statement by its id, with its settlement run and its lines; each line names its event.",
        find=_statement,
        answer="service.questions.shapes:ShownStatement",
        readers=MERCHANTS,
        of_positions=True,
        views=("payouts", "merchant_balances"),
        own_parameters=(
            Parameter(name="id", says="Id of the statement.", argument=True, required=True),
            AS_OF.saying("Only if its period ended by this accounting day."),
            AS_KNOWN_AT,
        ),
        noun="Statement",
    ),
    Question(
        name="settlement-runs",
        group="money",
        path="/settlement-runs",
        says="List the settlement runs with their totals, the latest first.",
        find=_runs,
        answer="service.questions.shapes:ShownRun",
        readers=FINANCE,
        own_parameters=TIMES,
        listed=True,
        table=tables.SETTLEMENT_RUNS,
    ),
    Question(
        name="show settlement-run",
        group="money",
        path="/settlement-runs/{id}",
        says="Show a settlement run: its cut-off, the position of each book, and its totals.",
        find=_run,
        answer="service.questions.shapes:ShownRun",
        readers=FINANCE,
        of_positions=True,
        own_parameters=(Parameter(name="id", says="Id of the settlement run.", argument=True, required=True), *TIMES),
        noun="Settlement run",
    ),
    Question(
        name="run-statements",
        group="money",
        path="/settlement-runs/{id}/statements",
        says="List the statements that a settlement run has issued, by merchant.",
        find=_run_statements,
        answer="projections.balances.payouts:RunStatement",
        readers=FINANCE,
        of_positions=True,
        exported=True,
        views=("payouts",),
        own_parameters=(
            Parameter(name="id", says="Id of the settlement run.", argument=True, required=True, filter="run"),
        ),
        folds=True,
        key={"merchant": str, "statement_id": str},
        noun="Settlement run",
        table=tables.RUN_STATEMENTS,
    ),
)
