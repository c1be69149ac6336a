"""Ways into deep states of the platform's own streams: months, unmatched money, files, proposals, products."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from commands.proposable import PROPOSABLE
from ledger.actors import Actor
from ledger.ids import adjustment_stream, parking_stream, periods_stream, policy_stream
from tests.fuzz.script import CHECKER, FINANCE, OWNER, Script, Step, by_two
from tests.fuzz.values import ENVELOPE
from tests.support.buses import LONG_AGO
from tests.support.given import IMPORTER, PARTNER, SYSTEM

PERIODS = ("2025-03", "2025-04", "2025-05")


def run(script: Script) -> Iterator[Step]:
    """A settlement run of a merchant that has nothing yet: its statement begins and ends at nothing."""
    run_id, merchant_id = script.values.name("run"), script.values.name("merchant")
    yield Step("enrol_merchant", {"merchant_id": merchant_id})
    yield Step("start_settlement_run", {"run_id": run_id, "cut_off": script.clock(), "positions": {}})
    named = {"statement_id": run_id, "run_id": run_id, "merchant_id": merchant_id, "book": 1}
    balances = {"opening": "CNY 0.00", "closing": "CNY 0.00", "lines_hash": "0" * 64}
    yield Step(
        "issue_statement", named | balances | {"after_position": 0, "upto_position": 9, "period_to": script.clock()}
    )
    counts = {"merchants": 1, "statements": 1, "payouts": 0, "paid": "CNY 0.00"}
    yield Step("complete_settlement_run", {"run_id": run_id} | counts)


def unmatched(script: Script) -> Iterator[Step]:
    """Money of no known order: routed, or given back."""
    item = {"psp": "stripe", "capture_ref": script.capture_ref}
    yield Step("report_unmatched_payment", item | {"amount": script.amount, "payment_id": "p"}, PARTNER)
    yield Step("report_unmatched_settlement", item | script.lines(), PARTNER)
    if script.either("mark_parts_taken", "mark_payment_matched", "refund_unmatched_funds") != "refund_unmatched_funds":
        parts = [{"merchant_id": "M-1", "order_id": script.values.name("order"), "amount": script.amount}]
        yield Step("match_payment", item | {"parts": parts})
        if script.either("mark_parts_taken", "mark_payment_matched") == "mark_parts_taken":
            yield Step("mark_parts_taken", item | {"plan": 1, "taken": []}, SYSTEM)
            yield Step("match_payment", item | {"parts": parts})
        yield Step("mark_payment_matched", item, SYSTEM)
        return
    refund_id = script.values.name("refund")
    refund = item | {"refund_id": refund_id, "amount": script.amount}
    yield Step("refund_unmatched_funds", refund | {"reason": "nobody"})
    named = {"attempt_id": refund_id, "psp_refund_ref": f"re-{refund_id}"}
    yield Step("report_unmatched_refund_outcome", refund | named | {"outcome": "failed", "code": "no"}, PARTNER)
    yield Step("submit_unmatched_refund", item | {"refund_id": refund_id})
    yield Step("report_unmatched_refund_outcome", refund | {"outcome": "succeeded"}, PARTNER)
    yield Step("report_unmatched_capture_failed", item | {"amount": script.amount, "code": "reversed"}, PARTNER)


def unmatched_fact(script: Script) -> Iterator[Step]:
    item = {"system": "post", "reference": script.values.name("scan")}
    yield Step(
        "report_unmatched_fact", item | {"kind": "scan", "refs": {"tracking_no": "X"}, "body": {"n": 1}}, PARTNER
    )
    yield Step("mark_fact_matched", item | {"streams": [f"order/{script.merchant_id}/{script.order_id}"]})


def adjusted(script: Script) -> Iterator[Step]:
    named = {"adjustment_id": script.values.name("adjustment")}
    lines = [
        {"account": account, "side": side, "amount": "CNY 5.00"}
        for account, side in (("5130", "debit"), ("1010", "credit"))
    ]
    stream = adjustment_stream(named["adjustment_id"], None)
    yield from by_two("post_adjustment", named | {"lines": lines}, stream, script.values.name("proposal"))
    amount = {"amount": "CNY 3.00", "payment_ref": script.values.name("payment")}
    yield Step("record_partner_invoice_paid", amount | {"partner": "sf"})
    yield Step("record_tax_remitted", amount | {"authority": "office", "market": "US"})
    yield Step(
        "record_bank_fx_converted", {"bank_ref": script.values.name("bank"), "sold": "USD 10.00", "bought": "CNY 71.00"}
    )


def closed(script: Script) -> Iterator[Step]:
    """A month's end: revalued, closed in every book and for the ledger, and reopened."""
    period = script.random.choice(PERIODS)
    balances = [{"account": "1020", "balance": "USD 10.00", "carried": "CNY 70.00"}]
    yield Step("post_fx_revaluation", {"period": period, "balances": balances, "positions": {}}, days=20)
    month = {"period": period}
    yield from by_two("close_period", month, periods_stream(), script.values.name("proposal"))
    for book in script.books():
        yield Step("close_book_period", {"book": book} | month, SYSTEM)
    yield Step("complete_period_close", month | {"positions": {}, "trial_balance_hash": "0" * 64}, SYSTEM, days=1)
    if script.random.random() < 0.7:
        yield from by_two("reopen_period", month, periods_stream(), script.values.name("proposal"))
        for book in script.books():
            yield Step("reopen_book_period", {"book": book} | month, SYSTEM)


