"""A settlement run: releases, statements and payouts of all merchants as of one cut-off.

The run first releases the money due by the cut-off. Its event then stores the position of every book; statements end
there, and payouts are of the money available there. Every command id is made of the run and the merchant, so a run
may be cut off and begun again, or run on two machines: a step that is done is only repeated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from commands.bus.fault import fault_of, is_trouble
from commands.bus.outcome import Outcome
from commands.command import Command
from commands.payouts.initiate_payout import InitiatePayout
from commands.settlement.complete_settlement_run import CompleteSettlementRun
from commands.settlement.issue_statement import IssueStatement
from commands.settlement.start_settlement_run import StartSettlementRun
from ledger.actors import Actor
from ledger.events.settlement import PayoutInitiated
from ledger.events.statements import SettlementRunCompleted, SettlementRunStarted
from ledger.fx import CNY
from ledger.ids import command_id, derived_id, is_id, payouts_stream, settlement_run_stream, statements_stream
from ledger.money import Money, total
from ledger.refusals.catalogue import InsufficientAvailable
from ledger.streams.loader import load_stream, load_streams
from ledger.streams.payouts import Payouts
from ledger.streams.statements import SettlementRun, Statements
from projections.balances.balances import AsOf, balances
from projections.balances.due_releases import DueReleases
from projections.balances.merchant_balances import MerchantBalances
from projections.balances.statements import Cut, Statement, statements
from service.app import OBSTACLES, App
from service.failures import ServiceFailure
from service.finance.releases import Releases

RUNNER = Actor(kind="system", id="settlement", role="settlement")
_CHUNK = 250
_PATIENCE_S = 60.0


@dataclass(slots=True)
class RunSummary:
    """The result of a run, including its earlier attempts. `refused` counts merchants by refusal code.

    A run in which a merchant failed is not complete.
    """

    run_id: str
    cut_off: datetime
    positions: dict[int, int]
    merchants: int = 0
    statements: int = 0
    payouts: int = 0
    paid: Money = field(default_factory=lambda: Money.zero(CNY))
    refused: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(
        default_factory=dict
    )  # reason by merchant or book that is not done; run again for them

    def add(self, part: RunSummary) -> None:
        """The result of a part of the run."""
        self.merchants += part.merchants
        self.statements += part.statements
        self.payouts += part.payouts
        self.paid += part.paid
        self.refused += part.refused
        self.failed |= part.failed


def payout_id_of(run_id: str, merchant: str) -> str:
    """Returns the payout id of a merchant in a run: at most 35 characters, as banks accept (ISO 20022, Max35Text)."""
    return f"S{sha256(f'{run_id}/{merchant}'.encode()).hexdigest()[:30]}"


def settle(
    app: App,
    run_id: str,
    *,
    cut_off: datetime | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> RunSummary:
    """Makes the run, or continues it. The default `cut_off` is now; a cut-off in the past releases nothing.

    Raises `ServiceFailure` for a cut-off in the future, and for a name that is not an id.
    """
    if not is_id(run_id):
        raise ServiceFailure(f"{run_id[:80]!r} is not a valid name of a run. Use one word, such as 2025-W14.")
    run = _run(app, run_id)
    if run.started and run.completed:
        return _as_completed(run.started, run.completed)
    started = run.started or _start(app, run_id, cut_off)
    summary = RunSummary(run_id, started.cut_off, started.positions)
    app.catch_up([MerchantBalances()], past_stops=True)
    available, stopped = _available(app, started.positions)
    summary.failed |= {f"book {book}": f"{reason}: its merchants wait." for book, reason in stopped.items()}
    for book, merchants in _chunks(app, available):
        if book in stopped:
            continue
        for part in _settled(app, started, book, {name: available[name] for name in merchants}):
            summary.add(part)
        progress(summary.merchants, len(available))
    if not summary.failed:
        _complete(app, summary)
    return summary


def _settled(app: App, run: SettlementRunStarted, book: int, available: dict[str, Money]) -> Iterator[RunSummary]:
    """Settles the merchants together, or each alone if they fail together, so that one does not stop the others."""
    part = RunSummary(run.run_id, run.cut_off, run.positions)
    try:
        _Chunk(app, run, book, available, part).settle()
    except Exception as error:
        if is_trouble(error) or isinstance(error, OBSTACLES):
            raise
        if len(available) > 1:
            for name, money in available.items():
                yield from _settled(app, run, book, {name: money})
            return
        (merchant,) = available
        fault = fault_of(error, command="settle", id=run.run_id, book=book, stream=payouts_stream(merchant))
        part = RunSummary(run.run_id, run.cut_off, run.positions, merchants=1, failed={merchant: fault.sentence})
    yield part


def _as_completed(started: SettlementRunStarted, completed: SettlementRunCompleted) -> RunSummary:
    return RunSummary(
        started.run_id,
        started.cut_off,
        started.positions,
        merchants=completed.merchants,
        statements=completed.statements,
        payouts=completed.payouts,
        paid=completed.paid,
        refused=Counter(completed.refused),
    )


def _start(app: App, run_id: str, cut_off: datetime | None) -> SettlementRunStarted:
    if cut_off is None:
        app.catch_up([DueReleases()], past_stops=True)
        Releases(app).sweep()
        at, positions = app.clock(), app.ledger.reader.heads()
    else:
        at, positions = cut_off, _known_at(app, cut_off)
    start_id = command_id("start", settlement_run_stream(run_id))
    start = StartSettlementRun(id=start_id, actor=RUNNER, run_id=run_id, cut_off=at, positions=positions)
    (outcome,) = app.bus.submit([start])
    started = _run(app, run_id).started  # another machine may have been quicker: its cut-off holds
    if started is None:
        raise ServiceFailure(f"The run {run_id} could not be started: {outcome.sentence}")
    return started


def _known_at(app: App, cut_off: datetime) -> dict[int, int]:
    try:
        return app.ledger.reader.positions_as_known_at(cut_off)
    except ValueError as error:
        raise ServiceFailure(f"{error}.") from None


def _run(app: App, run_id: str) -> SettlementRun:
    return load_stream(app.ledger.reader, 0, settlement_run_stream(run_id), SettlementRun)


def _available(app: App, positions: dict[int, int]) -> tuple[dict[str, Money], dict[int, str]]:
    """Returns the available amount of each merchant at the cut-off (negative if it owes money), and the reason for
    each book that cannot be read."""
    found = balances(app.views, AsOf(at=positions, timeout_s=_PATIENCE_S, past_stops=True))
    available = {balance.merchant: balance.available - balance.due_from_merchant for balance in found.merchants}
    return available, {book: str(why) for book, why in found.vector.short_in().items()}


def _chunks(app: App, available: dict[str, Money]) -> Iterator[tuple[int, list[str]]]:
    by_book: dict[int, list[str]] = {}
    for merchant, book in sorted(app.ledger.directory.books_of(available).items()):
        by_book.setdefault(book, []).append(merchant)
    for book, merchants in sorted(by_book.items()):
        for start in range(0, len(merchants), _CHUNK):
            yield book, merchants[start : start + _CHUNK]


class _Chunk:
    """Makes the statements and then the payouts of some merchants of one book."""

    def __init__(
        self, app: App, run: SettlementRunStarted, book: int, available: dict[str, Money], summary: RunSummary
    ) -> None:
        self._app, self._run, self._book = app, run, book
        self._available, self._summary = available, summary

    def settle(self) -> None:
        self._issue()
        self._pay()
        self._summary.merchants += len(self._available)

    def _issue(self) -> None:
        names = {name: statements_stream(name) for name in self._available}
        known = load_streams(self._app.ledger.reader, dict.fromkeys(names.values(), self._book), Statements)
        before = {name: known[stream].last for name, stream in names.items()}
        issued = [name for name, last in before.items() if last and last.run_id == self._run.run_id]
        upto = self._run.positions[self._book]
        cuts = [
            Cut(name, last.upto_position, last.closing) if last else Cut(name)
            for name, last in before.items()
            if last is None or last.upto_position < upto
        ]
        made = statements(self._app.views, self._book, cuts, upto=upto, timeout_s=_PATIENCE_S)
        moved = [statement for statement in made if statement.lines]
        since = {name: last.period_to for name, last in before.items() if last}
        outcomes = self._submit([self._statement(each, since.get(each.merchant)) for each in moved])
        self._summary.statements += len(issued) + sum(outcome.is_accepted for outcome in outcomes)
        self._account({each.merchant: outcome for each, outcome in zip(moved, outcomes, strict=True)})

    def _statement(self, statement: Statement, since: datetime | None) -> Command:
        if statement.closing != self._available[statement.merchant]:
            raise AssertionError(f"the statement of {statement.merchant} differs from its account")
        # The range is in the id: after a refusal because of another run in between, a new command is submitted.
        statement_id = derived_id(self._run.run_id, statement.merchant, str(statement.after))
        return IssueStatement(
            id=command_id("statement", statements_stream(statement.merchant), statement_id),
            actor=RUNNER,
            merchant_id=statement.merchant,
            statement_id=statement_id,
            run_id=self._run.run_id,
            book=self._book,
            after_position=statement.after,
            upto_position=statement.upto,
            period_from=since,
            period_to=self._run.cut_off,
            opening=statement.opening,
            totals=statement.totals,
            closing=statement.closing,
            lines_hash=statement.lines_hash,
        )

    def _pay(self) -> None:
        owed = {name: money for name, money in self._available.items() if money.minor > 0}
        already = self._paid(owed)
        left = self._left({name: money for name, money in owed.items() if name not in already})
        waiting = [name for name, money in left.items() if money.minor > 0]
        outcomes = self._submit([self._payout(name, left[name]) for name in waiting])
        paid = self._paid(owed)
        self._summary.payouts += len(paid)
        self._summary.paid += sum(paid.values(), start=Money.zero(CNY))
        if nothing_left := [name for name in left if name not in waiting and name not in paid]:
            self._summary.refused[InsufficientAvailable.code] += len(nothing_left)
        answers = zip(waiting, outcomes, strict=True)
        self._account({name: outcome for name, outcome in answers if name not in paid})

    def _submit(self, commands: Sequence[Command]) -> list[Outcome]:
        return self._app.bus.submit(commands) if commands else []

    def _account(self, outcomes: Mapping[str, Outcome]) -> None:
        """Adds the refused merchants and those whose command failed to the summary."""
        for merchant, outcome in outcomes.items():
            if outcome.status == "fault":
                self._summary.failed[merchant] = outcome.sentence
            elif not outcome.is_accepted:
                self._summary.refused[outcome.code] += 1

    def _payout(self, merchant: str, owed: Money) -> Command:
        return InitiatePayout(
            id=command_id("payout", payouts_stream(merchant), self._run.run_id, str(owed.minor)),
            actor=RUNNER,
            merchant_id=merchant,
            payout_id=payout_id_of(self._run.run_id, merchant),
            at_most=owed,
            run_id=self._run.run_id,
        )

    def _left(self, owed: dict[str, Money]) -> dict[str, Money]:
        """Returns the money available at the cut-off, less later payouts, by merchant."""
        left = dict(owed)
        upto = self._run.positions[self._book]
        names = {payouts_stream(merchant): merchant for merchant in owed}
        for name, rows in self._app.ledger.reader.load(self._book, list(names)).items():
            payouts = Payouts(name)
            for row in rows:
                payouts.apply(row.event)
            since = [row.event for row in rows if row.position > upto and isinstance(row.event, PayoutInitiated)]
            kept = [event.amount for event in since if payouts.payouts[event.payout_id].keeps_its_money]
            left[names[name]] -= total(kept, CNY)
        return left

    def _paid(self, merchants: dict[str, Money]) -> dict[str, Money]:
        """Returns the recorded payouts of this run by merchant, whoever initiated them."""
        names = {name: payouts_stream(name) for name in merchants}
        found = load_streams(self._app.ledger.reader, dict.fromkeys(names.values(), self._book), Payouts)
        payouts = {name: found[stream].payouts for name, stream in names.items()}
        ids = {name: payout_id_of(self._run.run_id, name) for name in merchants}
        return {name: payouts[name][ids[name]].amount for name in merchants if ids[name] in payouts[name]}


def _complete(app: App, summary: RunSummary) -> None:
    app.bus.submit(
        [
            CompleteSettlementRun(
                id=command_id("complete", settlement_run_stream(summary.run_id)),
                actor=RUNNER,
                run_id=summary.run_id,
                merchants=summary.merchants,
                statements=summary.statements,
                payouts=summary.payouts,
                paid=summary.paid,
                refused=dict(summary.refused),
            )
        ]
    )
