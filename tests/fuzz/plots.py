"""Short ways into deep states: a plot is a few commands in order, told among everything else that happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from ledger.ids import derived_id
from ledger.policies.defaults import default_policies
from ledger.policies.kinds import written
from ledger.who import Actor
from tests.fuzz.values import Values
from tests.support.buses import PLATFORM
from tests.support.given import IMPORTER, PARTNER, SYSTEM
from tests.support.sales import order_data

OWNER = Actor(kind="merchant", id="mei", role="merchant")
SERVICE = Actor(kind="platform", id="cai", role="platform_cs")
FINANCE = Actor(kind="platform", id="fay", role="finance")
CHECKER = Actor(kind="platform", id="ann", role="finance")
BUYER = Actor(kind="buyer", id="bo", role="buyer")
PERIODS = ("2025-03", "2025-04", "2025-05")


class Step(NamedTuple):
    """One command of a plot, asked so many days after the one before."""

    name: str
    data: dict[str, Any]
    actor: Actor = PLATFORM
    days: float = 0.0


class Tale:
    """One plot's names, and its merchant's and order's on every command."""

    def __init__(self, random: Random, values: Values, clock: Callable[[], datetime], books: Any) -> None:
        self.random, self.values, self.clock, self.books = random, values, clock, books
        self.merchant_id, self.order_id = random.choice(("M-1", "M-2")), values.name("order")
        self.qty = random.choice((1, 2, 3))
        self.order = order_data(self.order_id, self.merchant_id, list_minor=random.randint(1, 99_999), qty=self.qty)
        self.amount = self.order["buyer_total"]
        self.capture_ref, self.parcel_id = values.name("capture"), values.name("parcel")

    def of_order(self, name: str, *, actor: Actor = PLATFORM, days: float = 0.0, **data: Any) -> Step:
        return self.of_merchant(name, actor=actor, days=days, order_id=self.order_id, **data)

    def of_merchant(self, name: str, *, actor: Actor = PLATFORM, days: float = 0.0, **data: Any) -> Step:
        return Step(name, {"merchant_id": self.merchant_id} | data, actor, days)

    def of_parcel(self, name: str, *, actor: Actor = PARTNER, days: float = 0.0, **data: Any) -> Step:
        return self.of_order(name, actor=actor, days=days, parcel_id=self.parcel_id, **data)

    def placed(self) -> Iterator[Step]:
        yield Step("place_order", self.order, BUYER)

    def captured(self, capture_ref: str = "") -> Step:
        told = {"payment_id": f"pay-{self.order_id}", "psp": "stripe", "capture_ref": capture_ref or self.capture_ref}
        return self.of_order("report_payment_captured", actor=PARTNER, amount=self.amount, **told)

    def paid(self) -> Iterator[Step]:
        yield from self.placed()
        yield self.captured()

    def sent(self) -> Iterator[Step]:
        yield from self.paid()
        items = [{"line_id": "L1", "qty": self.qty}]
        yield self.of_parcel("create_parcel", actor=OWNER, items=items, warehouse_id="WH-1")
        told = {"carrier": "sf", "tracking_no": f"SF{self.order_id}"}
        yield self.of_parcel("dispatch_parcel", actor=OWNER, **told)

    def signed(self) -> Iterator[Step]:
        yield from self.sent()
        yield self.of_parcel("report_signature", evidence_kind="recipient", days=2)

    def released(self) -> Iterator[Step]:
        yield from self.signed()
        yield self.of_order("release_settlement", days=8)

    def case(self, refund_id: str, **approval: Any) -> Iterator[Step]:
        """A case that is asked for and granted, by as many people as it takes."""
        yield self.of_order("request_refund", actor=BUYER, refund_id=refund_id, reason="changed_mind")
        yield self.of_order("approve_refund", actor=OWNER, refund_id=refund_id, round=1, **approval)
        for round_ in (1, 2):
            yield self.of_order("approve_refund", actor=SERVICE, refund_id=refund_id, round=round_, **approval)

    def told_back(self, refund_id: str, outcome: str) -> Step:
        """What the provider says of the refund's first submission."""
        told = {"psp": "stripe", "outcome": outcome, "amount": self.amount, "psp_refund_ref": f"re-{refund_id}"}
        return self.of_order("report_refund_outcome", actor=PARTNER, submission_id=derived_id(refund_id, "1"), **told)

    def lines(self, **beside: Any) -> dict[str, Any]:
        """A provider's batch with one line about this order's capture."""
        line = {"psp_ref": self.values.name("line"), "kind": "charge", "reference": self.capture_ref}
        money = {"gross": self.amount, "fee": self.amount * 0, "net": self.amount}
        return {"batch_ref": self.values.name("batch"), "lines": [line | money | beside], "psp": "stripe"}


