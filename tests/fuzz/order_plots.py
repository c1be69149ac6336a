"""Ways into deep states of an order: its payments, parcels, refunds, disputes, and its merchant's money."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from ledger.ids import order_stream, payouts_stream, policy_stream
from ledger.money import Money
from ledger.policies.defaults import default_policies
from ledger.policies.kinds import written
from tests.fuzz.script import BUYER, FINANCE, OWNER, Script, Step, by_two
from tests.support.buses import PLATFORM
from tests.support.given import PARTNER, SYSTEM


def deemed(script: Script) -> Iterator[Step]:
    content = next(written(each.policy) for each in default_policies() if each.key == "after_sales_lock")
    content |= {"deemed_signature_after": "P10D", "mode": "until_signed"}
    reported = {
        "key": "after_sales_lock",
        "content": content,
        "effective_from": script.clock() + timedelta(days=40),
    }  # other plots pass days meanwhile
    yield from by_two("publish_policy", reported, policy_stream("after_sales_lock"), script.values.name("proposal"))
    placed, *sent = script.sent()
    yield placed.later(40)
    yield from sent
    yield script.of_parcel("deem_signed", SYSTEM).later(31)
    yield script.of_order("release_settlement").later(8)


def returned(script: Script) -> Iterator[Step]:
    refund_id = script.values.name("refund")
    yield from script.signed()
    due = script.clock() + timedelta(days=12)
    yield from script.case(refund_id, return_required=True, return_by=due)
    if script.either("expire_return", "record_return_inspection") == "expire_return":
        yield script.of_order("expire_return", SYSTEM, refund_id=refund_id).later(15)
        return
    reported = {"carrier": "sf", "tracking_no": script.values.name("back")}
    yield script.of_order("report_return_shipped", PARTNER, refund_id=refund_id, **reported)
    yield script.of_order("report_return_received", PARTNER, refund_id=refund_id).later(3)
    reported = {"condition": "good", "disposition": "restocked"}
    yield script.of_order("record_return_inspection", refund_id=refund_id, **reported)
    yield script.of_order("submit_refund", refund_id=refund_id)
    yield script.reported_back(refund_id, "succeeded")


def cancelled(script: Script) -> Iterator[Step]:
    refund_id = script.values.name("refund")
    yield from script.paid()
    yield script.of_order("cancel_order", BUYER, reason="changed_mind", refund_id=refund_id)
    yield from script.case(refund_id)
    yield script.of_order("submit_refund", refund_id=refund_id)
    yield script.reported_back(refund_id, "failed").later(1)
    if script.random.random() < 0.2:
        yield script.of_order("submit_refund", refund_id=refund_id)
    names = {"merchant_id": script.merchant_id, "order_id": script.order_id, "refund_id": refund_id}
    stream, wire = order_stream(script.merchant_id, script.order_id), {"method": "bank", "reference": "wire"}
    yield from by_two("pay_refund_by_alternative", names | wire, stream, script.values.name("proposal"))
    yield script.reported_back(refund_id, script.random.choice(("succeeded", "reversed")))


def charged(script: Script) -> Iterator[Step]:
    """Tax and shipping are paid with the order, and go back alone and with the goods."""
    charge = Money(script.random.randint(1, 999), script.amount.currency)
    charges = [{"type": kind, "amount": charge, "borne_by": "buyer"} for kind in ("tax", "shipping")]
    script.amount = script.amount + charge * 2
    script.order |= {"charges": charges, "buyer_total": script.amount}
    yield from script.paid()
    granted = [{"type": script.random.choice(("tax", "shipping")), "amount": charge}]
    yield script.of_order("refund_charges", refund_id=script.values.name("refund"), reason="late", charges=granted)
    yield script.of_order("cancel_order", BUYER, reason="changed_mind", refund_id=script.values.name("refund"))


def rejected(script: Script) -> Iterator[Step]:
    for end, actor, beside in (
        ("reject_refund", OWNER, {"round": 1, "reason": "no_fault"}),
        ("withdraw_refund", BUYER, {}),
    ):
        script = script.another()
        refund_id = script.values.name("refund")
        yield from script.paid()
        yield script.of_order("request_refund", BUYER, refund_id=refund_id, reason="late")
        yield script.of_order(end, actor, refund_id=refund_id, **beside)


def amiss(command: str, milestone: str, *, signed: bool = False) -> Callable[[Script], Iterator[Step]]:
    """A parcel that never comes to its buyer, and the platform's refund for it."""

    def plot(script: Script) -> Iterator[Step]:
        refund_id = script.values.name("refund")
        yield from script.signed() if signed else script.sent()
        for reached in ("received_at_warehouse", milestone):
            yield script.of_parcel("report_tracking", milestone=reached).later(1)
        yield script.of_parcel(command, PLATFORM, refund_id=refund_id, reason="other")
        yield script.of_order("submit_refund", refund_id=refund_id)
        yield script.reported_back(refund_id, "succeeded")

    return plot


