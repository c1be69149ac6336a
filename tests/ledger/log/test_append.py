"""The append: order, versions, repeats, conflicts, guards, closed days, answers."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from random import Random
from string import ascii_letters

import psycopg2
import psycopg2.extensions
import pytest

from ledger.ledger import Ledger
from ledger.log.rows import Attempt, Expectation, NewEvent, Status
from tests.ledger.log.attempts import AT, BOOK, attempt, entry, new_event, refusal, release

UNBALANCED = entry(("2110", 500), ("2120", -499))
TOO_LONG = "".join(Random(7).choices(ascii_letters, k=9_000))


def statuses(ledger: Ledger, *attempts: Attempt) -> list[Status]:
    return [receipt.status for receipt in ledger.append(BOOK, attempts)]


def positions(ledger: Ledger) -> list[tuple[int, str, int]]:
    return [(row.position, row.stream, row.version) for row in ledger.reader.read(BOOK, 0, 1000)]


def test_events_stand_in_the_book_in_the_order_of_their_attempts(ledger: Ledger) -> None:
    ledger.append(BOOK, [attempt("a/1", events=[new_event("a/1")] * 2), attempt("b/1")])
    assert positions(ledger) == [(1, "a/1", 1), (2, "a/1", 2), (3, "b/1", 1)]


def test_a_receipt_says_where_the_events_stand(ledger: Ledger) -> None:
    ledger.append(BOOK, [attempt("a/1")])
    (receipt,) = ledger.append(BOOK, [attempt("b/1", events=[new_event("b/1")] * 3)])
    assert (receipt.status, receipt.book, receipt.first, receipt.last) == (Status.RECORDED, BOOK, 2, 4)


def test_every_book_counts_for_itself(ledger: Ledger) -> None:
    ledger.append(1, [attempt()])
    (receipt,) = ledger.append(2, [attempt()])
    assert receipt.first == 1


def test_a_row_comes_back_as_it_was_written(ledger: Ledger) -> None:
    text = '{"title":"红色的书 \\"quoted\\" \\\\ back 🎏","tab":"\\t"}'
    event = new_event("order/M-1/O-1", payload=text, source='{"external_id":"e\'1","system":"psp"}')
    ledger.append(BOOK, [attempt(events=[event], command_id="merchant:m-1/c-9/M-1", fingerprint="f" * 64)])
    (row,) = ledger.reader.read(BOOK, 0, 10)
    kept = {name: getattr(row, name) for name in event._fields}
    assert kept == {name: getattr(event, name) for name in event._fields}
    assert (row.command_id, row.command_n, row.fingerprint) == ("merchant:m-1/c-9/M-1", 1, "f" * 64)


def test_several_commands_on_one_stream_follow_each_other_in_one_append(ledger: Ledger) -> None:
    ledger.append(BOOK, [attempt(version=0, events=[new_event()] * 2), attempt(version=2), attempt(version=3)])
    assert [version for _, _, version in positions(ledger)] == [1, 2, 3, 4]


def test_an_attempt_may_write_several_streams(ledger: Ledger) -> None:
    both = attempt("a/1", events=[new_event("a/1"), new_event("b/1")], guards=[Expectation("b/1", 0)])
    assert statuses(ledger, both) == [Status.RECORDED]
    assert positions(ledger) == [(1, "a/1", 1), (2, "b/1", 1)]


class TestRepeats:
    def test_the_same_id_and_body_get_the_first_answer(self, ledger: Ledger) -> None:
        once = attempt(command_id="x", events=[new_event()] * 2)
        ledger.append(BOOK, [attempt("other/1"), once])
        (receipt,) = ledger.append(BOOK, [once])
        assert (receipt.status, receipt.first, receipt.last) == (Status.REPEATED, 2, 3)

    def test_a_repeat_records_nothing(self, ledger: Ledger) -> None:
        once = attempt(command_id="x")
        ledger.append(BOOK, [once])
        ledger.append(BOOK, [once])
        assert len(positions(ledger)) == 1

    def test_the_same_id_with_another_body_is_reused(self, ledger: Ledger) -> None:
        ledger.append(BOOK, [attempt(command_id="x", fingerprint="one")])
        assert statuses(ledger, attempt(version=1, command_id="x", fingerprint="two")) == [Status.REUSED]

    def test_a_repeat_is_seen_before_a_conflict(self, ledger: Ledger) -> None:
        once = attempt(command_id="x", version=0)
        ledger.append(BOOK, [once, attempt(version=1)])
        assert statuses(ledger, once) == [Status.REPEATED]

    def test_neighbours_of_a_repeat_are_recorded(self, ledger: Ledger) -> None:
        once = attempt(command_id="x")
        ledger.append(BOOK, [once])
        before, after = attempt("a/1"), attempt("b/1")
        assert statuses(ledger, before, once, after) == [Status.RECORDED, Status.REPEATED, Status.RECORDED]
        assert positions(ledger)[1:] == [(2, "a/1", 1), (3, "b/1", 1)]

    def test_one_id_twice_in_one_append_is_recorded_once(self, ledger: Ledger) -> None:
        once = attempt(command_id="x")
        first, second = ledger.append(BOOK, [once, once])
        assert (first.status, second.status) == (Status.RECORDED, Status.REPEATED)
        assert (second.first, second.last) == (first.first, first.last)

    def test_one_id_a_thousand_times_in_one_append_is_recorded_once(self, ledger: Ledger) -> None:
        receipts = ledger.append(BOOK, [attempt(command_id="x")] * 1000)
        assert [r.status for r in receipts] == [Status.RECORDED] + [Status.REPEATED] * 999

    def test_an_id_counts_in_its_own_book_only(self, ledger: Ledger) -> None:
        ledger.append(1, [attempt(command_id="x")])
        (receipt,) = ledger.append(2, [attempt(command_id="x")])
        assert receipt.status is Status.RECORDED


class TestConflicts:
    def test_a_stream_that_has_moved_on_is_a_conflict(self, ledger: Ledger) -> None:
        ledger.append(BOOK, [attempt(version=0)])
        assert statuses(ledger, attempt(version=0)) == [Status.CONFLICT]

    def test_a_stream_that_is_not_so_far_is_a_conflict(self, ledger: Ledger) -> None:
        ledger.append(BOOK, [attempt(version=0)])
        assert statuses(ledger, attempt(version=2)) == [Status.CONFLICT]

    def test_a_stream_that_was_only_read_is_checked_too(self, ledger: Ledger) -> None:
        ledger.append(BOOK, [attempt("merchant/M-1", 0)])
        stale = attempt("order/M-1/O-1", guards=[Expectation("merchant/M-1", 0)])
        assert statuses(ledger, stale) == [Status.CONFLICT]

    def test_a_conflict_records_nothing_of_its_attempt(self, ledger: Ledger) -> None:
        ledger.append(BOOK, [attempt("a/1")])
        two_streams = attempt("b/1", events=[new_event("b/1"), new_event("a/1")], guards=[Expectation("a/1", 0)])
        assert statuses(ledger, two_streams) == [Status.CONFLICT]
        assert len(positions(ledger)) == 1

    def test_neighbours_of_a_conflict_are_recorded(self, ledger: Ledger) -> None:
        ledger.append(BOOK, [attempt("taken/1")])
        tried = [attempt("a/1"), attempt("taken/1"), attempt("b/1", events=[new_event("b/1")] * 2), attempt("a/1", 1)]
        receipts = ledger.append(BOOK, tried)
        assert [(r.status, r.first, r.last) for r in receipts] == [
            (Status.RECORDED, 2, 2),
            (Status.CONFLICT, 0, 0),
            (Status.RECORDED, 3, 4),
            (Status.RECORDED, 5, 5),
        ]

    def test_what_was_decided_on_a_neighbour_that_failed_conflicts_as_well(self, ledger: Ledger) -> None:
        ledger.append(BOOK, [attempt("merchant/M-1")])
        stale = attempt("a/1", 0, guards=[Expectation("merchant/M-1", 0)])
        assert statuses(ledger, stale, attempt("a/1", 1)) == [Status.CONFLICT, Status.CONFLICT]

    def test_what_was_decided_on_a_failed_neighbour_conflicts_though_another_writer_raised_the_stream_as_far(
        self, ledger: Ledger
    ) -> None:
        ledger.append(BOOK, [attempt("a/1")])  # another writer's, between the decisions and their append
        assert statuses(ledger, attempt("a/1", 0), attempt("a/1", 1)) == [Status.CONFLICT, Status.CONFLICT]

    def test_so_does_what_was_decided_on_that_in_turn(self, ledger: Ledger) -> None:
        ledger.append(BOOK, [attempt("a/1"), attempt("b/1")])
        second = attempt("b/1", 1, guards=[Expectation("a/1", 1)])
        tried = [attempt("a/1", 0), second, attempt("b/1", 1), attempt("c/1")]
        assert statuses(ledger, *tried) == [Status.CONFLICT] * 3 + [Status.RECORDED]

    def test_so_does_a_payout_decided_on_a_release_that_failed(self, ledger: Ledger) -> None:
        ledger.append(BOOK, [release("M-1", 500, "order/M-1/1")])
        payout = attempt("payouts/M-1", guards=[Expectation("account/M-1", 1)])
        assert statuses(ledger, release("M-1", 70, "order/M-1/1"), payout) == [Status.CONFLICT, Status.CONFLICT]

    def test_so_does_what_is_appended_separately_because_an_id_comes_twice(self, ledger: Ledger) -> None:
        ledger.append(BOOK, [attempt("a/1")])
        tried = [attempt("b/1", command_id="x"), attempt("a/1", 0), attempt("b/1", command_id="x"), attempt("a/1", 1)]
        expected = [Status.RECORDED, Status.CONFLICT, Status.REPEATED, Status.CONFLICT]
        assert statuses(ledger, *tried) == expected

    def test_of_two_decided_on_the_same_version_the_first_is_recorded(self, ledger: Ledger) -> None:
        assert statuses(ledger, attempt("a/1"), attempt("a/1")) == [Status.RECORDED, Status.CONFLICT]


class TestGuards:
    def test_a_movement_raises_the_guard_by_one_and_adds_up(self, ledger: Ledger) -> None:
        ledger.append(BOOK, [release("M-1", 500, "order/M-1/1"), release("M-1", 70, "order/M-1/2")])
        assert ledger.reader.accounts(BOOK, ["M-1"])["M-1"] == (2, 570, 0, 0, 0)

    def test_a_payout_decided_on_money_that_has_moved_conflicts(self, ledger: Ledger) -> None:
        ledger.append(BOOK, [release("M-1", 500, "order/M-1/1")])
        payout = attempt("payouts/M-1", guards=[Expectation("account/M-1", 0)])
        assert statuses(ledger, payout) == [Status.CONFLICT]

    def test_a_payout_decided_on_the_guard_as_it_stands_is_recorded(self, ledger: Ledger) -> None:
        ledger.append(BOOK, [release("M-1", 500, "order/M-1/1")])
        payout = attempt("payouts/M-1", guards=[Expectation("account/M-1", 1)])
        assert statuses(ledger, payout) == [Status.RECORDED]

    def test_a_guard_that_an_earlier_attempt_raises_is_expected_as_that_leaves_it(self, ledger: Ledger) -> None:
        payout = attempt("payouts/M-1", guards=[Expectation("account/M-1", 1)])
        assert statuses(ledger, release("M-1", 500, "order/M-1/1"), payout) == [Status.RECORDED, Status.RECORDED]

    def test_a_release_in_the_same_append_makes_a_payout_on_the_old_guard_conflict(self, ledger: Ledger) -> None:
        payout = attempt("payouts/M-1", guards=[Expectation("account/M-1", 0)])
        assert statuses(ledger, release("M-1", 500, "order/M-1/1"), payout) == [Status.RECORDED, Status.CONFLICT]

    def test_a_conflict_moves_no_guard(self, ledger: Ledger) -> None:
        ledger.append(BOOK, [attempt("order/M-1/1")])
        ledger.append(BOOK, [release("M-1", 500, "order/M-1/1", version=0)])
        assert ledger.reader.accounts(BOOK, ["M-1"]) == {}


class TestClosedDays:
    @pytest.fixture(autouse=True)
    def _april_is_closed(self, sql: psycopg2.extensions.cursor) -> None:
        sql.execute("UPDATE log.heads SET first_open_day = '2025-05-01' WHERE book = %s", (BOOK,))

    def test_an_event_on_a_closed_day_is_not_recorded_and_the_open_day_named(self, ledger: Ledger) -> None:
        (receipt,) = ledger.append(BOOK, [attempt(events=[new_event(accounting_date=date(2025, 4, 30))])])
        assert (receipt.status, receipt.first_open_day) == (Status.DAY_CLOSED, date(2025, 5, 1))

    def test_the_first_open_day_is_open(self, ledger: Ledger) -> None:
        assert statuses(ledger, attempt(events=[new_event(accounting_date=date(2025, 5, 1))])) == [Status.RECORDED]

    def test_neighbours_on_open_days_are_recorded(self, ledger: Ledger) -> None:
        late = attempt("a/1", events=[new_event("a/1", accounting_date=date(2025, 4, 30))])
        fine = attempt("b/1", events=[new_event("b/1", accounting_date=date(2025, 6, 1))])
        assert statuses(ledger, late, fine) == [Status.DAY_CLOSED, Status.RECORDED]


class TestAnswers:
    def test_a_refusal_is_kept_with_what_it_rests_on(self, ledger: Ledger, sql: psycopg2.extensions.cursor) -> None:
        ledger.append(BOOK, [attempt("other/1"), refusal(command_id="x")])
        sql.execute(
            "SELECT command_id, stream, command, actor, code, facts, fingerprint, decided_at, position"
            " FROM log.outcomes"
        )
        assert sql.fetchall() == [
            ("x", "order/M-1/O-1", "release", '{"id":"a"}', "NOT_DUE", '{"due":"tomorrow"}', "body", AT, 1),
        ]

    def test_a_refusal_is_sticky(self, ledger: Ledger) -> None:
        ledger.append(BOOK, [refusal(command_id="x")])
        (receipt,) = ledger.append(BOOK, [attempt(command_id="x")])
        assert (receipt.status, receipt.code, receipt.facts) == (Status.REPEATED, "NOT_DUE", '{"due":"tomorrow"}')

    def test_a_refusal_takes_no_position(self, ledger: Ledger) -> None:
        first, second = ledger.append(BOOK, [refusal(), attempt()])
        assert (first.status, first.first, first.last, second.first) == (Status.RECORDED, 0, 0, 1)

    def test_a_refusal_decided_on_what_has_changed_is_not_kept(self, ledger: Ledger) -> None:
        ledger.append(BOOK, [attempt(version=0)])
        assert statuses(ledger, refusal(version=0, command_id="x")) == [Status.CONFLICT]
        assert ledger.reader.answers(BOOK, ["x"]) == {}

    def test_a_refusal_beside_a_conflict_is_kept(self, ledger: Ledger, sql: psycopg2.extensions.cursor) -> None:
        ledger.append(BOOK, [attempt("a/1")])
        tried = [attempt("b/1"), attempt("a/1", 0), refusal("c/1", command_id="x")]
        assert statuses(ledger, *tried) == [Status.RECORDED, Status.CONFLICT, Status.RECORDED]
        sql.execute("SELECT command_id, position FROM log.outcomes")
        assert sql.fetchall() == [("x", 2)]

    def test_the_id_of_a_refusal_is_refused_to_another_body(self, ledger: Ledger) -> None:
        ledger.append(BOOK, [refusal(command_id="x", fingerprint="one")])
        assert statuses(ledger, refusal(command_id="x", fingerprint="two")) == [Status.REUSED]


class TestTime:
    @pytest.mark.one_server
    def test_recorded_at_never_goes_back_though_the_clock_does(
        self, ledger: Ledger, sql: psycopg2.extensions.cursor
    ) -> None:
        ledger.append(BOOK, [attempt()])
        sql.execute("SET session_replication_role = replica")  # past the trigger that keeps the log as it is
        sql.execute("UPDATE log.events SET recorded_at = now() + interval '1 hour' WHERE book = %s", (BOOK,))
        ledger.append(BOOK, [attempt("b/1")])
        first, second = ledger.reader.read(BOOK, 0, 2)
        assert second.recorded_at == first.recorded_at

    def test_recorded_at_is_the_servers_clock(self, ledger: Ledger, sql: psycopg2.extensions.cursor) -> None:
        sql.execute("SELECT clock_timestamp()")
        ((before,),) = sql.fetchall()
        ledger.append(BOOK, [attempt()])
        recorded_at = ledger.reader.read(BOOK, 0, 1)[0].recorded_at
        assert before <= recorded_at < before + timedelta(minutes=1)


def _fault(ledger: Ledger, tried: Attempt) -> str:
    (receipt,) = ledger.append(BOOK, [tried])
    assert receipt.status is Status.FAULTY
    return str(receipt.error)


class TestWhatTheLogCannotHold:
    def test_an_event_in_a_guard(self, ledger: Ledger) -> None:
        assert "into the guard account/M-1" in _fault(ledger, attempt("account/M-1"))

    def test_a_stream_written_without_an_expected_version(self, ledger: Ledger) -> None:
        assert "writes b/1 but expects no version" in _fault(ledger, attempt("a/1", events=[new_event("b/1")]))

    @pytest.mark.parametrize("character", ["\x1e", "\x1f"])
    def test_a_separator_in_a_field(self, ledger: Ledger, character: str) -> None:
        assert "control character" in _fault(ledger, attempt(events=[new_event(correlation_id=f"c{character}1")]))

    def test_an_instant_without_a_zone(self, ledger: Ledger) -> None:
        naive = new_event(occurred_at=datetime(2025, 4, 1))  # noqa: DTZ001
        assert "has no time zone" in _fault(ledger, attempt(events=[naive]))

    def test_an_attempt_with_neither_events_nor_an_answer(self, ledger: Ledger) -> None:
        assert "either events or an answer" in _fault(ledger, attempt(events=[]))

    @pytest.mark.parametrize(
        "event",
        [
            new_event(correlation_id="c\x00"),
            new_event(entry=UNBALANCED),
            new_event(f"s/{TOO_LONG}"),
            new_event(schema_version=2**40),
        ],
        ids=["a NUL", "an unbalanced entry", "a key that no index holds", "a number that no column holds"],
    )
    def test_it_fails_alone_and_so_do_those_that_were_decided_on_it(self, ledger: Ledger, event: NewEvent) -> None:
        tried = [attempt("a/1"), attempt(event.stream, events=[event]), attempt(event.stream, 1), attempt("b/1")]
        receipts = ledger.append(BOOK, tried)
        expected = [Status.RECORDED, Status.FAULTY, Status.CONFLICT, Status.RECORDED]
        assert [receipt.status for receipt in receipts] == expected

    def test_its_id_may_be_tried_again(self, ledger: Ledger) -> None:
        bad = attempt(command_id="x", events=[new_event(entry=UNBALANCED)])
        assert statuses(ledger, bad) == [Status.FAULTY]
        assert statuses(ledger, attempt(command_id="x")) == [Status.RECORDED]

    def test_a_far_offset_is_an_instant_like_any_other(self, ledger: Ledger) -> None:
        at = datetime(2025, 4, 1, tzinfo=timezone(timedelta(hours=23)))
        assert statuses(ledger, attempt(events=[new_event(occurred_at=at)])) == [Status.RECORDED]
        assert ledger.reader.read(BOOK, 0, 1)[0].occurred_at == at

    def test_a_book_that_is_not_there(self, ledger: Ledger) -> None:
        with pytest.raises(psycopg2.Error, match="no book 99"):
            ledger.append(99, [attempt()])