def _deemed(tale: Tale) -> Iterator[Step]:
    content = next(written(each.policy) for each in default_policies() if each.key == "after_sales_lock")
    content |= {"deemed_signature_after": "P10D", "mode": "until_signed"}
    told = {"key": "after_sales_lock", "content": content, "effective_from": tale.clock() + timedelta(minutes=2)}
    yield Step("publish_policy", told, PLATFORM)
    yield from (step._replace(days=0.01) for step in tale.sent())
    yield tale.of_parcel("deem_signed", actor=SYSTEM, days=31)
    yield tale.of_order("release_settlement", days=8)


def _return(tale: Tale) -> Iterator[Step]:
    refund_id = tale.values.name("refund")
    yield from tale.signed()
    due = tale.clock() + timedelta(days=12)
    yield from tale.case(refund_id, return_required=True, return_by=due)
    if tale.random.random() < 0.5:
        yield tale.of_order("expire_return", actor=SYSTEM, refund_id=refund_id, days=15)
        return
    told = {"carrier": "sf", "tracking_no": tale.values.name("back")}
    yield tale.of_order("report_return_shipped", actor=PARTNER, refund_id=refund_id, **told)
    yield tale.of_order("report_return_received", actor=PARTNER, refund_id=refund_id, days=3)
    told = {"condition": "good", "disposition": "restocked"}
    yield tale.of_order("record_return_inspection", refund_id=refund_id, **told)
    yield tale.of_order("submit_refund", refund_id=refund_id)
    yield tale.told_back(refund_id, "succeeded")


def _cancelled(tale: Tale) -> Iterator[Step]:
    refund_id = tale.values.name("refund")
    yield from tale.paid()
    yield tale.of_order("cancel_order", actor=BUYER, reason="changed_mind", refund_id=refund_id)
    yield from tale.case(refund_id)
    yield tale.of_order("submit_refund", refund_id=refund_id)
    yield tale.told_back(refund_id, "failed")
    yield tale.of_order("submit_refund", refund_id=refund_id)
    yield tale.told_back(refund_id, "failed")._replace(days=1)
    told = {"method": "bank", "reference": "wire", "proposer": "zoe"}
    yield tale.of_order("pay_refund_by_alternative", actor=FINANCE, refund_id=refund_id, **told)
    yield tale.told_back(refund_id, tale.random.choice(("succeeded", "reversed")))


def _rejected(tale: Tale) -> Iterator[Step]:
    for end, actor, beside in (
        ("reject_refund", OWNER, {"round": 1, "reason": "no_fault"}),
        ("withdraw_refund", BUYER, {}),
    ):
        tale = Tale(tale.random, tale.values, tale.clock, tale.books)
        refund_id = tale.values.name("refund")
        yield from tale.paid()
        yield tale.of_order("request_refund", actor=BUYER, refund_id=refund_id, reason="late")
        yield tale.of_order(end, actor=actor, refund_id=refund_id, **beside)


def _amiss(command: str, milestone: str, *, signed: bool = False) -> Callable[[Tale], Iterator[Step]]:
    """A parcel that never comes to its buyer, and the platform's refund for it."""

    def plot(tale: Tale) -> Iterator[Step]:
        refund_id = tale.values.name("refund")
        yield from tale.signed() if signed else tale.sent()
        for reached in ("received_at_warehouse", milestone):
            yield tale.of_parcel("report_tracking", milestone=reached, days=1)
        yield tale.of_parcel(command, actor=PLATFORM, refund_id=refund_id, reason="other")
        yield tale.of_order("submit_refund", refund_id=refund_id)
        yield tale.told_back(refund_id, "succeeded")

    return plot


