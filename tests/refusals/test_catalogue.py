"""One walk over the list of refusals, in its own order: a real decision causes each, and it says what it must."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from commands.menu import MENU
from commands.proposable import PROPOSABLE
from ledger.refusals.catalogue import REFUSALS, Refusal
from service.cli.main import app
from tests.refusals import access, after_sales, bus, finance, money, orders, payments, subscriptions
from tests.support.buses import open_desk, publish_programme

# The domain's own list (§4.3), by what is asked for; and what its invalid transitions refuse.
LISTED = {
    "place an order": (
        "MERCHANT_NOT_ENROLLED", "MARKET_NOT_OPEN", "PRODUCT_NOT_IN_EXPORT_POOL", "QUOTE_EXPIRED", "TOTALS_MISMATCH",
    ),
    "create or dispatch a parcel": (
        "ORDER_NOT_CONFIRMED", "LINE_ALREADY_REFUNDED", "REFUND_PENDING_ON_LINE", "QTY_EXCEEDS_REMAINING",
        "DUPLICATE_TRACKING_NO",
    ),
    "request a refund": (
        "AFTER_SALES_LOCKED", "NOT_SIGNED_FOR", "RETURN_WINDOW_CLOSED", "REFUND_EXCEEDS_REMAINING", "CASE_ALREADY_OPEN",
        "DISPUTE_OPEN",
    ),
    "approve, reject or pay a refund": (
        "WRONG_ROUND", "SAME_APPROVER", "ROLE_NOT_ALLOWED", "CASE_CLOSED", "RETURN_NOT_RECEIVED",
    ),
    "capture, allocate": (
        "AMOUNT_EXCEEDS_AUTHORIZED", "ALREADY_CAPTURED", "AUTHORIZATION_EXPIRED", "ALLOCATION_EXCEEDS_CAPTURE",
    ),
    "release": ("NOT_SIGNED_OFF", "NOT_DUE", "OPEN_CASE", "ALREADY_RELEASED"),
    "pay out": (
        "INSUFFICIENT_AVAILABLE", "PAYOUT_IN_FLIGHT", "PAYOUT_ACCOUNT_NOT_VERIFIED", "PAYOUT_ACCOUNT_NOT_DOMESTIC",
        "MERCHANT_CURRENCY_NOT_CNY",
    ),
    "adjust, post, close": (
        "JOURNAL_UNBALANCED", "ACCOUNT_RESTRICTED", "MERCHANT_CHARGE_NOT_ALLOWED", "PERIOD_CLOSED",
    ),
    "have a second person": ("MAKER_IS_CHECKER",),
    "any": ("VERSION_CONFLICT", "IDEMPOTENCY_KEY_REUSED", "POLICY_NOT_EFFECTIVE"),
    "make an invalid transition": ("PRODUCT_NOT_APPROVED", "NOT_CAPTURED", "ALREADY_SUBMITTED"),
    "move money an invalid way": ("PAYMENT_VOIDED", "PAYOUT_ALREADY_SUBMITTED"),
}  # fmt: skip
# Of Python: None, quoted texts, classes; of regular expressions: anchors, groups, escapes. And half sentences.
NO_PLAIN_WORDS = re.compile(r"\bNone\b|\bTrue\b|\bFalse\b|'\w+'|<\w|\^|\$$|\\|\(\?|ledger\.|  |\.\.|: \.| ,|;\.")
CAUSES: dict[str, Callable[[], Refusal | None]] = (
    access.CAUSES
    | orders.CAUSES
    | after_sales.CAUSES
    | payments.CAUSES
    | money.CAUSES
    | finance.CAUSES
    | subscriptions.CAUSES
)


@pytest.mark.parametrize("code", [code for code in REFUSALS if code in CAUSES])
def test_a_refusal_is_reached_by_a_real_decision(code: str) -> None:
    refusal = CAUSES[code]()
    assert refusal is not None, f"nothing was refused as {code}"
    assert refusal.code == code, f"refused as {refusal}"


@pytest.mark.parametrize("code", [code for code in REFUSALS if code in CAUSES])
def test_a_refusal_says_in_plain_words_what_happened_and_what_to_do_next(code: str) -> None:
    refusal = CAUSES[code]()
    assert refusal is not None
    for words in (refusal.sentence, refusal.next_step):
        assert re.fullmatch(r"[^{}\[\]]+\.", words), words
        assert not NO_PLAIN_WORDS.search(words), words


@pytest.mark.parametrize("code", [code for code in REFUSALS if code in CAUSES])
def test_a_refusal_shows_every_value_it_rests_on(code: str) -> None:
    refusal = CAUSES[code]()
    assert refusal is not None
    assert set(refusal.facts) == set(refusal.fact_names)
    said = f"{refusal.sentence} {refusal.next_step}"
    values = [each for value in refusal.facts.values() for each in (value if isinstance(value, list) else [value])]
    assert [value for value in values if value is not None and str(value) not in said] == [], said


@pytest.mark.parametrize("code", REFUSALS)
def test_what_a_refusal_says_names_only_its_own_facts(code: str) -> None:
    kind = REFUSALS[code]
    for words in (kind.__doc__ or "", *remedies(kind)):
        assert set(re.findall(r"\{(\w+)\}", words)) <= set(kind.fact_names), words
        assert words.count("[") == words.count("]"), words


@pytest.mark.parametrize("code", REFUSALS)
def test_every_refusal_says_what_to_do_next_with_commands_that_there_are(code: str) -> None:
    known = MENU.keys() | PROPOSABLE.keys()
    for words in remedies(REFUSALS[code]):
        assert re.fullmatch(r"[A-Z].{10,}\.", words), words
        named = [name for names in re.findall(r"\(([a-z_]+(?:, [a-z_]+)*)\)", words) for name in names.split(", ")]
        assert set(named) <= known, words
        shown = {name.split()[0] for name in re.findall(r"`redledger ([^`]+)`", words)}
        assert shown <= {each.name or getattr(each.callback, "__name__", "") for each in app.registered_commands}


def remedies(kind: type[Refusal]) -> tuple[str, ...]:
    return (kind.remedy, *kind.remedies.values())


@pytest.mark.parametrize("code", [code for code in REFUSALS if code in bus.CAUSES])
def test_what_no_decision_gives_the_bus_does(code: str, database_url: str, tmp_path: Path) -> None:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        outcome = bus.CAUSES[code](desk)
    assert (outcome.status, outcome.code) == ("refused", code)


def test_no_refusal_is_left_out_of_the_walk() -> None:
    assert REFUSALS.keys() == CAUSES.keys() | bus.CAUSES.keys()


def test_the_walk_has_all_that_the_domain_lists() -> None:
    assert {code for codes in LISTED.values() for code in codes} - REFUSALS.keys() == set()


def test_the_order_does_not_depend_on_what_is_imported_first() -> None:
    program = "import ledger.refusals.payouts\nfrom ledger.refusals.catalogue import REFUSALS\nprint(*REFUSALS)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == list(REFUSALS)