def merchant(script: Script) -> Iterator[Step]:
    named = {"merchant_id": script.values.name("merchant")}
    account = named | {"account_ref": script.values.name("account")}
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


def access(script: Script) -> Iterator[Step]:
    """An account with a token: created, used, revoked, and the account closed."""
    admin = Actor(kind="platform", id="ada", role="admin")
    account, token = {"account_id": script.values.name("account")}, {"token_id": script.values.name("token")}
    yield Step("open_access_account", account | {"roles": ["finance"]}, admin)
    expires_at = script.clock() + timedelta(days=30)
    created = {"role": "finance", "digest": f"{script.random.getrandbits(256):064x}", "expires_at": expires_at}
    yield Step("create_access_token", account | token | created, admin)
    yield Step("record_access_token_use", token | {"day": script.clock().date()}, SYSTEM)
    export = {"role": "finance", "question": "payouts", "format": "csv", "positions": {0: 1}}
    yield Step("record_export", account | export | {"day": script.clock().date()}, SYSTEM)
    yield Step("revoke_access_token", token, admin)
    yield Step("close_access_account", account | {"reason": "left"}, admin)


def subscription(script: Script) -> Iterator[Step]:
    """A subscription: created, changed, paused, moved, and retired."""
    fay, named = _subscriber(script), {"subscription_id": script.values.name("subscription")}
    yield _opened(fay)
    yield Step("create_subscription", named, fay)
    yield Step("change_subscription", named | {"types": ["parcel.*"]}, fay)
    yield Step("pause_subscription", named | {"reason": "other"}, fay)
    yield Step("resume_subscription", named, fay)
    yield Step("rewind_subscription", named | {"book": 0, "position": 0}, fay)
    yield Step("replay_parked_event", named | {"book": 0, "position": 1}, fay)
    yield Step("skip_parked_event", named | {"book": 0, "position": 1, "reason": "other"}, fay)
    yield Step("retire_subscription", named | {"reason": "other"}, fay)


def webhook(script: Script) -> Iterator[Step]:
    """A subscription with an endpoint: it gets a secret and a test."""
    fay, named = _subscriber(script), {"subscription_id": script.values.name("webhook")}
    yield _opened(fay)
    yield Step("create_subscription", named | {"url": "https://shop.example/hook"}, fay)
    yield Step("rotate_webhook_secret", named | {"secret": f"whsec_{'A' * 43}="}, fay)
    yield Step("send_test_webhook", named, fay)


def _subscriber(script: Script) -> Actor:
    return Actor(kind="platform", id=script.values.name("account"), role="finance")


def _opened(account: Actor) -> Step:
    opened = {"account_id": account.id, "roles": [account.role]}
    return Step("open_access_account", opened, Actor(kind="platform", id="ada", role="admin"))


def product(script: Script) -> Iterator[Step]:
    named = {"merchant_id": script.merchant_id, "product_id": script.values.name("product")}
    yield Step("submit_product", named | {"category_id": "home"}, OWNER)
    reported = {"locale": "en-US", "source_version": "1", "text_hash": "0" * 64, "engine": "mt"}
    yield Step("publish_product_translation", named | reported)
    yield Step("approve_product", named)
    yield Step("set_export_status", named | {"enabled": False}, OWNER)
    yield Step("revoke_product", named | {"reasons": ["recall"]})
    yield Step("submit_product", named | {"category_id": "home"}, OWNER)
    yield Step("reject_product", named | {"reasons": ["recall"]})