def _lost(tale: Tale) -> Iterator[Step]:
    refund_id, claim_id = tale.values.name("refund"), tale.values.name("claim")
    yield from tale.sent()
    yield tale.of_parcel("report_loss", days=3)
    yield tale.of_parcel("refund_lost_parcel", actor=PLATFORM, refund_id=refund_id)
    claim = {"claim_id": claim_id, "partner": "sf", "amount": "CNY 50.00"}
    yield tale.of_parcel("file_logistics_claim", actor=PLATFORM, reason="lost", **claim)
    yield tale.of_order("report_claim_accepted", actor=PARTNER, **claim)
    paid = {"cash": "CNY 49.00", "bank_entry_ref": tale.values.name("entry")}
    if tale.random.random() < 0.6:
        yield tale.of_order("report_claim_settled", actor=PARTNER, **claim | paid)
    yield tale.of_order("report_claim_denied", actor=PARTNER, claim_id=claim_id, partner="sf", code="late")


def _disputed(tale: Tale) -> Iterator[Step]:
    dispute = {"dispute_id": tale.values.name("dispute"), "psp": "stripe", "capture_ref": tale.capture_ref}
    yield from tale.random.choice((tale.paid, tale.signed, tale.released))()
    told = [
        tale.of_order("report_dispute_opened", actor=PARTNER, amount=tale.amount, reason="fraudulent", **dispute),
        tale.of_order("submit_dispute_evidence", dispute_id=dispute["dispute_id"], evidence_refs=["doc"]),
        tale.of_order("report_dispute_funds_withdrawn", actor=PARTNER, amount=tale.amount, **dispute),
        tale.of_order("report_dispute_fee", actor=PARTNER, amount="USD 15.00", **dispute),
        tale.of_order("report_dispute_lost", actor=PARTNER, **dispute),
        tale.of_order("report_dispute_won", actor=PARTNER, **dispute),
    ]
    if tale.random.random() < 0.4:
        tale.random.shuffle(told)
    yield from told


def _authorised(tale: Tale) -> Iterator[Step]:
    payment = {"payment_id": tale.values.name("payment"), "psp": "stripe", "amount": tale.amount}
    named = {"payment_id": payment["payment_id"]}
    yield from tale.placed()
    yield tale.of_order("report_payment_initiated", actor=PARTNER, **payment)
    yield tale.of_order(
        "report_payment_authorised", actor=PARTNER, expires_at=tale.clock() + timedelta(days=7), **payment
    )
    if tale.random.random() < 0.5:
        yield tale.of_order("capture_payment", **named)
        yield tale.of_order("report_payment_captured", actor=PARTNER, capture_ref=tale.capture_ref, **payment)
        told = {"capture_ref": tale.capture_ref, "code": "expired_card"}
        yield tale.of_order("report_payment_failed", actor=PARTNER, days=1, **payment, **told)
        return
    yield tale.of_order("void_payment", reason="asked", **named)
    ending = tale.random.choice(("report_payment_voided", "report_authorization_expired"))
    yield tale.of_order(ending, actor=PARTNER, days=8, **payment)


def _unpaid(tale: Tale) -> Iterator[Step]:
    yield from tale.placed()
    yield tale.of_order("expire_order", actor=SYSTEM, days=5)
    yield tale.captured()
    told = {"refund_id": tale.values.name("refund"), "capture_ref": tale.capture_ref}
    yield tale.of_order("refund_buyer_funds", reason="late", **told)


def _captured_first(tale: Tale) -> Iterator[Step]:
    yield tale.captured()
    yield tale.of_order("flag_unallocated_capture", actor=SYSTEM, capture_ref=tale.capture_ref, days=0.1)
    yield from tale.placed()
    twice = tale.values.name("capture")
    yield tale.captured(twice)
    told = {"refund_id": tale.values.name("refund"), "capture_ref": twice}
    yield tale.of_order("approve_duplicate_capture_refund", **told)
    yield tale.of_order("change_delivery_details", actor=BUYER, ship_to_ref=tale.values.name("address"))
    yield tale.of_order("report_status", actor=PARTNER, status="delivered")


