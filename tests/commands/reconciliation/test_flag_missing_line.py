"""A line that is missing is a break of the stream whose money it is."""

from typing import Any

import pytest
from pydantic import ValidationError

from commands.reconciliation.flag_missing_line import FlagMissingLine
from commands.reconciliation.resolve_break import ResolveBreak
from ledger.actors import Actor
from ledger.events.settlement import PayoutInitiated, ReconciliationBreakOpened
from ledger.refusals.catalogue import RoleNotAllowed
from tests.support.given import FINANCE, NOW, PARTNER, SYSTEM, ask, cny, given

PAID_OUT = PayoutInitiated(
    payout_id="P-1",
    merchant_id="M-1",
    amount=cny("133.00"),
    account_ref="acct-1",
    account_verified_at=NOW,
    initiated_at=NOW,
)
REFS = {"reference": "P-1", "line_kind": "payout"}


def flag(*, by: Actor = SYSTEM) -> FlagMissingLine:
    said: dict[str, Any] = {"kind": "bank_line_missing", "expected": "CNY -133.00", "refs": REFS}
    return ask(FlagMissingLine, by=by, in_stream="payouts/M-1", **said)


FLAGGED = (PAID_OUT, *given(PAID_OUT).when(flag()).events)


def test_it_says_what_was_expected_and_that_nothing_came() -> None:
    opened = given(PAID_OUT).when(flag()).then(ReconciliationBreakOpened).event(ReconciliationBreakOpened)
    assert (opened.expected, opened.actual, opened.refs) == ("CNY -133.00", "nothing", REFS)


def test_it_is_flagged_once() -> None:
    given(*FLAGGED).when(flag()).then_nothing()


def test_what_a_person_has_closed_is_not_opened_again() -> None:
    about = {"in_stream": "payouts/M-1", "break_id": FLAGGED[1].break_id, "resolution": "found"}  # type: ignore[attr-defined]
    closed = given(*FLAGGED).when(ask(ResolveBreak, by=FINANCE, reason="Booked twice.", **about)).events
    given(*FLAGGED, *closed).when(flag()).then_nothing()


def test_nothing_is_missing_from_a_stream_that_is_not() -> None:
    given().when(flag()).then_nothing()


def test_a_guard_is_no_stream_to_flag_anything_in() -> None:
    said: dict[str, Any] = {"kind": "bank_line_missing", "expected": "CNY -133.00", "refs": REFS}
    with pytest.raises(ValidationError, match="account/M-1 is a guard of a merchant's money, and no stream"):
        ask(FlagMissingLine, by=SYSTEM, in_stream="account/M-1", **said)


def test_a_partner_flags_nothing() -> None:
    given(PAID_OUT).when(flag(by=PARTNER)).then_refused(RoleNotAllowed)
