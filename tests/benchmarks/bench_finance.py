"""The books of a grown log: settlement runs, trial balances, balances by position and instant, a provider's report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from time import perf_counter
from typing import Any

from commands.command import Command
from commands.menu import MENU
from ledger.actors import Actor
from projections.accounting.books_of_account import turnover_balance
from projections.balances.balances import AsOf, balances
from service.adapters.psp.neutral_csv import COLUMNS, read_neutral
from service.app import App
from service.finance.settlement_run import settle
from service.intake.settlement_reports import import_report
from service.partner_facts.files import RawFile
from tests.benchmarks.measure import Table, percentile
from tests.benchmarks.scale import Scale

_BATCH = 500
_IMPORTER = Actor(kind="importer", id="bench", role="importer")


def ask_the_books(
    app: App, table: Table, *, merchants: Sequence[str], days: Sequence[date], size: str, scale: Scale
) -> None:
    """The trial balance of any day, and balances of a merchant as known at any position or instant."""
    heads, random = app.ledger.reader.heads(), Random(len(days))
    for _ in range(scale.rounds):
        table.figure(f"trial balance of a day {size}", unit="ms", aim="< 200 ms").samples.append(
            _trial_balance_ms(app, random.choice(days))
        )
        for name in ("position", "instant"):
            spent = [
                _balance_ms(app, random.choice(merchants), _timepoint(name, random, heads)) for _ in range(scale.probes)
            ]
            for percent, aim in ((50, ""), (99, "< 5 ms")):
                figure = table.figure(f"a balance by {name} {size}, p{percent}", unit="ms", aim=aim)
                figure.samples.append(percentile(spent, percent))


def settle_what_is_due(app: App, table: Table, *, size: str) -> None:
    """A settlement run over everything that has fallen due: releases, statements, payouts. Once: it changes the log."""
    started = perf_counter()
    done = settle(app, "bench")
    minutes = (perf_counter() - started) / 60
    assert min(done.statements, done.payouts) > 0, done
    figure = table.figure(f"settlement run with statements {size}", unit="merchants/min", aim=">= 2,000")
    figure.samples.append(done.statements / minutes)


def reconcile_a_report(app: App, table: Table, *, merchants: Sequence[str], day: date, size: str, lines: int) -> None:
    """A provider's report of so many charges, each matched to its capture in the order it belongs to."""
    refs = [f"ch-{number}" for number in range(lines)]
    for start in range(0, lines, _BATCH):
        app.bus.submit([_capture(ref, merchants, day) for ref in refs[start : start + _BATCH]])
    rows = [f"B-1,t-{ref},charge,{ref},,,USD,19.44,0.86,18.58,7.1500,,{day},D" for ref in refs]
    totals = ",".join(f"{amount * lines / 100:.2f}" for amount in (1944, 86, 1858))
    content = "\n".join([",".join(COLUMNS), *rows, f"B-1,{lines},total,,,,USD,{totals},,,{day},D", ""]).encode()
    started = perf_counter()
    summary = import_report(app, RawFile("r.csv", content), read_neutral("r.csv", content, psp="stripe"), psp="stripe")
    seconds = perf_counter() - started
    assert (summary.recorded, summary.refused) == (lines + 1, 0), summary
    table.figure(f"a report of {lines:,} lines reconciled {size}", unit="s", aim="< 20 s").samples.append(seconds)


def _capture(ref: str, merchants: Sequence[str], day: date) -> Command:
    number = int(ref.removeprefix("ch-"))
    data: dict[str, Any] = {
        "id": f"bench-{ref}",
        "actor": _IMPORTER,
        "occurred_at": datetime.combine(day, time(), UTC),
        "merchant_id": merchants[number % len(merchants)],
        "order_id": f"O-{ref}",
        "payment_id": f"p-{ref}",
        "psp": "stripe",
        "capture_ref": ref,
        "amount": "USD 19.44",
    }
    return MENU["report_payment_captured"].command.model_validate(data)


def _trial_balance_ms(app: App, day: date) -> float:
    started = perf_counter()
    turnover_balance(app.views, AsOf(as_of=day))
    return (perf_counter() - started) * 1000


def _balance_ms(app: App, merchant: str, timepoint: AsOf) -> float:
    started = perf_counter()
    balances(app.views, timepoint, merchants=[merchant] if merchant else None)
    return (perf_counter() - started) * 1000


def _timepoint(name: str, random: Random, heads: dict[int, int]) -> AsOf:
    """Some position of every book, or some instant since the log was begun and the last of now."""
    if name == "position":
        return AsOf(at={book: random.randint(head // 2, head) for book, head in heads.items()})
    return AsOf(as_known_at=datetime.now(UTC) - timedelta(seconds=random.randrange(60)))
