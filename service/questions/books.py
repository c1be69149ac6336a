"""Questions about the books of account: trial balance, contribution, exposure, differences, reconciliation, periods,
rates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from service.failures import UnknownValue
from service.questions.limits import LONGEST_GRACE_DAYS
from service.questions.parameters import AS_KNOWN_AT, AS_OF, MARKET, MERCHANT, ORDER, TIMES, Kind, Parameter
from service.questions.question import FINANCE, Question
from service.tables import tables

if TYPE_CHECKING:
    from projections.accounting.order_contribution import Contribution, Contributions
    from service.questions.asked import Asked


def _trial_balance(asked: Asked) -> Any:
    from projections.accounting.books_of_account import turnover_balance
    from service.questions.shapes import TrialBalance

    try:
        found = turnover_balance(asked.views, asked.timepoint, since=asked["since"])
    except ValueError as error:
        raise UnknownValue("since", f"{error}.") from None
    return TrialBalance(found.since, found.as_of, found.rows, found.total)


def _contribution(asked: Asked) -> Any:
    from projections.accounting.order_contribution import contributions
    from service.questions.asked import Summarised
    from service.questions.shapes import AllContributions

    found: list[Contributions] = []  # page and sum are of one read, and so of the same positions

    def fetch(**part: Any) -> Sequence[Contribution]:
        narrower = asked.given("order", "merchant", "market", "since")
        found.append(contributions(asked.views, asked.timepoint, **narrower, **part))
        return found[-1].orders

    page = asked.page(fetch)
    return Summarised(page, AllContributions(found[-1].total, found[-1].count))


def _exposure(asked: Asked) -> Any:
    from projections.accounting.exposure import exposure
    from service.questions.shapes import Exposures

    found = exposure(asked.views, asked.timepoint)
    return Exposures(found.as_of, found.rows)


def _open_items(asked: Asked) -> Any:
    from projections.accounting.exposure import open_items

    return asked.page(partial(open_items, asked.views, asked.timepoint))


def _difference(asked: Asked) -> Any:
    from projections.accounting.differences import explain_difference
    from service.questions.shapes import AccountDifference, ExplainedDifference

    earlier, later = asked.known_at(asked["as_known_at"]), asked.known_at(asked["then"])
    narrower = asked.given("as_of", "merchant", "account", "order")
    found = explain_difference(asked.views, earlier=earlier, later=later, **narrower)
    accounts = tuple(AccountDifference(*place, base) for place, base in found.accounts.items())
    return ExplainedDifference(found.as_of, accounts, found.events)


def _reconciliation(asked: Asked) -> Any:
    from service.finance.reconciliation import mismatches

    return asked.page(partial(mismatches, asked.app, asked.timepoint, grace_days=asked["grace_days"]))


def _expected_money(asked: Asked) -> Any:
    from service.finance.expected_money import expected_money

    return asked.short(expected_money(asked.app, asked.views, asked.timepoint, grace_days=asked["grace_days"]))


def _checklist(asked: Asked) -> Any:
    from service.finance.close_checklist import close_checklist

    return close_checklist(asked.app, asked.views, asked.streams, asked.timepoint)


def _periods(asked: Asked) -> Any:
    from service.finance.periods import periods

    return periods(asked.app, **asked.given("as_of", "as_known_at"))


def _rates(asked: Asked) -> Any:
    from ledger.accounting_days import accounting_day
    from service.finance.rates import rates_on
    from service.questions.shapes import DayRates

    day = asked["as_of"] or accounting_day(asked.now)
    return DayRates(day, tuple(rates_on(asked.app, day, as_known_at=asked["as_known_at"])))


_GRACE = Parameter(
    name="grace_days",
    says="Days that providers and banks have to report an item before it counts as missing.",
    kind=Kind.NUMBER,
    default=7,
    most=LONGEST_GRACE_DAYS,
)
QUESTIONS = (
    Question(
        name="trial-balance",
        group="books",
        path="/books/trial-balance",
        says="Show every account over a period: opening, debit, credit and closing, in its currency and in CNY. The "
        "total is zero.",
        find=_trial_balance,
        answer="service.questions.shapes:TrialBalance",
        readers=FINANCE,
        views=("account_turnovers",),
        own_parameters=(
            *TIMES,
            Parameter(
                name="since", says="First day of the period.", kind=Kind.DAY, shown_default="the first of the month"
            ),
        ),
        table=tables.TRIAL_BALANCE,
    ),
    Question(
        name="contribution",
        group="books",
        path="/books/contribution",
        says="Show what each order earned or cost the platform, in CNY, the greatest loss first.",
        find=_contribution,
        answer="projections.accounting.order_contribution:Contribution",
        summary="service.questions.shapes:AllContributions",
        readers=FINANCE,
        of_positions=True,
        exported=True,
        views=("order_contribution",),
        own_parameters=(
            ORDER.as_argument("Only this order.", required=False),
            MERCHANT,
            MARKET,
            Parameter(name="since", says="Only postings from this accounting day on.", kind=Kind.DAY),
            *TIMES,
        ),
        key={"result": int, "merchant": str, "order_id": str},
        rows=50,
        table=tables.CONTRIBUTION,
    ),
    Question(
        name="exposure",
        group="books",
        path="/books/exposure",
        says="Show the money that others owe the platform and that it owes them, by age in days.",
        find=_exposure,
        answer="service.questions.shapes:Exposures",
        readers=FINANCE,
        views=("merchant_balances",),
        own_parameters=TIMES,
        table=tables.EXPOSURE,
    ),
    Question(
        name="open-items",
        group="books",
        path="/books/open-items",
        says="List the open items that exposure sums up, the oldest first.",
        find=_open_items,
        answer="projections.accounting.exposure:OpenItem",
        readers=FINANCE,
        exported=True,
        views=("merchant_balances",),
        own_parameters=TIMES,
        key={"since": date, "account": str, "psp": str, "merchant": str, "order_id": str, "currency": str},
        table=tables.OPEN_ITEMS,
    ),
    Question(
        name="explain-difference",
        group="books",
        path="/books/difference",
        says="Explain why a balance is different as known at a later instant: list the late events and their sum.",
        find=_difference,
        answer="service.questions.shapes:ExplainedDifference",
        readers=FINANCE,
        views=("merchant_balances",),
        own_parameters=(
            AS_KNOWN_AT.saying("Instant of the earlier answer.", required=True),
            Parameter(name="then", says="Instant of the later answer.", kind=Kind.INSTANT, shown_default="now"),
            AS_OF.saying("Accounting day of both answers.", shown_default="any"),
            MERCHANT.saying("Only events that moved this merchant's balances."),
            Parameter(name="account", says="Only events that moved this account, such as 2120.", filter="account"),
            ORDER.saying("Only events of this order."),
        ),
        table=tables.LATE_EVENTS,
    ),
    Question(
        name="reconciliation",
        group="books",
        path="/books/reconciliation",
        says="List the differences between our books and the reports of others: kind, expected, actual, age, owner; "
        "the oldest first.",
        find=_reconciliation,
        answer="service.finance.reconciliation:Mismatch",
        readers=FINANCE,
        views=("exceptions", "expected_at_bank", "psp_references", "partner_invoices", "taxes"),
        own_parameters=(_GRACE, *TIMES),
        key={"since": date, "kind": str, "stream": str, "break_id": str},
        table=tables.RECONCILIATION,
    ),
    Question(
        name="expected-money",
        group="books",
        path="/books/expected-money",
        says="Show the money of a month that each provider and the bank should report: expected, shown, short and "
        "unexplained, by kind and currency.\n\nThe month is that of `as_of`, by default the present one. What was "
        "open before it counts too.",
        find=_expected_money,
        answer="service.finance.expected_money:ExpectedMoney",
        readers=FINANCE,
        views=("psp_references", "expected_at_bank", "exceptions"),
        own_parameters=(_GRACE, *TIMES),
        key={"source": str, "kind": str, "currency": str},
        table=tables.EXPECTED_MONEY,
    ),
    Question(
        name="close-checklist",
        group="books",
        path="/books/close-checklist",
        says="Show what is left to do before the first open month can be closed: breaks, unmatched items, proposals, "
        "rates, revaluation; and the hash of the last closing.",
        find=_checklist,
        answer="service.finance.close_checklist:ChecklistItem",
        readers=FINANCE,
        views=("exceptions", "proposals"),
        own_parameters=TIMES,
        listed=True,
        table=tables.CLOSE_CHECKLIST,
    ),
    Question(
        name="periods",
        group="books",
        path="/books/periods",
        says="Show the closed and reopened months: when, by whom, and the hash of each closing with its positions.",
        find=_periods,
        answer="service.finance.periods:Periods",
        readers=FINANCE,
        own_parameters=TIMES,
        table=tables.PERIODS,
    ),
    Question(
        name="rates",
        group="books",
        path="/books/rates",
        says="Show the rates used for a day, in CNY for one unit: the day and source of each, and if decisions may "
        "still use it.",
        find=_rates,
        answer="service.questions.shapes:DayRates",
        readers=FINANCE,
        own_parameters=(AS_OF.saying("The accounting day.", shown_default="today"), AS_KNOWN_AT),
        table=tables.RATES,
    ),
)
