"""No answer, export, refusal or line of the log has a personal value, whoever asks and whatever is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, get_args

import pytest

from ledger.events.orders import OrderPlaced
from ledger.events.statements import SettlementRunStarted, SettlementStatementIssued
from projections.tracking.tracking import AmbiguousOrder
from service.app import open_app
from service.cli.answers.print_answer import print_answer
from service.cli.options import Format
from service.cli.output import print_json
from service.cli.timepoints import instant_of
from service.demo.simulator.days import SEED
from service.demo.simulator.month import record_month
from service.embedded import EmbeddedPostgres
from service.failures import ServiceFailure
from service.http.routes.statements import STATEMENT
from service.questions.asked import answer_to
from service.questions.envelope import envelope
from service.questions.export import MEDIA
from service.questions.parameters import Kind
from service.questions.presentation import instant_in_utc
from service.questions.question import Question, Role
from service.questions.registry import QUESTIONS
from service.settings import Settings
from service.tracking.localisation import LANGUAGES
from tests.fuzz.planted import (
    PLANTED,
    WITH_PERSONAL_FIELDS,
    Desk,
    bodies,
    facts_of,
    listening,
    personal_texts,
)
from tests.simulation.models.recorded_facts import events_of
from tests.support.access import open_accounts
from tests.support.database_text import everything_in
from tests.support.month import DAYS
from tests.support.postgres import clone

pytestmark = pytest.mark.slow

ORDERS, BODIES = 10, 2
ROLES: tuple[Role, ...] = get_args(Role)
ALL = {**QUESTIONS, STATEMENT.name: STATEMENT}
SHORTEST = 5  # letters of a text that can only be a personal one
HOOK = {"subscription_id": "S-hook", "url": "https://shop.example/hook"}  # its secret is a sealed value too
FEW = 3  # ways in which a role asks a question that the admin asks in all
OF_THE_MONTH = {"order.placed", "parcel.signed_for", "refund.requested", "break.resolved"}


@dataclass(frozen=True)
class Ledger:
    """A ledger of a month, to which every command with personal fields was sent, with all that was said."""

    desk: Desk
    url: str
    personal: set[str]
    logged: list[str]

    def leaks(self, said: str) -> list[str]:
        return [text for text in self.personal if text in said]


@pytest.fixture(scope="module")
def ledger(postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    url = clone(postgres, template, "personal")
    settings = Settings(database_url=url, data_dir=tmp_path_factory.mktemp("personal"), requests_per_second=100_000)
    with open_app(settings, create=True, demonstration=True) as app:
        record_month(app, seed=SEED, orders=ORDERS, days=DAYS)
        placed = next(row.event for row in events_of(app) if isinstance(row.event, OrderPlaced) and row.event.buyer_ref)
        desk = Desk(app, {"merchant": placed.merchant_id, "buyer": str(placed.buyer_ref)}, ROLES)
        open_accounts(app.bus, "admin-account", roles=("admin",))
        assert desk.post("admin", "create_subscription", "hook", {"data": HOOK}) == 200
        with listening() as said:
            _send_everything(desk)
            app.catch_up(past_stops=True)
        found = {text for text in personal_texts(app) if len(text) >= SHORTEST}
        yield Ledger(desk, url, found, said.lines)


def _send_everything(desk: Desk) -> None:
    """Sends each command with personal fields by each role: as a trial, truly, again with another content, and
    malformed."""
    facts = facts_of(desk.app)
    for name, personal in WITH_PERSONAL_FIELDS.items():
        sent = bodies(name, facts, desk.app.clock, BODIES)
        for role in ROLES:
            for number, data in enumerate(sent):
                key, body = f"{name}-{number}-{role}", {"data": data}
                desk.post(role, name, key, body, dry_run=True)
                status = desk.post(role, name, key, body)
                if status == 403:
                    break  # this role may not, whatever it sends
        for broken in _broken(sent[0], personal):
            desk.post("admin", name, f"{name}-0-admin", broken)


def _broken(data: dict[str, Any], personal: dict[str, bool]) -> Iterator[Any]:
    """Yields bodies that cannot be taken, or not under the key of the first."""
    (field, *_), other = personal, next(name for name in data if name not in personal)
    yield {"data": data | {other: f"other-{data[other]}"}}
    yield {"data": data | {other: {"odd": [data[field]]}}}
    yield {"data": data | {field: [data[field]]}}
    yield {"data": data | {field: {PLANTED: {PLANTED: PLANTED}}}}
    yield {"data": data | {field: PLANTED * 5_000}}
    yield {"data": data | {field: PLANTED + "\\ud800"}}
    yield {"data": data | {field: {"box": PLANTED, "subject": PLANTED}}}
    yield json.dumps({"data": data}).encode()[:-1]
    yield json.dumps({"data": data, "note": PLANTED}).encode()


def test_the_ledger_has_names_addresses_and_notes(ledger: Ledger) -> None:
    rows = [row.event for row in events_of(ledger.desk.app)]
    having = {event.name for event in rows for each in event.sealed_fields if getattr(event, each)}
    assert having >= OF_THE_MONTH
    assert PLANTED in ledger.personal


def test_no_answer_to_a_command_has_a_personal_value(ledger: Ledger) -> None:
    said = [each for each in ledger.desk.said if " POST " in each[0]]
    assert {status for _, status, _ in said} >= {200, 403, 409, 422, 400}
    assert [(asked, found) for asked, _, text in said if (found := ledger.leaks(text))] == []


def test_no_line_of_the_log_has_a_personal_value(ledger: Ledger) -> None:
    assert ledger.logged
    assert [line for line in ledger.logged if ledger.leaks(line)] == []


def test_no_row_of_the_database_has_a_personal_value(ledger: Ledger) -> None:
    assert ledger.leaks(everything_in(ledger.url)) == []


@pytest.fixture(scope="module")
def known(ledger: Ledger) -> dict[str, list[str]]:
    """Values that can be named in a path or must be given, by the parameter or the question."""
    rows = list(events_of(ledger.desk.app))
    orders = sorted({row.event.order_id for row in rows if isinstance(row.event, OrderPlaced)})
    payouts = _listed(ledger, "payouts")
    return {
        "order": orders,
        "merchant": sorted({row["merchant"] for row in _listed(ledger, "balances")}),
        "q": sorted(ledger.personal) + orders[:1],
        "as_known_at": [instant_in_utc(rows[0].recorded_at)],
        "number": ["1"],
        "show payout": [row["payout_id"] for row in payouts],
        "show statement": [row.event.statement_id for row in rows if isinstance(row.event, SettlementStatementIssued)],
        "show settlement-run": [row.event.run_id for row in rows if isinstance(row.event, SettlementRunStarted)],
        "run-statements": [row.event.run_id for row in rows if isinstance(row.event, SettlementRunStarted)],
        "subscription": [HOOK["subscription_id"]],
        "deliveries": [HOOK["subscription_id"]],
        "show event": [row.event_id for row in rows if row.event.sealed_fields],
    }


def _listed(ledger: Ledger, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = ledger.desk.get("admin", f"/v1{QUESTIONS[name].path}")["data"]
    return rows


def _ways(question: Question, known: dict[str, list[str]]) -> Iterator[dict[str, str]]:
    """Yields the values that the question is asked with: everything that can be named in its path."""
    needed = [each for each in question.parameters if each.required or question.names_in_path(each)]
    ways: list[dict[str, str]] = [{}]
    for each in needed:
        ways = [way | {each.name: value} for way in ways for value in known.get(question.name) or known[each.name]]
    yield from ways
    for each in question.parameters:
        if each.name == "locale":
            yield from ({**way, "locale": locale} for way in ways for locale in LANGUAGES)
        elif each.choices:
            yield from ({**way, each.outside: choice} for way in ways for choice in each.choices)


def _read_all(desk: Desk, role: Role, path: str, asked: dict[str, str], question: Question) -> None:
    """Reads the answer: of a list every page, and every format of an export."""
    paged = {"limit": "200"} if question.is_paged else {}
    page = desk.get(role, path, **asked, **paged)
    while after := page.get("next"):
        page = desk.get(role, path, **asked, **paged, after=after)
    for form in MEDIA if question.exported else ():
        desk.get(role, path, **asked, format=form)


def _of_role(ways: Iterator[dict[str, str]], role: Role) -> Iterator[dict[str, str]]:
    """Returns all ways for those who may read everything, and a few for the others."""
    return ways if role == "admin" else islice(ways, FEW)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("role", ROLES)
def test_no_read_has_a_personal_value(ledger: Ledger, known: dict[str, list[str]], role: Role, name: str) -> None:
    question, desk, before = ALL[name], ledger.desk, len(ledger.desk.said)
    with listening() as said:
        for way in _of_role(_ways(question, known), role):
            path = "/v1" + question.path.format_map(way)
            asked = {key: value for key, value in way.items() if f"{{{key}}}" not in question.path}
            _read_all(desk, role, path, asked, question)
    answers = desk.said[before:]
    assert {status for _, status, _ in answers} <= {200, 403, 404, 409, 422}
    assert 200 in {status for _, status, _ in answers} or role not in question.readers.any
    assert [(asked, found) for asked, _, text in answers if (found := ledger.leaks(text))] == []
    assert [line for line in said.lines if ledger.leaks(line)] == []


@pytest.mark.parametrize("role", ROLES)
def test_no_event_of_the_feed_has_a_personal_value(ledger: Ledger, role: Role) -> None:
    desk, before = ledger.desk, len(ledger.desk.said)
    desk.get(role, "/v1/events", limit="1000")
    desk.get(role, "/v1/events", accept="application/x-ndjson")
    answers = desk.said[before:]
    assert {status for _, status, _ in answers} <= {200, 403}
    assert [asked for asked, _, text in answers if ledger.leaks(text)] == []


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize(
    "format", [Format.TABLE, *(pytest.param(f, marks=pytest.mark.histories) for f in Format if f != Format.TABLE)]
)
def test_nothing_that_the_command_line_prints_has_a_personal_value(
    ledger: Ledger, known: dict[str, list[str]], name: str, format: Format, capsys: pytest.CaptureFixture[str]
) -> None:
    question, app = QUESTIONS[name], ledger.desk.app
    instants = [each.name for each in question.parameters if each.kind is Kind.INSTANT]
    for way in _ways(question, known):
        values = {each.name: way.get(each.name, each.default) for each in question.parameters}
        values |= {each: instant_of(values[each], "") for each in instants}
        with suppress(ServiceFailure, AmbiguousOrder):
            answer = answer_to(question, app, values)
            if format is Format.JSON:
                print_json(envelope(app, question, answer))
            else:
                print_answer(question, answer, values, format)
    printed = capsys.readouterr()
    assert ledger.leaks(printed.out + printed.err) == []
