"""Ways into deep states of an order: its payments, parcels, refunds, disputes, and its merchant's money."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from ledger.ids import order_stream, payouts_stream, policy_stream
from ledger.money import Money
from ledger.policies.defaults import default_policies
from ledger.policies.kinds import written
from tests.fuzz.tale import BUYER, FINANCE, OWNER, Step, Tale, by_two
from tests.support.buses import PLATFORM
from tests.support.given import PARTNER, SYSTEM


def deemed(tale: Tale) -> Iterator[Step]:
    content = next(written(each.policy) for each in default_policies() if each.key == "after_sales_lock")
    content |= {"deemed_signature_after": "P10D", "mode": "until_signed"}
    told = {
        "key": "after_sales_lock",
        "content": content,
        "effective_from": tale.clock() + timedelta(days=40),
    }  # other plots pass days meanwhile
    yield from by_two("publish_policy", told, policy_stream("after_sales_lock"), tale.values.name("proposal"))
    placed, *sent = tale.sent()
    yield placed.later(40)
    yield from sent
    yield tale.of_parcel("deem_signed", SYSTEM).later(31)
    yield tale.of_order("release_settlement").later(8)


def returned(tale: Tale) -> Iterator[Step]:
    refund_id = tale.values.name("refund")
    yield from tale.signed()
    due = tale.clock() + timedelta(days=12)
    yield from tale.case(refund_id, return_required=True, return_by=due)
    if tale.either("expire_return", "record_return_inspection") == "expire_return":
        yield tale.of_order("expire_return", SYSTEM, refund_id=refund_id).later(15)
        return
    told = {"carrier": "sf", "tracking_no": tale.values.name("back")}
    yield tale.of_order("report_return_shipped", PARTNER, refund_id=refund_id, **told)
    yield tale.of_order("report_return_received", PARTNER, refund_id=refund_id).later(3)
    told = {"condition": "good", "disposition": "restocked"}
    yield tale.of_order("record_return_inspection", refund_id=refund_id, **told)
    yield tale.of_order("submit_refund", refund_id=refund_id)
    yield tale.told_back(refund_id, "succeeded")


def cancelled(tale: Tale) -> Iterator[Step]:
    refund_id = tale.values.name("refund")
    yield from tale.paid()
    yield tale.of_order("cancel_order", BUYER, reason="changed_mind", refund_id=refund_id)
    yield from tale.case(refund_id)
    yield tale.of_order("submit_refund", refund_id=refund_id)
    yield tale.told_back(refund_id, "failed").later(1)
    if tale.random.random() < 0.2:
        yield tale.of_order("submit_refund", refund_id=refund_id)
    names = {"merchant_id": tale.merchant_id, "order_id": tale.order_id, "refund_id": refund_id}
    stream, wire = order_stream(tale.merchant_id, tale.order_id), {"method": "bank", "reference": "wire"}
    yield from by_two("pay_refund_by_alternative", names | wire, stream, tale.values.name("proposal"))
    yield tale.told_back(refund_id, tale.random.choice(("succeeded", "reversed")))


def charged(tale: Tale) -> Iterator[Step]:
    """Tax and shipping are paid with the order, and go back alone and with the goods."""
    charge = Money(tale.random.randint(1, 999), tale.amount.currency)
    charges = [{"type": kind, "amount": charge, "borne_by": "buyer"} for kind in ("tax", "shipping")]
    tale.amount = tale.amount + charge * 2
    tale.order |= {"charges": charges, "buyer_total": tale.amount}
    yield from tale.paid()
    granted = [{"type": tale.random.choice(("tax", "shipping")), "amount": charge}]
    yield tale.of_order("refund_charges", refund_id=tale.values.name("refund"), reason="late", charges=granted)
    yield tale.of_order("cancel_order", BUYER, reason="changed_mind", refund_id=tale.values.name("refund"))


def rejected(tale: Tale) -> Iterator[Step]:
    for end, actor, beside in (
        ("reject_refund", OWNER, {"round": 1, "reason": "no_fault"}),
        ("withdraw_refund", BUYER, {}),
    ):
        tale = tale.another()
        refund_id = tale.values.name("refund")
        yield from tale.paid()
        yield tale.of_order("request_refund", BUYER, refund_id=refund_id, reason="late")
        yield tale.of_order(end, actor, refund_id=refund_id, **beside)


def amiss(command: str, milestone: str, *, signed: bool = False) -> Callable[[Tale], Iterator[Step]]:
    """A parcel that never comes to its buyer, and the platform's refund for it."""

    def plot(tale: Tale) -> Iterator[Step]:
        refund_id = tale.values.name("refund")
        yield from tale.signed() if signed else tale.sent()
        for reached in ("received_at_warehouse", milestone):
            yield tale.of_parcel("report_tracking", milestone=reached).later(1)
        yield tale.of_parcel(command, PLATFORM, refund_id=refund_id, reason="other")
        yield tale.of_order("submit_refund", refund_id=refund_id)
        yield tale.told_back(refund_id, "succeeded")

    return plot


