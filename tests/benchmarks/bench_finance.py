"""The books of a grown log: settlement runs, trial balances, balances by position and instant, a provider's report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any
from uuid import uuid4

from commands.command import Command
from ledger.journal.accounts import AVAILABLE, PENDING, PRICING_MARGIN, PSP_RECEIVABLE, SERVICE_FEE
from ledger.journal.entry import Draft, about
from ledger.log.rows import Attempt, Expectation, Movement, NewEvent
from ledger.money import Money
from ledger.who import Actor
from projections.account_turnovers import AccountTurnovers
from projections.balances import Moment, balances
from projections.books_of_account import turnover_balance
from projections.merchant_balances import MerchantBalances
from service.adapters.files.importing import RawFile
from service.adapters.psp.importing import import_report
from service.adapters.psp.neutral_csv import COLUMNS, read_neutral
from service.app import App
from service.embedded import EmbeddedPostgres
from service.settlement_run import settle
from tests.benchmarks.measure import Table
from tests.projections.history import an_event
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.shops import app_of

SIZES = (100_000, 1_000_000)  # events
MERCHANTS, DAYS, LINES, PROBES = 1_000, 300, 10_000, 200
_FIRST_DAY = date(2025, 4, 1)


def measure_finance(server: EmbeddedPostgres, table: Table, keys: Path, rounds: int) -> None:
    """The same questions at each size of the log. Settlement runs and reports change it: once a size."""
    keys.mkdir(exist_ok=True)
    with open_desk(server.url("bench_finance"), keys) as desk:
        publish_programme(desk)
        merchants = _merchants(desk)
        app = app_of(desk)
        for size in SIZES:
            _grow(desk, merchants, size)
            app.catch_up([MerchantBalances(), AccountTurnovers()])
            _ask(app, table, size, rounds)
            _settle(app, table, size)
        _reconcile(desk, app, table)


def _merchants(desk: Desk) -> dict[str, int]:
    """Merchants that can be paid, with their books."""
    names = [f"M-{number}" for number in range(MERCHANTS)]
    for start in range(0, MERCHANTS, 500):
        for step in ("enrol_merchant", "register_payout_account", "verify_payout_account"):
            desk.bus.submit([_step(desk, step, name) for name in names[start : start + 500]])
    return desk.ledger.directory.books_of(names)


def _step(desk: Desk, step: str, merchant: str) -> Command:
    account: dict[str, Any] = {} if step == "enrol_merchant" else {"account_ref": f"acct-{merchant}"}
    if step == "register_payout_account":
        account |= {"bank_code": "ICBC"}
        return desk.command(
            step, actor=Actor(kind="merchant", id=merchant, role="merchant"), merchant_id=merchant, **account
        )
    return desk.command(step, merchant_id=merchant, **account)


def _grow(desk: Desk, merchants: dict[str, int], size: int) -> None:
    """Sales and their releases, of days in order, spread over merchants, until the log has so many events."""
    random = Random(size)
    missing = size - sum(desk.ledger.reader.heads().values())
    for start in range(0, missing, 2 * len(merchants)):
        day = min(start * DAYS // missing, DAYS - 1)
        by_book: dict[int, list[Attempt]] = {}
        for merchant, book in merchants.items():
            by_book.setdefault(book, []).append(
                _sale(merchant, _FIRST_DAY + timedelta(days=day), random.randrange(2, 90))
            )
        for book, attempts in by_book.items():
            desk.ledger.append(book, attempts)


def _sale(merchant: str, day: date, units: int) -> Attempt:
    order = uuid4().hex
    stream, price = f"order/{merchant}/{order}", Money(10_000 * units, "CNY")
    fee = Money(500 * units, "CNY")
    lines = {"order": order, "line": "L1", "market": "US"}
    paid = about(**lines).debit(PSP_RECEIVABLE.at("stripe"), Money(1_390 * units, "USD"), price)
    paid.credit(PENDING.of(merchant), price)
    released = about(**lines).debit(PENDING.of(merchant), price).credit(AVAILABLE.of(merchant), price - fee)
    released.credit(SERVICE_FEE, fee).debit(PRICING_MARGIN, Money(0, "CNY"))
    return Attempt(
        command_id=uuid4().hex,
        fingerprint="0" * 64,
        events=tuple(_events(stream, day, paid, released)),
        expects=(Expectation(stream, 0),),
        moves=(Movement(merchant, (price - fee).minor, 0, 0),),
    )


def _events(stream: str, day: date, *drafts: Draft) -> Iterator[NewEvent]:
    yield from (an_event(draft, day=day, stream=stream, type="settlement.released") for draft in drafts)


def _ask(app: App, table: Table, size: int, rounds: int) -> None:
    random, at = Random(size), f"at {size:,} events"
    heads, now = app.ledger.reader.heads(), datetime.now(UTC)
    for _ in range(rounds):
        day = Moment(as_of=_FIRST_DAY + timedelta(days=random.randrange(DAYS)))
        table.figure(f"trial balance of a day {at}", unit="ms", aim="< 200 ms").samples.append(
            _ms(lambda day=day: turnover_balance(app.views, day))  # type: ignore[misc]
        )
        for name, moment in (("position", Moment(at=_somewhere(random, heads))), ("instant", Moment(as_known_at=now))):
            spent = sorted(
                _ms(lambda moment=moment: balances(app.views, moment, merchant=f"M-{random.randrange(MERCHANTS)}"))  # type: ignore[misc]
                for _ in range(PROBES)
            )
            table.figure(f"a balance by {name} {at}, p99", unit="ms", aim="< 5 ms").samples.append(
                spent[PROBES * 99 // 100]
            )


def _somewhere(random: Random, heads: dict[int, int]) -> dict[int, int]:
    return {book: random.randint(head // 2, head) for book, head in heads.items()}


def _settle(app: App, table: Table, size: int) -> None:
    started = perf_counter()
    done = settle(app, f"R-{size}")
    assert done.statements == MERCHANTS, done
    table.figure(f"settlement run at {size:,} events", unit="merchants/min", aim=">= 2,000").samples.append(
        done.merchants / (perf_counter() - started) * 60
    )


def _reconcile(desk: Desk, app: App, table: Table) -> None:
    refs = [f"ch-{number}" for number in range(LINES)]
    for start in range(0, LINES, 500):
        desk.bus.submit([_capture(desk, ref) for ref in refs[start : start + 500]])
    rows = [f"B-1,t-{ref},charge,{ref},,,USD,19.44,0.86,18.58,7.1500,,2025-04-10,D" for ref in refs]
    totals = ",".join(f"{amount * LINES / 100:.2f}" for amount in (1944, 86, 1858))
    content = "\n".join([",".join(COLUMNS), *rows, f"B-1,{LINES},total,,,,USD,{totals},,,2025-04-10,D", ""]).encode()
    spent = _ms(lambda: _import(app, content))
    table.figure(f"a report of {LINES:,} lines reconciled", unit="s", aim="< 20 s").samples.append(spent / 1000)


def _import(app: App, content: bytes) -> None:
    summary = import_report(app, RawFile("r.csv", content), read_neutral("r.csv", content, psp="stripe"), psp="stripe")
    assert (summary.recorded, summary.refused) == (LINES + 1, 0), summary


def _capture(desk: Desk, ref: str) -> Command:
    number = int(ref.removeprefix("ch-"))
    about_it: dict[str, Any] = {
        "merchant_id": f"M-{number % MERCHANTS}",
        "order_id": f"O-{ref}",
        "payment_id": f"p-{ref}",
    }
    return desk.command("report_payment_captured", psp="stripe", capture_ref=ref, amount="USD 19.44", **about_it)


def _ms(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return (perf_counter() - started) * 1000