def files(script: Script) -> Iterator[Step]:
    """A partner's file, an order to the bank, a bank statement with its entries, and what neither of them shows."""
    file = {"kind": "psp", "digest": f"{script.random.getrandbits(256):064x}"}
    yield Step("accept_file", file | {"partner": "stripe", "rows": 1}, IMPORTER)
    yield Step("complete_file", file | {"refused": 0}, IMPORTER)
    order = {
        "message_id": script.values.name("order"),
        "payouts": [{"merchant_id": script.merchant_id, "payout_id": "P"}],
    }
    yield Step("record_payment_order", order, IMPORTER)
    statement = {"account": "CNY-1", "statement_id": script.values.name("statement")}
    day = script.clock().date()
    reported = {"opening": "CNY 1.00", "closing": "CNY 2.00", "opened_on": day, "closed_on": day, "entries": 1}
    yield Step("report_bank_statement", statement | reported | {"digest": file["digest"]}, PARTNER)
    entry = {"entry_ref": script.values.name("entry"), "amount": "CNY 1.00", "value_date": day}
    yield Step("report_bank_entry", statement | entry, PARTNER)
    missing = {"kind": "bank_line_missing", "expected": "CNY 1.00", "refs": {"payout_id": script.values.name("payout")}}
    stuck = {"kind": "claim_stuck", "subject": script.values.name("claim"), "expected": "CNY 1.00"}
    yield Step("flag_stuck", stuck | {"in_stream": f"merchant/{script.merchant_id}"}, SYSTEM)
    yield Step("flag_missing_line", missing | {"in_stream": f"merchant/{script.merchant_id}"}, SYSTEM)


def batch(script: Script) -> Iterator[Step]:
    yield from script.paid()
    yield script.of_order("report_psp_settlement", actor=PARTNER, **script.lines(cash="CNY 10.00"))
    reported = {"psp": "stripe", "batch_ref": script.values.name("batch"), "digest": "0" * 64, "line_count": 1}
    yield Step("report_psp_batch", reported | {"orders_cash": "CNY 10.00", "cash": "CNY 10.00"}, PARTNER)


def worked(script: Script) -> Iterator[Step]:
    """A break of any stream that has one, assigned and resolved."""
    if opened := script.values.facts.value(script.random, "opened_break"):
        yield Step("assign_break", opened | {"owner": "ann"})
        yield Step("resolve_break", opened | {"resolution": "explained", "reason": "seen"})


def proposed(script: Script) -> Iterator[Step]:
    """Parking, which takes two people; the others that do have plots of their own."""
    command = script.random.choice([name for name, made in PROPOSABLE.items() if "book" in made.command.model_fields])
    kind, named = PROPOSABLE[command].command, {"proposal_id": script.values.name("proposal")}
    data = script.values.model(kind, {"book": 1, "position": 1, "loop": "timer", "view": "balances"}, leave=ENVELOPE)
    yield Step("propose", named | {"command": command, "data": data, "reason": "stuck"}, FINANCE)
    where = {"in_stream": parking_stream(data["book"])}
    yield Step(script.either("approve_proposal", "reject_proposal"), named | where, CHECKER)


def rules(script: Script) -> Iterator[Step]:
    from_then = {"effective_from": script.clock() + timedelta(minutes=2)}
    fees = script.values.policy("fees") | {"rate_bps": script.random.choice((0, 500, 777))}
    fee = from_then | {"content": fees}
    yield from by_two("set_fee_schedule", fee, policy_stream("fees"), script.values.name("proposal"))
    longer = {"key": "return_window", "content": {"window": "P30D"}}
    yield from by_two(
        "publish_policy", from_then | longer, policy_stream("return_window"), script.values.name("proposal")
    )
    yield Step("adopt_policy", longer | {"effective_from": LONG_AGO}, IMPORTER)
    of_the_day = {"pair": "EUR/CNY", "rate": "7.8", "kind": "book", "provider": "ecb", "as_of": script.clock().date()}
    yield Step("record_fx_rate", of_the_day)