def lost(tale: Tale) -> Iterator[Step]:
    refund_id, claim_id = tale.values.name("refund"), tale.values.name("claim")
    yield from tale.sent()
    yield tale.of_parcel("report_loss").later(3)
    yield tale.of_parcel("refund_lost_parcel", PLATFORM, refund_id=refund_id)
    claim = {"claim_id": claim_id, "partner": "sf", "amount": "CNY 50.00"}
    yield tale.of_parcel("file_logistics_claim", PLATFORM, reason="lost", **claim)
    yield tale.of_order("report_claim_accepted", PARTNER, **claim)
    paid = {"cash": "CNY 49.00", "bank_entry_ref": tale.values.name("entry")}
    if tale.random.random() < 0.6:
        yield tale.of_order("report_claim_settled", PARTNER, **claim | paid)
    yield tale.of_order("report_claim_denied", PARTNER, claim_id=claim_id, partner="sf", code="late")


def disputed(tale: Tale) -> Iterator[Step]:
    dispute = {"dispute_id": tale.values.name("dispute"), "psp": "stripe", "capture_ref": tale.capture_ref}
    yield from tale.random.choice((tale.paid, tale.signed, tale.released))()
    told = [
        tale.of_order("report_dispute_opened", PARTNER, amount=tale.amount, reason="fraudulent", **dispute),
        tale.of_order("submit_dispute_evidence", dispute_id=dispute["dispute_id"], evidence_refs=["doc"]),
        tale.of_order("report_dispute_funds_withdrawn", PARTNER, amount=tale.amount, **dispute),
        tale.of_order("report_dispute_fee", PARTNER, amount="USD 15.00", **dispute),
        tale.of_order("report_dispute_lost", PARTNER, **dispute),
        tale.of_order("report_dispute_won", PARTNER, **dispute),
    ]
    if tale.random.random() < 0.4:
        tale.random.shuffle(told)
    yield from told


def authorised(tale: Tale) -> Iterator[Step]:
    payment = {"payment_id": tale.values.name("payment"), "psp": "stripe", "amount": tale.amount}
    named = {"payment_id": payment["payment_id"]}
    yield from tale.placed()
    yield tale.of_order("report_payment_initiated", PARTNER, **payment)
    yield tale.of_order("report_payment_authorised", PARTNER, expires_at=tale.clock() + timedelta(days=7), **payment)
    if tale.either("capture_payment", "void_payment") == "capture_payment":
        yield tale.of_order("capture_payment", **named)
        yield tale.of_order("report_payment_captured", PARTNER, capture_ref=tale.capture_ref, **payment)
        told = {"capture_ref": tale.capture_ref, "code": "expired_card"}
        yield tale.of_order("report_payment_failed", PARTNER, **payment, **told).later(1)
        return
    yield tale.of_order("void_payment", reason="asked", **named)
    ending = tale.either("report_payment_voided", "report_authorization_expired")
    yield tale.of_order(ending, PARTNER, **payment).later(8)


def unpaid(tale: Tale) -> Iterator[Step]:
    yield from tale.placed()
    yield tale.of_order("expire_order", SYSTEM).later(5)
    yield tale.captured()
    told = {"refund_id": tale.values.name("refund"), "capture_ref": tale.capture_ref}
    yield tale.of_order("refund_buyer_funds", reason="late", **told)


