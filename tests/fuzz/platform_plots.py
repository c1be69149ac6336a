"""Ways into deep states of the platform's own streams: months, unmatched money, files, proposals, products."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from commands.proposable import PROPOSABLE
from ledger.ids import adjustment_stream, parking_stream, periods_stream, policy_stream
from tests.fuzz.tale import CHECKER, FINANCE, OWNER, Step, Tale, by_two
from tests.fuzz.values import ENVELOPE
from tests.support.buses import LONG_AGO
from tests.support.given import IMPORTER, PARTNER, SYSTEM

PERIODS = ("2025-03", "2025-04", "2025-05")


def run(tale: Tale) -> Iterator[Step]:
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


def unmatched(tale: Tale) -> Iterator[Step]:
    """Money of no known order: routed, or given back."""
    item = {"psp": "stripe", "capture_ref": tale.capture_ref}
    yield Step("note_unrouted_payment", item | {"amount": tale.amount, "payment_id": "p"}, PARTNER)
    yield Step("report_unallocated_settlement", item | tale.lines(), PARTNER)
    if tale.either("mark_parts_taken", "mark_inbox_routed", "refund_unallocated_funds") != "refund_unallocated_funds":
        parts = [{"merchant_id": "M-1", "order_id": tale.values.name("order"), "amount": tale.amount}]
        yield Step("route_inbox_payment", item | {"parts": parts})
        if tale.either("mark_parts_taken", "mark_inbox_routed") == "mark_parts_taken":
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


def unmatched_fact(tale: Tale) -> Iterator[Step]:
    item = {"system": "post", "reference": tale.values.name("scan")}
    yield Step("note_unrouted_fact", item | {"kind": "scan", "refs": {"tracking_no": "X"}, "body": {"n": 1}}, PARTNER)
    yield Step("mark_fact_routed", item | {"streams": [f"order/{tale.merchant_id}/{tale.order_id}"]})


def adjusted(tale: Tale) -> Iterator[Step]:
    named = {"adjustment_id": tale.values.name("adjustment")}
    lines = [
        {"account": account, "side": side, "amount": "CNY 5.00"}
        for account, side in (("5130", "debit"), ("1010", "credit"))
    ]
    stream = adjustment_stream(named["adjustment_id"], None)
    yield from by_two("post_adjustment", named | {"lines": lines}, stream, tale.values.name("proposal"))
    amount = {"amount": "CNY 3.00", "payment_ref": tale.values.name("payment")}
    yield Step("record_partner_invoice_paid", amount | {"partner": "sf"})
    yield Step("record_tax_remitted", amount | {"authority": "office", "market": "US"})
    yield Step(
        "record_bank_fx_converted", {"bank_ref": tale.values.name("bank"), "sold": "USD 10.00", "bought": "CNY 71.00"}
    )


def closed(tale: Tale) -> Iterator[Step]:
    """A month's end: revalued, closed in every book and for the ledger, and reopened."""
    period = tale.random.choice(PERIODS)
    balances = [{"account": "1020", "balance": "USD 10.00", "carried": "CNY 70.00"}]
    yield Step("post_fx_revaluation", {"period": period, "balances": balances, "positions": {}}, days=20)
    month = {"period": period}
    yield from by_two("close_period", month, periods_stream(), tale.values.name("proposal"))
    for book in tale.books():
        yield Step("close_book_period", {"book": book} | month, SYSTEM)
    yield Step("complete_period_close", month | {"positions": {}, "trial_balance_hash": "0" * 64}, SYSTEM, days=1)
    if tale.random.random() < 0.7:
        yield from by_two("reopen_period", month, periods_stream(), tale.values.name("proposal"))
        for book in tale.books():
            yield Step("reopen_book_period", {"book": book} | month, SYSTEM)


def merchant(tale: Tale) -> Iterator[Step]:
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


def product(tale: Tale) -> Iterator[Step]:
    named = {"merchant_id": tale.merchant_id, "product_id": tale.values.name("product")}
    yield Step("submit_product", named | {"category_id": "home"}, OWNER)
    told = {"locale": "en-US", "source_version": "1", "text_hash": "0" * 64, "engine": "mt"}
    yield Step("publish_product_translation", named | told)
    yield Step("approve_product", named)
    yield Step("set_export_status", named | {"enabled": False}, OWNER)
    yield Step("revoke_product", named | {"reasons": ["recall"]})
    yield Step("submit_product", named | {"category_id": "home"}, OWNER)
    yield Step("reject_product", named | {"reasons": ["recall"]})


def files(tale: Tale) -> Iterator[Step]:
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
    stuck = {"kind": "claim_stuck", "subject": tale.values.name("claim"), "expected": "CNY 1.00"}
    yield Step("flag_stuck", stuck | {"in_stream": f"merchant/{tale.merchant_id}"}, SYSTEM)
    yield Step("flag_missing_line", missing | {"in_stream": f"merchant/{tale.merchant_id}"}, SYSTEM)


def batch(tale: Tale) -> Iterator[Step]:
    yield from tale.paid()
    yield tale.of_order("report_psp_settlement", actor=PARTNER, **tale.lines(cash="CNY 10.00"))
    told = {"psp": "stripe", "batch_ref": tale.values.name("batch"), "digest": "0" * 64, "line_count": 1}
    yield Step("report_psp_batch", told | {"orders_cash": "CNY 10.00", "cash": "CNY 10.00"}, PARTNER)


def worked(tale: Tale) -> Iterator[Step]:
    """A break of any stream that has one, assigned and resolved."""
    if opened := tale.values.facts.value(tale.random, "opened_break"):
        yield Step("assign_break", opened | {"owner": "ann"})
        yield Step("resolve_break", opened | {"resolution": "explained", "reason": "seen"})


def proposed(tale: Tale) -> Iterator[Step]:
    """Parking, which takes two people; the others that do have plots of their own."""
    command = tale.random.choice([name for name, made in PROPOSABLE.items() if "book" in made.command.model_fields])
    kind, named = PROPOSABLE[command].command, {"proposal_id": tale.values.name("proposal")}
    data = tale.values.model(kind, {"book": 1, "position": 1, "loop": "timer", "view": "balances"}, leave=ENVELOPE)
    yield Step("propose", named | {"command": command, "data": data, "reason": "stuck"}, FINANCE)
    where = {"in_stream": parking_stream(data["book"])}
    yield Step(tale.either("approve_proposal", "reject_proposal"), named | where, CHECKER)


def rules(tale: Tale) -> Iterator[Step]:
    from_then = {"effective_from": tale.clock() + timedelta(minutes=2)}
    fees = tale.values.policy("fees") | {"rate_bps": tale.random.choice((0, 500, 777))}
    fee = from_then | {"content": fees}
    yield from by_two("set_fee_schedule", fee, policy_stream("fees"), tale.values.name("proposal"))
    longer = {"key": "return_window", "content": {"window": "P30D"}}
    yield from by_two(
        "publish_policy", from_then | longer, policy_stream("return_window"), tale.values.name("proposal")
    )
    yield Step("adopt_policy", longer | {"effective_from": LONG_AGO}, IMPORTER)
    of_the_day = {"pair": "EUR/CNY", "rate": "7.8", "kind": "book", "provider": "ecb", "as_of": tale.clock().date()}
    yield Step("record_fx_rate", of_the_day)
