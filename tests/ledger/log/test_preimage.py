"""The hash that the database stores is the one that a verifier computes, whatever stands in the fields."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest

from ledger.ledger import Ledger
from ledger.log.preimage import FIELDS, leaf_of, preimage
from ledger.log.rows import NewEvent, Recorded
from tests.ledger.log.attempts import BOOK, attempt, entry, new_event

FULL: dict[str, Any] = {
    "stream": "order/M-1/O-1",
    "type": "payment.captured",
    "schema_version": 12,
    "occurred_at": datetime(2025, 4, 1, 8, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8))),
    "accounting_date": date(2025, 4, 1),
    "actor": '{"id":"李雷","kind":"platform","role":"finance"}',
    "source": '{"external_id":"evt_1","system":"psp"}',
    "correlation_id": "c-2",
    "causation_id": "c-3",
    "legal_entity": "REDLEDGER-HK",
    "policy_versions": '{"fee":3}',
    "payload": '{"note":"1:a,2:bb,","title":"红色 🎏 \\"quoted\\" \\\\"}',
    "entry": entry(("2110", 5), ("2120", -5)),
}
ODD_INSTANTS = [
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2025, 3, 30, 2, 30, tzinfo=timezone(-timedelta(hours=11, minutes=30))),
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
]


def recorded(ledger: Ledger, event: NewEvent) -> Recorded:
    ledger.append(BOOK, [attempt(event.stream, events=[event])])
    (row,) = ledger.reader.read(BOOK, 0, 10)
    return row


def test_it_covers_every_column_but_the_hash_itself(ledger: Ledger) -> None:
    row = recorded(ledger, new_event(**FULL))
    assert {*FIELDS, "leaf"} == set(Recorded._fields)
    assert row.leaf == sha256(preimage(row)).digest()


@pytest.mark.parametrize("missing", [None, "entry"])
def test_the_database_computes_the_same(ledger: Ledger, missing: str | None) -> None:
    row = recorded(ledger, new_event(**(FULL | ({missing: None} if missing else {}))))
    assert row.leaf == leaf_of(row)


@pytest.mark.parametrize("at", ODD_INSTANTS, ids=str)
def test_the_database_computes_the_same_at_any_instant_of_the_calendar(ledger: Ledger, at: datetime) -> None:
    row = recorded(ledger, new_event(occurred_at=at))
    assert row.leaf == leaf_of(row)
    assert abs(row.occurred_at - at) <= timedelta(days=2)  # at the ends of the calendar the log keeps clear of them


@pytest.mark.parametrize("day", [date(1, 1, 1), date(999, 9, 9), date(9999, 12, 31)], ids=str)
def test_the_database_computes_the_same_on_any_day(ledger: Ledger, day: date) -> None:
    row = recorded(ledger, new_event(accounting_date=day))
    assert (row.accounting_date, row.leaf) == (day, leaf_of(row))


def test_the_database_computes_the_same_for_random_texts(ledger: Ledger) -> None:
    seed = random.randrange(10**6)
    dice = random.Random(seed)
    alphabet = "aZ0\"'\\{}[]:,%$ \t\n\u00e9\u4e2d\u200d\uffff\U0001f38f\U0010ffff"
    texts = ["".join(dice.choices(alphabet, k=dice.randrange(60))) for _ in range(200)]
    events = [new_event("s/1", payload=text, actor=text[::-1], correlation_id=text[:5]) for text in texts]
    ledger.append(BOOK, [attempt("s/1", events=events)])
    for row, text in zip(ledger.reader.read(BOOK, 0, 1000), texts, strict=True):
        assert (row.payload, row.leaf) == (text, leaf_of(row)), f"seed {seed}, position {row.position}"


@pytest.mark.parametrize("field", FIELDS)
def test_a_change_of_any_field_changes_the_hash(ledger: Ledger, field: str) -> None:
    row = recorded(ledger, new_event(**FULL))
    changes: dict[str, Any] = {field: _other(getattr(row, field))}
    assert leaf_of(row._replace(**changes)) != row.leaf


def test_its_bytes_are_as_documented(ledger: Ledger) -> None:
    row = recorded(ledger, new_event(**FULL))._replace(
        event_id="018f0000-0000-7000-8000-000000000001",
        recorded_at=datetime(2025, 4, 1, 0, 0, 1, tzinfo=UTC),
        command_id="merchant:m/9/M-1",
    )
    assert preimage(row._replace(payload="{}", entry=None)).decode().split("\x1f") == [
        "1", "1", "2025-04-01T00:00:01.000000Z", "2025-04-01", "order/M-1/O-1", "1", "payment.captured", "12",
        "018f0000-0000-7000-8000-000000000001", "2025-04-01T00:00:00.123456Z",
        '{"id":"李雷","kind":"platform","role":"finance"}', '{"external_id":"evt_1","system":"psp"}', "c-2", "c-3",
        "merchant:m/9/M-1", "1", "body", "REDLEDGER-HK", '{"fee":3}', "{}", "",
    ]  # fmt: skip


def _other(value: object) -> object:
    match value:
        case datetime():
            return value + timedelta(microseconds=1)
        case date():
            return value + timedelta(days=1)
        case int():
            return value + 1
    return f"{value} "