def captured_first(tale: Tale) -> Iterator[Step]:
    yield tale.captured()
    yield tale.of_order("flag_unallocated_capture", SYSTEM, capture_ref=tale.capture_ref).later(0.1)
    yield from tale.placed()
    twice = tale.values.name("capture")
    yield tale.captured(twice)
    told = {"refund_id": tale.values.name("refund"), "capture_ref": twice}
    yield tale.of_order("approve_duplicate_capture_refund", **told)
    yield tale.of_order("change_delivery_details", BUYER, ship_to_ref=tale.values.name("address"))
    yield tale.of_order("report_status", PARTNER, status="delivered")


def sent_otherwise(tale: Tale) -> Iterator[Step]:
    """Parcels as a partner tells of them: handed over, put together, taken apart, billed, declared."""
    yield from tale.paid()
    items = [{"line_id": "L1", "qty": tale.qty}]
    told = {"carrier": "sf", "tracking_no": tale.random.choice(("SHARED", f"SF{tale.order_id}"))}
    yield tale.of_parcel("report_dispatch", items=items, **told)
    whole = tale.values.name("parcel")
    yield tale.of_order("report_consolidation", PARTNER, from_parcels=[tale.parcel_id], to_parcel=whole)
    part = {"parcel_id": tale.values.name("parcel"), "items": [{"line_id": "L1", "qty": 1}]}
    yield tale.of_order("report_split", PARTNER, parcel_id=whole, parts=[part])
    yield tale.of_order("flag_shared_number", SYSTEM, tracking_no="SHARED")
    flag = {"parcel_ids": [part["parcel_id"]], "mismatch": tale.random.choice(("shared_declaration", "not_declared"))}
    yield tale.of_order("flag_customs_tie", SYSTEM, declaration_no="D-1", **flag)
    charge = {"partner": "sf", "amount": "CNY 12.00"}
    yield tale.of_parcel("record_logistics_charge", charge_ref=tale.values.name("charge"), **charge)
    duty = {"borne_by": "platform", "declared_value": "USD 10.00", "assessment_ref": tale.values.name("duty")}
    yield tale.of_parcel("report_duty", **charge, **duty)


def payout(tale: Tale) -> Iterator[Step]:
    yield from tale.released()
    payout_id = tale.values.name("payout")
    yield tale.of_merchant("initiate_payout", FINANCE, payout_id=payout_id)
    if tale.either("cancel_payout", "submit_payout") == "cancel_payout":
        yield tale.of_merchant("cancel_payout", payout_id=payout_id, reason="asked")
        return
    yield tale.of_merchant("submit_payout", payout_id=payout_id, bank_ref="B")
    yield tale.of_merchant("report_payout_paid", PARTNER, payout_id=payout_id, bank_ref="B")
    ending = tale.either("report_payout_returned", "report_payout_failed")
    yield tale.of_merchant(ending, PARTNER, payout_id=payout_id, code="AC04", bank_ref="B").later(2)


def indebted(tale: Tale) -> Iterator[Step]:
    """A merchant that was paid, and owes what its buyer got back since."""
    yield from tale.released()
    payout_id, refund_id = tale.values.name("payout"), tale.values.name("refund")
    yield tale.of_merchant("initiate_payout", FINANCE, payout_id=payout_id)
    yield tale.of_merchant("report_payout_paid", PARTNER, payout_id=payout_id)
    yield from tale.case(refund_id, liability="merchant")
    debt = {"merchant_id": tale.merchant_id, "amount": "CNY 0.01"}
    stream = payouts_stream(tale.merchant_id)
    yield from by_two("write_off_merchant_debt", debt, stream, tale.values.name("proposal"))


def held(tale: Tale) -> Iterator[Step]:
    yield from tale.paid()
    hold_id = tale.values.name("hold")
    yield tale.of_order("hold_line", line_id="L1", hold_id=hold_id, reason="inquiry")
    yield tale.of_order("release_line_hold", hold_id=hold_id)
    tale = tale.another()
    yield from tale.released()
    yield tale.of_merchant("hold_settlement", hold_id=hold_id, amount="CNY 0.01", reason="inquiry")
    yield tale.of_merchant("release_hold", hold_id=hold_id)
