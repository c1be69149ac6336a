"""Every reference that an event has is searched, or it is said why not."""

from __future__ import annotations

import pytest

from ledger.events.event import EVENTS
from projections.search.references import BESIDE_OTHERS, SEARCHED, SearchReferences, few_parts_of, parts_of

ENDINGS = ("_ref", "_refs", "_no", "_id")
NOT_SEARCHED = {
    "account_id": "access accounts have a list of their own",
    "subscription_id": "subscriptions have a list of their own",
    "account_ref": "a merchant's bank account stands with its payouts",
    "adjustment_id": "a proposal, which has a list of its own",
    "assessment_ref": "customs' own number, which people look up by the declaration",
    "attempt_no": "a count",
    "bank_entry_ref": "an entry of a bank statement, which is no thing of ours",
    "break_id": "breaks have a list of their own",
    "category_id": "a kind of product",
    "charge_ref": "a line of a partner's invoice",
    "claim_id": "a claim on a carrier, read in the order's history",
    "entry_ref": "an entry of a bank statement, which is no thing of ours",
    "evidence_ref": "names a document outside the ledger",
    "evidence_refs": "name documents outside the ledger",
    "hold_id": "a hold, read in the order's history",
    "invoice_ref": "a partner's invoice, which has no page",
    "invoice_refs": "partners' invoices, which have no page",
    "line_id": "counts the lines of one order",
    "merchant_id": "merchants have a list of their own: their balances",
    "message_id": "a file for the bank",
    "payment_ref": "a payment to a partner or an authority",
    "product_id": "products are not searched",
    "proof_ref": "names a document outside the ledger",
    "proposal_id": "proposals have a list of their own",
    "request_id": "an instruction to a provider, named after its payment",
    "return_id": "made of the refund's id, by which it is found",
    "run_id": "settlement runs have a page under their own id",
    "ship_to_ref": "an address, which is personal",
    "token_id": "access tokens have a list of their own",
    "warehouse_id": "a place",
    "write_off_id": "a proposal, which has a list of its own",
}
FIELDS = sorted({name for kind in EVENTS.values() for name in kind.model_fields if name.endswith(ENDINGS)})


@pytest.mark.parametrize("field", FIELDS)
def test_a_reference_of_an_event_is_searched_or_it_is_said_why_not(field: str) -> None:
    assert (field in {each.field for each in SEARCHED}) != (field in NOT_SEARCHED)


def test_an_event_that_names_a_searched_reference_is_used() -> None:
    fields = {each.field for each in SEARCHED} - BESIDE_OTHERS
    naming = {name for (name, _), kind in EVENTS.items() if fields & kind.model_fields.keys()}
    assert naming <= (SearchReferences.event_names() or set())


@pytest.mark.parametrize("text", ["", "a", "ab", "abc", "abcd", "abcdefgh", "2025-17", "a b c", "abc def", "漢字漢字"])
def test_the_few_parts_of_a_text_are_parts_of_whatever_contains_it(text: str) -> None:
    assert set(few_parts_of(text)) <= parts_of(f"x{text}y")
