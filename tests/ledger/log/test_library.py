"""A book is an application of the event-sourcing library: its own test cases, its projections, our upcasts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg2.extensions
import pytest
from eventsourcing.application import Application
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    Mapper,
    MapperDeserialisationError,
    NotSupportedError,
    StoredEvent,
    Tracking,
)
from eventsourcing.popo import POPOTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.tests.persistence import (
    AggregateRecorderTestCase,
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
)

from ledger.events.event import UPCASTS, Event
from ledger.journal.accounts import BANK_CNY, SERVICE_FEE
from ledger.journal.entry import Draft, debit
from ledger.journal.rule import rule
from ledger.ledger import Ledger
from ledger.library.mapper import LedgerMapper, StreamEvent, name_and_version, topic_of
from ledger.library.recorder import BookAggregateRecorder, BookRecorder
from ledger.log.verification.verify import verify_log
from ledger.money import Money
from tests.ledger.log.attempts import AT, BOOK, attempt

TIMEOUT_S = 30
_names = itertools.count(1)


def clock() -> datetime:
    return datetime.now(UTC)


class OfABook:
    """The library's test cases with a book's conventions: ids are texts, and versions start at 0 or at 1."""

    INITIAL_VERSION = 0
    ledger: Ledger

    @pytest.fixture(autouse=True)
    def _open(self, ledger: Ledger) -> None:
        type(self).ledger = ledger

    def new_originator_id(self) -> UUID | str:
        return f"aggregate/{next(_names)}"

    def create_recorder(self) -> ApplicationRecorder:
        return BookRecorder(self.ledger, BOOK, clock=clock, legal_entity="REDLEDGER-HK", first_version=0)


class TestAggregateRecorder(OfABook, AggregateRecorderTestCase):
    def create_recorder(self) -> AggregateRecorder:  # type: ignore[override]
        return BookAggregateRecorder(self.ledger, BOOK, clock=clock, legal_entity="REDLEDGER-HK", first_version=0)


class TestApplicationRecorder(OfABook, ApplicationRecorderTestCase[ApplicationRecorder]):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestNonInterleavingNotificationIDs(OfABook, NonInterleavingNotificationIDsBaseCase):
    pass


del AggregateRecorderTestCase, ApplicationRecorderTestCase, NonInterleavingNotificationIDsBaseCase


class Greeted(Event, name="tests.greeted", version=2):
    """Somebody was greeted, in a language."""

    whom: str
    language: str


class GreetedBefore(Event, name="tests.greeted", version=1):
    """Somebody was greeted; the language was not kept yet."""

    whom: str


class Tipped(Event, name="tests.tipped", version=1):
    """Money changed hands."""

    amount: Money


@rule.register
def _(event: Tipped) -> Draft:
    return debit(BANK_CNY, event.amount).credit(SERVICE_FEE, event.amount)


class Greetings(POPOTrackingRecorder):
    """A view of the library's: what was said."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []


class Listening(Projection[Greetings]):
    """Writes down each greeting, and how far it has got."""

    name = "greetings"
    topics: tuple[str, ...] = ("tests.greeted", "tests.greeted@2")

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.said.append(f"{domain_event.event.language} {domain_event.event.whom}")
        self.view.insert_tracking(tracking)


@pytest.fixture
def _upcast() -> Iterator[None]:
    UPCASTS["tests.greeted", 1] = lambda old: {**old, "language": "zh"}
    yield
    del UPCASTS["tests.greeted", 1]


@pytest.fixture
def recorder(ledger: Ledger) -> BookRecorder:
    return BookRecorder(ledger, BOOK, clock=lambda: AT, legal_entity="REDLEDGER-HK")


def stored(event: Event, version: int = 1, stream: str = "greeting/1") -> StoredEvent:
    return LedgerMapper().to_stored_event(StreamEvent(stream, version, event))


def runner_of(recorder: BookRecorder) -> ProjectionRunner[Application[str], Greetings]:
    class Book(Application[str]):
        def construct_mapper(self) -> Mapper[str]:
            return LedgerMapper()

        def construct_recorder(self) -> ApplicationRecorder:
            return recorder

    return ProjectionRunner(application_class=Book, projection_class=Listening, view_class=Greetings)


