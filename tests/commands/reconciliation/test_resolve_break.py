"""Breaks are worked by people."""

from datetime import date

import pytest
from pydantic import TypeAdapter, ValidationError

from commands.open_breaks import StreamName
from commands.reconciliation.assign_break import AssignBreak
from commands.reconciliation.resolve_break import ResolveBreak
from commands.unmatched.refund_unmatched_funds import RefundUnmatchedFunds
from commands.unmatched.report_unmatched_payment import ReportUnmatchedPayment
from ledger.actors import Actor
from ledger.events.event import Event
from ledger.events.platform import UnmatchedFactMatched, UnmatchedFactReported
from ledger.events.settlement import (
    ReconciliationBreakAssigned,
    ReconciliationBreakOpened,
    ReconciliationBreakResolved,
)
from ledger.ids import bank_statement_stream
from ledger.refusals.catalogue import RoleNotAllowed
from ledger.refusals.finance import BreakNotOpen
from tests.support.given import FINANCE, IMPORTER, MERCHANT, NOW, PARTNER, SYSTEM, ask, given

STREAMS = ["order/M-1/O-1", "payouts/M-1", "unmatched/psp/c1", "psp_batch/b1", "conversion/fx-1", "adjustment/M-1/A-1"]
OPENED = ReconciliationBreakOpened(
    break_id="B-1", kind="amount_mismatch", expected="USD 69.44", actual="USD 69.45", refs={"a": "1"}, opened_at=NOW
)


def resolve(*, by: Actor = FINANCE, stream: str = "payouts/M-1", break_id: str = "B-1") -> ResolveBreak:
    said = {
        "in_stream": stream,
        "break_id": break_id,
        "resolution": "provider_corrected",
        "reason": "Their file of May.",
    }
    return ask(ResolveBreak, by=by, **said)


def assign(owner: str = "lin", *, by: Actor = FINANCE, stream: str = "payouts/M-1") -> AssignBreak:
    return ask(AssignBreak, by=by, in_stream=stream, break_id="B-1", owner=owner)


RESOLVED = tuple(given(OPENED).when(resolve()).events)


@pytest.mark.parametrize("stream", STREAMS)
def test_a_break_is_closed_in_whatever_stream_it_stands(stream: str) -> None:
    event = given(OPENED).when(resolve(stream=stream)).event(ReconciliationBreakResolved)
    assert (event.break_id, event.kind, event.expected, event.resolver) == (
        "B-1", "amount_mismatch", "USD 69.44", FINANCE,
    )  # fmt: skip


@pytest.mark.parametrize("stream", STREAMS)
def test_a_break_has_an_owner(stream: str) -> None:
    event = (
        given(OPENED).when(assign(stream=stream)).then(ReconciliationBreakAssigned).event(ReconciliationBreakAssigned)
    )
    assert (event.owner, event.assigner) == ("lin", FINANCE)


def test_the_same_owner_again_changes_nothing() -> None:
    given(OPENED, *given(OPENED).when(assign()).events).when(assign()).then_nothing()


def test_a_break_changes_hands() -> None:
    given(OPENED, *given(OPENED).when(assign()).events).when(assign("mo")).then(ReconciliationBreakAssigned)


@pytest.mark.parametrize("actor", [SYSTEM, MERCHANT, IMPORTER], ids=["system", "merchant", "importer"])
def test_only_people_of_the_platform_close_breaks(actor: Actor) -> None:
    given(OPENED).when(resolve(by=actor)).then_refused(RoleNotAllowed)


@pytest.mark.parametrize("actor", [SYSTEM, MERCHANT], ids=["system", "merchant"])
def test_only_people_of_the_platform_hand_breaks_over(actor: Actor) -> None:
    given(OPENED).when(assign(by=actor)).then_refused(RoleNotAllowed)


def test_a_break_is_closed_once() -> None:
    given(OPENED, *RESOLVED).when(resolve()).then_refused(BreakNotOpen, state="resolved as provider_corrected")


def test_a_closed_break_has_no_new_owner() -> None:
    given(OPENED, *RESOLVED).when(assign()).then_refused(BreakNotOpen, break_id="B-1")


@pytest.mark.parametrize("events", [(), (OPENED,)], ids=["none", "another"])
def test_a_break_that_was_never_opened_is_not_closed(events: tuple[Event, ...]) -> None:
    given(*events).when(resolve(break_id="B-9")).then_refused(BreakNotOpen, break_id="B-9", state="never opened")


@pytest.mark.parametrize(
    "stream", ["", "order", "order/", "order/M 1/O", "a/b/c/d/e/f/g", "/etc/passwd", "Order/M-1/O-1"]
)
def test_what_is_no_stream_is_malformed(stream: str) -> None:
    with pytest.raises(ValidationError):
        resolve(stream=stream)


UNMATCHED = resolve(stream="unmatched/psp/c1", break_id="unmatched.psp.c1")
NOTED = UnmatchedFactReported(system="psp", reference="c1", kind="psp_line_extra", refs={}, body={}, happened_at=NOW)
CAPTURED = tuple(
    given().when(ask(ReportUnmatchedPayment, by=PARTNER, psp="psp", capture_ref="c1", amount="USD 69.44")).events
)
GIVEN_BACK = ask(
    RefundUnmatchedFunds, by=FINANCE, psp="psp", capture_ref="c1", refund_id="R-1", reason="nobody_ordered"
)


def test_a_fact_that_no_order_will_ever_claim_is_given_to_somebody_and_closed() -> None:
    taken = ask(AssignBreak, by=FINANCE, in_stream="unmatched/psp/c1", break_id="unmatched.psp.c1", owner="lin")
    assigned = given(NOTED).when(taken).then(ReconciliationBreakAssigned).events
    closed = given(NOTED, *assigned).when(UNMATCHED).then(ReconciliationBreakResolved).events
    given(NOTED, *assigned, *closed).when(UNMATCHED).then_refused(BreakNotOpen)


def test_money_of_no_order_is_not_talked_away() -> None:
    state = "its money is to be matched to an order or given back"
    given(*CAPTURED).when(UNMATCHED).then_refused(BreakNotOpen, state=state)


def test_once_its_money_is_given_back_whole_it_is_closed() -> None:
    back = given(*CAPTURED).when(GIVEN_BACK).events
    given(*CAPTURED, *back).when(UNMATCHED).then(ReconciliationBreakResolved)


def test_what_was_matched_is_closed_by_that() -> None:
    matched = UnmatchedFactMatched(system="psp", reference="c1", streams=("order/M-1/O-1",), matched_at=NOW)
    given(NOTED, matched).when(UNMATCHED).then_refused(BreakNotOpen, state="resolved as matched")


@pytest.mark.parametrize("page", [1, 2])
@pytest.mark.parametrize("closed_on", [None, date(2025, 4, 30)])
def test_a_break_of_a_bank_statement_is_named_however_its_stream_distinguishes_statements(
    closed_on: date | None, page: int
) -> None:
    stream = bank_statement_stream("CN-ICBC-0001", "CNY", "ST-1", closed_on=closed_on, page=page)
    assert TypeAdapter(StreamName).validate_python(stream) == stream