def _sent_otherwise(tale: Tale) -> Iterator[Step]:
    """Parcels as a partner tells of them: handed over, put together, taken apart, billed, declared."""
    yield from tale.paid()
    items = [{"line_id": "L1", "qty": tale.qty}]
    told = {"carrier": "sf", "tracking_no": tale.random.choice(("SHARED", f"SF{tale.order_id}"))}
    yield tale.of_parcel("report_dispatch", items=items, **told)
    whole = tale.values.name("parcel")
    yield tale.of_order("report_consolidation", actor=PARTNER, from_parcels=[tale.parcel_id], to_parcel=whole)
    part = {"parcel_id": tale.values.name("parcel"), "items": [{"line_id": "L1", "qty": 1}]}
    yield tale.of_order("report_split", actor=PARTNER, parcel_id=whole, parts=[part])
    yield tale.of_order("flag_shared_number", actor=SYSTEM, tracking_no="SHARED")
    flag = {"parcel_ids": [part["parcel_id"]], "mismatch": tale.random.choice(("shared_declaration", "not_declared"))}
    yield tale.of_order("flag_customs_tie", actor=SYSTEM, declaration_no="D-1", **flag)
    charge = {"partner": "sf", "amount": "CNY 12.00"}
    yield tale.of_parcel("record_logistics_charge", charge_ref=tale.values.name("charge"), **charge)
    duty = {"borne_by": "platform", "declared_value": "USD 10.00", "assessment_ref": tale.values.name("duty")}
    yield tale.of_parcel("report_duty", **charge, **duty)


def _payout(tale: Tale) -> Iterator[Step]:
    yield from tale.released()
    payout_id = tale.values.name("payout")
    yield tale.of_merchant("initiate_payout", actor=FINANCE, payout_id=payout_id)
    if tale.random.random() < 0.3:
        yield tale.of_merchant("cancel_payout", payout_id=payout_id, reason="asked")
        return
    yield tale.of_merchant("submit_payout", payout_id=payout_id, bank_ref="B")
    yield tale.of_merchant("report_payout_paid", actor=PARTNER, payout_id=payout_id, bank_ref="B")
    ending = tale.random.choice(("report_payout_returned", "report_payout_failed"))
    yield tale.of_merchant(ending, actor=PARTNER, payout_id=payout_id, code="AC04", bank_ref="B", days=2)


def _indebted(tale: Tale) -> Iterator[Step]:
    """A merchant that was paid, and owes what its buyer got back since."""
    yield from tale.released()
    payout_id, refund_id = tale.values.name("payout"), tale.values.name("refund")
    yield tale.of_merchant("initiate_payout", actor=FINANCE, payout_id=payout_id)
    yield tale.of_merchant("report_payout_paid", actor=PARTNER, payout_id=payout_id)
    yield from tale.case(refund_id, liability="merchant")
    named = {"write_off_id": tale.values.name("write_off")}
    yield tale.of_merchant("propose_debt_write_off", actor=FINANCE, amount="CNY 0.01", reason="small", **named)
    ending = tale.random.choice(("write_off_merchant_debt", "write_off_merchant_debt", "reject_debt_write_off"))
    yield tale.of_merchant(ending, actor=CHECKER, **named)


def _held(tale: Tale) -> Iterator[Step]:
    yield from tale.paid()
    hold_id = tale.values.name("hold")
    yield tale.of_order("hold_line", line_id="L1", hold_id=hold_id, reason="inquiry")
    yield tale.of_order("release_line_hold", hold_id=hold_id)
    tale = Tale(tale.random, tale.values, tale.clock, tale.books)
    yield from tale.released()
    yield tale.of_merchant("hold_settlement", hold_id=hold_id, amount="CNY 0.01", reason="inquiry")
    yield tale.of_merchant("release_hold", hold_id=hold_id)


