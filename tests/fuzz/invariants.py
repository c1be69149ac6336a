"""Invariants of the log after any history: the books balance, and the stored events give the remembered state."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from ledger.events.event import Event, decode
from ledger.folds.parcel_reports import ParcelReports
from ledger.fx import CNY
from ledger.ids import account_guard, merchant_of
from ledger.journal.accounts import is_merchant_account
from ledger.log.rows import Recorded
from ledger.sealed import Sealed
from ledger.streams.registry import blank
from ledger.streams.stream import Stream
from tests.simulation.models.money_checks import due_to_merchant
from tests.simulation.models.shop_checks import moved
from tests.support.buses import Desk

_COLUMNS = {"2120": "available", "2130": "on_hold", "2140": "in_transit"}


def check(desk: Desk) -> None:
    """All of it, of a desk whose history has ended; the bus must not be used afterwards."""
    reader = desk.ledger.reader
    rows = [row for book, head in reader.heads().items() if head for row in reader.read(book, 0, head)]
    replayed = _replayed(rows)
    for row in rows:
        _stored_as_it_reads(row)
        _balances(row)
    _merchants_have_what_they_are_due(rows)
    _guards_say_so(desk, rows, replayed)
    _the_bus_remembers_the_same(desk, replayed)


def _stored_as_it_reads(row: Recorded) -> None:
    read = decode(row.type, row.schema_version, row.payload)
    assert read.payload() == row.payload, f"{row.type} reads otherwise than it is stored"


def _balances(row: Recorded) -> None:
    assert sum(line["base"] for line in row.lines) == 0, f"{row.type} does not balance"
    for line in row.lines:
        if is_merchant_account(line["account"]):
            assert (line["currency"], bool(line["merchant"])) == (CNY, True), f"{row.type} on {line['account']}"


def _merchants_have_what_they_are_due(rows: list[Recorded]) -> None:
    """Nothing is taken from a merchant but the fee, its refunds, its lost disputes and its payouts (design §6)."""
    has, due = Counter[str](), Counter[str]()
    for row in rows:
        for line in row.lines:
            if is_merchant_account(line["account"]):
                has[line["merchant"]] -= line["base"]
        if merchant := merchant_of(row.stream):
            due[merchant] += due_to_merchant([row.event]) + moved(row.event)
    assert {name: n for name, n in has.items() if n} == {name: n for name, n in due.items() if n}


def _guards_say_so(desk: Desk, rows: list[Recorded], replayed: dict[str, Stream]) -> None:
    """The guards of payouts hold the sums of the entries, and the claims of the orders' open cases and disputes."""
    sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
    books: dict[str, int] = {}
    for row in rows:
        if merchant := merchant_of(row.stream):
            books[merchant] = row.book
        for line in row.lines:
            if column := _COLUMNS.get(line["account"]):
                sums[line["merchant"]][column] -= line["base"]
    for stream in replayed.values():
        if merchant := merchant_of(stream.name):
            sums[merchant]["in_open_cases"] += stream.claimed
    for merchant, expected in sums.items():
        guard = desk.ledger.reader.accounts(books[merchant], [merchant]).get(merchant)
        found = {name: getattr(guard, name) for name in (*_COLUMNS.values(), "in_open_cases")} if guard else {}
        said = {name: amount for name, amount in found.items() if amount}
        assert said == {name: amount for name, amount in expected.items() if amount}, account_guard(merchant)


def _replayed(rows: list[Recorded]) -> dict[str, Stream]:
    streams: dict[str, Stream] = {}
    for row in rows:
        streams.setdefault(row.stream, blank(row.stream)).apply(row.event)
    return streams


def _the_bus_remembers_the_same(desk: Desk, replayed: dict[str, Stream]) -> None:
    kept = desk.bus._context.cache.take(replayed)
    for name, stream in kept.items():
        assert stream.version <= replayed[name].version, name
        if stream.version == replayed[name].version:
            assert _plain(stream) == _plain(replayed[name]), f"{name} is remembered otherwise than it is replayed"


def _plain(value: Any) -> Any:
    """Objects as their fields, all the way down: those of a stream know no equality of their own."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, ParcelReports):  # folded when it is asked for, which may be earlier or later
        return _plain(value.parcels)
    if isinstance(value, Sealed):  # never compared by content
        return Sealed
    if isinstance(value, Event):
        # A break opens when it is decided, whatever the day of its fact: nothing reads its timing.
        fields = {name: each for name, each in value if name != "timing" or not value.name.startswith("break.")}
        return (type(value), _plain(fields))
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    fields = {name: getattr(value, name) for name in slots if hasattr(value, name)} | getattr(value, "__dict__", {})
    is_state = type(value).__module__.startswith(("ledger.streams", "ledger.folds"))
    return (type(value), _plain(fields)) if fields and is_state else value
