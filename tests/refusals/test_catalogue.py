"""One walk over the list of refusals, in its own order: a real decision causes each, and it says what it must."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from ledger.refusals import REFUSALS, Refusal
from tests.refusals import money, orders, payments

# What no pure decision gives: the bus does, and its own tests on a ledger cause it.
BY_THE_BUS = {
    "VERSION_CONFLICT": "tests/commands/test_bus.py",
    "IDEMPOTENCY_KEY_REUSED": "tests/commands/test_bus.py",
    "INSTANT_NOT_YOURS": "tests/commands/test_bus.py",
    "BOOK_UNKNOWN": "the bus, where a stream names its book itself",
}
# Whose commands are still being written; each leaves this list with its cause.
PENDING = {
    "after-sales": (
        "FULL_AMOUNT_ONLY", "PARCEL_NOT_REFUSED", "PARCEL_NOT_DAMAGED", "RETURN_NOT_AUTHORIZED", "RETURN_NOT_EXPIRED",
        "NOT_DEEMED_SIGNED",
    ),
    "finance": (
        "PAYOUT_NOT_FOUND", "PAYOUT_ALREADY_SUBMITTED", "PAYOUT_IS_OVER", "HOLD_ID_TAKEN", "HOLD_NOT_FOUND",
        "HOLD_EXCEEDED", "WRITE_OFF_EXCEEDS_DEBT", "PROPOSAL_ID_TAKEN", "PROPOSAL_NOT_OPEN", "JOURNAL_UNBALANCED",
        "ACCOUNT_RESTRICTED", "MERCHANT_CHARGE_NOT_ALLOWED", "PERIOD_CLOSED", "PERIOD_NOT_OVER",
        "PERIOD_OUT_OF_ORDER", "REVALUATION_OUTDATED", "BREAK_NOT_OPEN", "STATEMENT_GAP", "STATEMENT_UNBALANCED",
        "STATEMENT_OUTDATED", "INBOX_ITEM_NOT_FOUND", "INBOX_ALREADY_ROUTED", "ALLOCATION_EXCEEDS_CAPTURE",
        "RUN_NOT_STARTED",
    ),
}  # fmt: skip
CAUSES: dict[str, Callable[[], Refusal | None]] = orders.CAUSES | money.CAUSES | payments.CAUSES


@pytest.mark.parametrize("code", [code for code in REFUSALS if code in CAUSES])
def test_a_refusal_is_reached_by_a_real_decision(code: str) -> None:
    refusal = CAUSES[code]()
    assert refusal is not None, f"nothing was refused as {code}"
    assert refusal.code == code, f"refused as {refusal}"


@pytest.mark.parametrize("code", [code for code in REFUSALS if code in CAUSES])
def test_a_refusal_says_one_sentence_with_its_facts(code: str) -> None:
    refusal = CAUSES[code]()
    assert refusal is not None
    assert re.fullmatch(r"[^{}]+\.", refusal.sentence), refusal.sentence
    assert set(refusal.facts) == set(refusal.fact_names)


@pytest.mark.parametrize("code", REFUSALS)
def test_every_refusal_says_what_would_make_it_valid(code: str) -> None:
    assert re.fullmatch(r"[A-Z].*\.", REFUSALS[code].remedy)


def test_no_refusal_is_left_out_of_the_walk() -> None:
    pending = {code for codes in PENDING.values() for code in codes}
    assert REFUSALS.keys() - CAUSES.keys() - BY_THE_BUS.keys() - pending == set()


def test_nothing_pending_is_caused_already() -> None:
    pending = {code for codes in PENDING.values() for code in codes}
    assert (pending | BY_THE_BUS.keys()) & CAUSES.keys() == set()