def _run(tale: Tale) -> Iterator[Step]:
    """A settlement run of a merchant that has nothing yet: its statement begins and ends at nothing."""
    run_id, merchant_id = tale.values.name("run"), tale.values.name("merchant")
    yield Step("enrol_merchant", {"merchant_id": merchant_id})
    yield Step("start_settlement_run", {"run_id": run_id, "cut_off": tale.clock(), "positions": {}})
    named = {"statement_id": run_id, "run_id": run_id, "merchant_id": merchant_id, "book": 1}
    balances = {"opening": "CNY 0.00", "closing": "CNY 0.00", "lines_hash": "0" * 64}
    yield Step(
        "issue_statement", named | balances | {"after_position": 0, "upto_position": 9, "period_to": tale.clock()}
    )
    counts = {"merchants": 1, "statements": 1, "payouts": 0, "paid": "CNY 0.00"}
    yield Step("complete_settlement_run", {"run_id": run_id} | counts)


def _unmatched(tale: Tale) -> Iterator[Step]:
    """Money of no known order: routed, or given back."""
    item = {"psp": "stripe", "capture_ref": tale.capture_ref}
    yield Step("note_unrouted_payment", item | {"amount": tale.amount, "payment_id": "p"}, PARTNER)
    yield Step("report_unallocated_settlement", item | tale.lines(), PARTNER)
    if tale.random.random() < 0.5:
        parts = [{"merchant_id": "M-1", "order_id": tale.values.name("order"), "amount": tale.amount}]
        yield Step("route_inbox_payment", item | {"parts": parts})
        if tale.random.random() < 0.5:
            yield Step("mark_parts_taken", item | {"plan": 1, "taken": []}, SYSTEM)
            yield Step("route_inbox_payment", item | {"parts": parts})
        yield Step("mark_inbox_routed", item, SYSTEM)
        return
    refund_id = tale.values.name("refund")
    refund = item | {"refund_id": refund_id, "amount": tale.amount}
    yield Step("refund_unallocated_funds", refund | {"reason": "nobody"})
    yield Step("report_unallocated_refund_failed", refund | {"code": "no"}, PARTNER)
    yield Step("submit_unallocated_refund", item | {"refund_id": refund_id})
    yield Step("report_unallocated_refund_paid", refund, PARTNER)
    yield Step("report_unrouted_capture_failed", item | {"amount": tale.amount, "code": "reversed"}, PARTNER)


def _unmatched_fact(tale: Tale) -> Iterator[Step]:
    item = {"system": "post", "reference": tale.values.name("scan")}
    yield Step("note_unrouted_fact", item | {"kind": "scan", "refs": {"tracking_no": "X"}, "body": {"n": 1}}, PARTNER)
    yield Step("mark_fact_routed", item | {"streams": [f"order/{tale.merchant_id}/{tale.order_id}"]})


def _adjusted(tale: Tale) -> Iterator[Step]:
    named = {"adjustment_id": tale.values.name("adjustment")}
    lines = [
        {"account": account, "side": side, "amount": "CNY 5.00"}
        for account, side in (("5130", "debit"), ("1010", "credit"))
    ]
    yield Step("propose_adjustment", named | {"lines": lines, "reason": "found"}, FINANCE)
    yield Step(tale.random.choice(("approve_adjustment", "approve_adjustment", "reject_adjustment")), named, CHECKER)
    amount = {"amount": "CNY 3.00", "payment_ref": tale.values.name("payment")}
    yield Step("record_partner_invoice_paid", amount | {"partner": "sf"})
    yield Step("record_tax_remitted", amount | {"authority": "office", "market": "US"})
    yield Step(
        "record_bank_fx_converted", {"bank_ref": tale.values.name("bank"), "sold": "USD 10.00", "bought": "CNY 71.00"}
    )