def lost(script: Script) -> Iterator[Step]:
    refund_id, claim_id = script.values.name("refund"), script.values.name("claim")
    yield from script.sent()
    yield script.of_parcel("report_loss").later(3)
    yield script.of_parcel("refund_lost_parcel", PLATFORM, refund_id=refund_id)
    claim = {"claim_id": claim_id, "partner": "sf", "amount": "CNY 50.00"}
    yield script.of_parcel("file_logistics_claim", PLATFORM, reason="lost", **claim)
    yield script.of_order("report_claim_accepted", PARTNER, **claim)
    paid = {"cash": "CNY 49.00", "bank_entry_ref": script.values.name("entry")}
    if script.random.random() < 0.6:
        yield script.of_order("report_claim_settled", PARTNER, **claim | paid)
    yield script.of_order("report_claim_denied", PARTNER, claim_id=claim_id, partner="sf", code="late")


def disputed(script: Script) -> Iterator[Step]:
    dispute = {"dispute_id": script.values.name("dispute"), "psp": "stripe", "capture_ref": script.capture_ref}
    yield from script.random.choice((script.paid, script.signed, script.released))()
    reported = [
        script.of_order("report_dispute_opened", PARTNER, amount=script.amount, reason="fraudulent", **dispute),
        script.of_order("submit_dispute_evidence", dispute_id=dispute["dispute_id"], evidence_refs=["doc"]),
        script.of_order("report_dispute_funds_withdrawn", PARTNER, amount=script.amount, **dispute),
        script.of_order("report_dispute_fee", PARTNER, amount="USD 15.00", **dispute),
        script.of_order("report_dispute_lost", PARTNER, **dispute),
        script.of_order("report_dispute_won", PARTNER, **dispute),
    ]
    if script.random.random() < 0.4:
        script.random.shuffle(reported)
    yield from reported


def authorised(script: Script) -> Iterator[Step]:
    payment = {"payment_id": script.values.name("payment"), "psp": "stripe", "amount": script.amount}
    named = {"payment_id": payment["payment_id"]}
    yield from script.placed()
    yield script.of_order("report_payment_initiated", PARTNER, **payment)
    yield script.of_order(
        "report_payment_authorised", PARTNER, expires_at=script.clock() + timedelta(days=7), **payment
    )
    if script.either("capture_payment", "void_payment") == "capture_payment":
        yield script.of_order("capture_payment", **named)
        yield script.of_order("report_payment_captured", PARTNER, capture_ref=script.capture_ref, **payment)
        reported = {"capture_ref": script.capture_ref, "code": "expired_card"}
        yield script.of_order("report_payment_failed", PARTNER, **payment, **reported).later(1)
        return
    yield script.of_order("void_payment", reason="asked", **named)
    ending = script.either("report_payment_voided", "report_authorisation_expired")
    yield script.of_order(ending, PARTNER, **payment).later(8)


def unpaid(script: Script) -> Iterator[Step]:
    yield from script.placed()
    yield script.of_order("expire_order", SYSTEM).later(5)
    yield script.captured()
    reported = {"refund_id": script.values.name("refund"), "capture_ref": script.capture_ref}
    yield script.of_order("refund_buyer_funds", reason="late", **reported)