@pytest.mark.usefixtures("_upcast")
class TestProjectionRunner:
    def test_it_reads_what_is_there_and_follows_what_comes(self, recorder: BookRecorder) -> None:
        recorder.insert_events([stored(Greeted(whom="Ann", language="en"))])
        with runner_of(recorder) as runner:
            runner.wait(1, timeout=TIMEOUT_S)
            recorder.insert_events([stored(Greeted(whom="Bo", language="da"), version=2)])
            runner.wait(2, timeout=TIMEOUT_S)
            assert runner.view.said == ["en Ann", "da Bo"]

    def test_events_of_the_ledger_itself_go_by_it(self, recorder: BookRecorder) -> None:
        recorder.ledger.append(BOOK, [attempt("order/M-1/1")])
        recorder.insert_events([stored(Greeted(whom="Ann", language="en"))])
        with runner_of(recorder) as runner:
            runner.wait(2, timeout=TIMEOUT_S)
            assert runner.view.said == ["en Ann"]

    def test_an_event_of_an_older_version_is_lifted_on_the_way(self, recorder: BookRecorder) -> None:
        recorder.insert_events([stored(GreetedBefore(whom="Cai"))])
        with runner_of(recorder) as runner:
            runner.wait(1, timeout=TIMEOUT_S)
            assert runner.view.said == ["zh Cai"]

    def test_verification_hashes_an_older_version_as_it_was_stored(
        self, recorder: BookRecorder, sql: psycopg2.extensions.cursor
    ) -> None:
        recorder.insert_events([stored(GreetedBefore(whom="Cai"))])
        assert list(verify_log(recorder.ledger.reader)) == []
        sql.execute("SET session_replication_role = replica")
        sql.execute("""UPDATE log.events SET payload = '{"language":"zh","whom":"Cai"}', schema_version = 2""")
        assert {(found.table, found.key, found.column) for found in verify_log(recorder.ledger.reader)} >= {
            ("log.events", f"book {BOOK}, position 1", "leaf")
        }


class TestMapper:
    def test_an_event_comes_back_from_its_stored_form(self) -> None:
        event = Greeted(whom="Ann", language="en")
        assert LedgerMapper().to_domain_event(stored(event)) == StreamEvent("greeting/1", 1, event)

    def test_a_stored_name_outlives_the_class(self) -> None:
        assert stored(Greeted(whom="Ann", language="en")).topic == "tests.greeted@2"

    @pytest.mark.usefixtures("_upcast")
    def test_an_older_version_is_lifted(self) -> None:
        mapped = LedgerMapper().to_domain_event(stored(GreetedBefore(whom="Cai")))
        assert mapped.event == Greeted(whom="Cai", language="zh")

    @pytest.mark.parametrize("topic", ["no.such", "tests.greeted@9"])
    def test_an_unknown_name_or_version_is_an_error_of_the_library(self, topic: str) -> None:
        with pytest.raises(MapperDeserialisationError, match=topic):
            LedgerMapper().to_domain_event(StoredEvent("s/1", 1, topic, b"{}"))

    def test_a_payload_of_another_shape_is_an_error_of_the_library(self) -> None:
        with pytest.raises(MapperDeserialisationError, match=r"tests\.greeted@2"):
            LedgerMapper().to_domain_event(StoredEvent("s/1", 1, "tests.greeted@2", b'{"whom":"Ann"}'))

    @pytest.mark.parametrize("name", ["order.placed", "a@b", "@2"])
    @pytest.mark.parametrize("version", [1, 2, 11])
    def test_a_topic_says_name_and_version(self, name: str, version: int) -> None:
        assert name_and_version(topic_of(name, version)) == (name, version)


def test_an_event_that_moves_money_is_not_recorded_past_the_commands(recorder: BookRecorder) -> None:
    with pytest.raises(NotSupportedError, match=r"tests\.tipped moves money"):
        recorder.insert_events([stored(Tipped(amount=Money.of("1.00", "CNY")))])