def _closed(tale: Tale) -> Iterator[Step]:
    """A month's end: revalued, closed in every book and for the ledger, and reopened."""
    period = tale.random.choice(PERIODS)
    balances = [{"account": "1020", "balance": "USD 10.00", "carried": "CNY 70.00"}]
    yield Step("post_fx_revaluation", {"period": period, "balances": balances, "positions": {}}, days=20)
    for book in tale.books():
        yield Step("close_book_period", {"book": book, "period": period})
    told = {"positions": {}, "trial_balance_hash": "0" * 64, "proposer": "zoe"}
    yield Step("close_period", {"period": period} | told, days=1)
    if tale.random.random() < 0.7:
        yield Step("reopen_period", {"period": period, "reason": "late", "proposer": "zoe"}, days=2)
        for book in tale.books():
            yield Step("reopen_book_period", {"book": book, "period": period})


def _merchant(tale: Tale) -> Iterator[Step]:
    named = {"merchant_id": tale.values.name("merchant")}
    account = named | {"account_ref": tale.values.name("account")}
    yield Step("enrol_merchant", named, OWNER)
    yield Step("reject_merchant", named | {"reason": "unknown"})
    yield Step("enrol_merchant", named)
    yield Step("register_payout_account", account | {"bank_code": "ICBC"}, OWNER)
    yield Step("verify_payout_account", account)
    yield Step("disable_payout_account", account | {"reason": "closed"})
    for switch in ("set_express_refund", "set_auto_export"):
        yield Step(switch, named | {"enabled": True}, OWNER)
    for name in ("suspend_merchant", "reinstate_merchant", "withdraw_merchant"):
        yield Step(name, named | {"reason": "other"})


def _product(tale: Tale) -> Iterator[Step]:
    named = {"merchant_id": tale.merchant_id, "product_id": tale.values.name("product")}
    yield Step("submit_product", named | {"category_id": "home"}, OWNER)
    told = {"locale": "en-US", "source_version": "1", "text_hash": "0" * 64, "engine": "mt"}
    yield Step("publish_product_translation", named | told)
    yield Step("approve_product", named)
    yield Step("set_export_status", named | {"enabled": False}, OWNER)
    yield Step("revoke_product", named | {"reasons": ["recall"]})
    yield Step("submit_product", named | {"category_id": "home"}, OWNER)
    yield Step("reject_product", named | {"reasons": ["recall"]})


def _files(tale: Tale) -> Iterator[Step]:
    """A partner's file, a bank statement with its entries, and what neither of them shows."""
    file = {"kind": "psp", "digest": f"{tale.random.getrandbits(256):064x}"}
    yield Step("accept_file", file | {"partner": "stripe", "rows": 1}, IMPORTER)
    yield Step("complete_file", file | {"refused": 0}, IMPORTER)
    statement = {"account": "CNY-1", "statement_id": tale.values.name("statement")}
    day = tale.clock().date()
    told = {"opening": "CNY 1.00", "closing": "CNY 2.00", "opened_on": day, "closed_on": day, "entries": 1}
    yield Step("report_bank_statement", statement | told | {"digest": file["digest"]}, PARTNER)
    entry = {"entry_ref": tale.values.name("entry"), "amount": "CNY 1.00", "value_date": day}
    yield Step("report_bank_entry", statement | entry, PARTNER)
    missing = {"kind": "bank_line_missing", "expected": "CNY 1.00", "refs": {"payout_id": tale.values.name("payout")}}
    yield Step("flag_missing_line", missing | {"in_stream": f"merchant/{tale.merchant_id}"}, SYSTEM)


def _batch(tale: Tale) -> Iterator[Step]:
    yield from tale.paid()
    yield tale.of_order("report_psp_settlement", actor=PARTNER, **tale.lines(cash="CNY 10.00"))
    told = {"psp": "stripe", "batch_ref": tale.values.name("batch"), "digest": "0" * 64, "line_count": 1}
    yield Step("report_psp_batch", told | {"orders_cash": "CNY 10.00", "cash": "CNY 10.00"}, PARTNER)


def _break(tale: Tale) -> Iterator[Step]:
    """A break of any stream that has one, assigned and resolved."""
    if opened := tale.values.facts.value(tale.random, "opened_break"):
        yield Step("assign_break", opened | {"owner": "ann"})
        yield Step("resolve_break", opened | {"resolution": "explained", "reason": "seen"})