def captured_first(script: Script) -> Iterator[Step]:
    yield script.captured()
    yield script.of_order("flag_unallocated_capture", SYSTEM, capture_ref=script.capture_ref).later(0.1)
    yield from script.placed()
    twice = script.values.name("capture")
    yield script.captured(twice)
    reported = {"refund_id": script.values.name("refund"), "capture_ref": twice}
    yield script.of_order("approve_duplicate_capture_refund", **reported)
    yield script.of_order("change_delivery_details", BUYER, ship_to_ref=script.values.name("address"))
    yield script.of_order("report_status", PARTNER, status="delivered")


def sent_otherwise(script: Script) -> Iterator[Step]:
    """Parcels as a partner reports them: handed over, put together, taken apart, billed, declared."""
    yield from script.paid()
    items = [{"line_id": "L1", "qty": script.qty}]
    reported = {"carrier": "sf", "tracking_no": script.random.choice(("SHARED", f"SF{script.order_id}"))}
    yield script.of_parcel("report_dispatch", items=items, **reported)
    whole = script.values.name("parcel")
    yield script.of_order("report_consolidation", PARTNER, from_parcels=[script.parcel_id], to_parcel=whole)
    part = {"parcel_id": script.values.name("parcel"), "items": [{"line_id": "L1", "qty": 1}]}
    yield script.of_order("report_split", PARTNER, parcel_id=whole, parts=[part])
    yield script.of_order("flag_shared_number", SYSTEM, tracking_no="SHARED")
    flag = {"parcel_ids": [part["parcel_id"]], "mismatch": script.random.choice(("shared_declaration", "not_declared"))}
    yield script.of_order("flag_customs_tie", SYSTEM, declaration_no="D-1", **flag)
    charge = {"partner": "sf", "amount": "CNY 12.00"}
    yield script.of_parcel("record_logistics_charge", charge_ref=script.values.name("charge"), **charge)
    duty = {"borne_by": "platform", "declared_value": "USD 10.00", "assessment_ref": script.values.name("duty")}
    yield script.of_parcel("report_duty", **charge, **duty)


def payout(script: Script) -> Iterator[Step]:
    yield from script.released()
    payout_id = script.values.name("payout")
    yield script.of_merchant("initiate_payout", FINANCE, payout_id=payout_id)
    if script.either("cancel_payout", "submit_payout") == "cancel_payout":
        yield script.of_merchant("cancel_payout", payout_id=payout_id, reason="asked")
        return
    yield script.of_merchant("submit_payout", payout_id=payout_id, bank_ref="B")
    yield script.of_merchant("report_payout_paid", PARTNER, payout_id=payout_id, bank_ref="B")
    ending = script.either("report_payout_returned", "report_payout_failed")
    yield script.of_merchant(ending, PARTNER, payout_id=payout_id, code="AC04", bank_ref="B").later(2)


def indebted(script: Script) -> Iterator[Step]:
    """A merchant that was paid, and owes what its buyer got back since."""
    yield from script.released()
    payout_id, refund_id = script.values.name("payout"), script.values.name("refund")
    yield script.of_merchant("initiate_payout", FINANCE, payout_id=payout_id)
    yield script.of_merchant("report_payout_paid", PARTNER, payout_id=payout_id)
    yield from script.case(refund_id, liability="merchant")
    debt = {"merchant_id": script.merchant_id, "amount": "CNY 0.01"}
    stream = payouts_stream(script.merchant_id)
    yield from by_two("write_off_merchant_debt", debt, stream, script.values.name("proposal"))


def held(script: Script) -> Iterator[Step]:
    yield from script.paid()
    hold_id = script.values.name("hold")
    yield script.of_order("hold_line", line_id="L1", hold_id=hold_id, reason="inquiry")
    yield script.of_order("release_line_hold", hold_id=hold_id)
    script = script.another()
    yield from script.released()
    yield script.of_merchant("hold_settlement", hold_id=hold_id, amount="CNY 0.01", reason="inquiry")
    yield script.of_merchant("release_hold", hold_id=hold_id)