def _rules(tale: Tale) -> Iterator[Step]:
    from_then = {"effective_from": tale.clock() + timedelta(minutes=2)}
    fees = tale.values.policy("fees") | {"rate_bps": tale.random.choice((0, 500, 777))}
    yield Step("set_fee_schedule", from_then | {"content": fees})
    yield Step("publish_policy", from_then | {"key": "return_window", "content": {"window": "P30D"}})
    rate = {"pair": "EUR/CNY", "rate": "7.8", "kind": "book", "provider": "ecb", "as_of": tale.clock().date()}
    yield Step("record_fx_rate", rate)


Plot = Callable[[Tale], Iterator[Step]]
PLOTS: tuple[tuple[Plot, str], ...] = (  # each with the commands it is for
    (_deemed, "deem_signed release_settlement publish_policy"),
    (_return, "expire_return report_return_shipped report_return_received record_return_inspection"),
    (_cancelled, "cancel_order submit_refund report_refund_outcome pay_refund_by_alternative approve_refund"),
    (_rejected, "request_refund reject_refund withdraw_refund"),
    (_amiss("refund_refused_parcel", "export_rejected"), "refund_refused_parcel report_tracking"),
    (_amiss("refund_damaged_parcel", "damaged"), "refund_damaged_parcel"),
    (_amiss("refund_returned_parcel", "returning_to_sender"), "refund_returned_parcel"),
    (_lost, "report_loss refund_lost_parcel file_logistics_claim report_claim_accepted report_claim_settled "
            "report_claim_denied"),
    (_disputed, "report_dispute_opened submit_dispute_evidence report_dispute_funds_withdrawn report_dispute_fee "
                "report_dispute_lost report_dispute_won"),
    (_authorised, "report_payment_initiated report_payment_authorised capture_payment report_payment_failed "
                  "void_payment report_payment_voided report_authorization_expired"),
    (_unpaid, "expire_order refund_buyer_funds"),
    (_captured_first, "flag_unallocated_capture approve_duplicate_capture_refund change_delivery_details "
                      "report_status place_order report_payment_captured"),
    (_sent_otherwise, "report_dispatch report_consolidation report_split flag_shared_number flag_customs_tie "
                      "record_logistics_charge report_duty"),
    (_payout, "initiate_payout submit_payout cancel_payout report_payout_paid report_payout_returned "
              "report_payout_failed create_parcel dispatch_parcel report_signature"),
    (_indebted, "propose_debt_write_off write_off_merchant_debt reject_debt_write_off"),
    (_held, "hold_line release_line_hold hold_settlement release_hold"),
    (_run, "start_settlement_run issue_statement complete_settlement_run"),
    (_unmatched, "note_unrouted_payment report_unallocated_settlement route_inbox_payment mark_parts_taken "
                 "mark_inbox_routed refund_unallocated_funds report_unallocated_refund_failed "
                 "submit_unallocated_refund report_unallocated_refund_paid report_unrouted_capture_failed"),
    (_unmatched_fact, "note_unrouted_fact mark_fact_routed"),
    (_adjusted, "propose_adjustment approve_adjustment reject_adjustment record_partner_invoice_paid "
                "record_tax_remitted record_bank_fx_converted"),
    (_closed, "post_fx_revaluation close_book_period close_period reopen_period reopen_book_period"),
    (_merchant, "enrol_merchant reject_merchant register_payout_account verify_payout_account "
                "disable_payout_account set_express_refund set_auto_export suspend_merchant reinstate_merchant "
                "withdraw_merchant"),
    (_product, "submit_product publish_product_translation approve_product set_export_status revoke_product "
               "reject_product"),
    (_files, "accept_file complete_file report_bank_statement report_bank_entry flag_missing_line"),
    (_batch, "report_psp_settlement report_psp_batch"),
    (_break, "assign_break resolve_break"),
    (_rules, "set_fee_schedule record_fx_rate"),
)  # fmt: skip
PLOT_OF = {name: plot for plot, names in PLOTS for name in names.split()}
