"""An order that lives through random money: payments, disputes, provider settlements, costs, beside everything else."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from decimal import Decimal
from itertools import permutations
from typing import Any

from ledger.money import Money
from ledger.refusals.catalogue import Refusal
from ledger.streams.amounts.refundable import refundable
from ledger.streams.orders.allocation import amount_due
from ledger.streams.orders.cases import Case
from ledger.streams.orders.disputes import Dispute
from ledger.streams.orders.payments import Capture
from ledger.streams.receivables import Receivable
from tests.ledger.journal.rules.test_orders import ACTIONS as OF_GOODS
from tests.ledger.journal.rules.test_orders import QUOTES, Life, Sale
from tests.support.given import PARTNER, PLATFORM
from tests.support.orders import capture
from tests.support.payments import rate, settled_line, settles

OF_MONEY = (
    "capture", "reported again", "capture fails", "hold", "void", "lapse", "funds back", "flag", "refund fails",
    "refund sent", "refund muddle",
    "open dispute", "give part", "withdraw", "fee", "win", "lose dispute", "next stage", "provider pays",
    "freight", "duty", "claim", "goods asked back", "goods arrive",
)  # fmt: skip
REASONS = ("not_received", "product_unacceptable", "fraudulent")
STAGES = ("inquiry", "chargeback", "second_stage")


class MoneyLife(Life):
    """Takes a random order through random steps of goods and money, and then to the end of both."""

    def __init__(self, sale: Sale) -> None:
        super().__init__(sale)
        self.batches = 0

    def step(self, action: str, which: int, qty: int) -> None:
        if action in OF_GOODS:
            super().step(action, which, qty)
            return
        self.day += 1
        with suppress(Refusal, NothingThere):
            getattr(self, "_" + action.replace(" ", "_"))(which, qty)

    def finish(self) -> None:
        """Every dispute is decided, every unit sent and released, every debt paid, every receivable settled."""
        for n, dispute in enumerate(list(self.order.disputes)):
            if dispute.is_open or dispute.held:
                self._decide(dispute, won=bool(n % 2) or dispute.state == "won")
        if not self.order.confirmed and self._due().minor:  # its capture failed, and the buyer pays again
            self._submit("report_payment_captured", **capture("cap-end", str(self._due()), payment_id="PAY-end"))
        self._goods_arrive(len(self.order.cases), 0)
        super().finish()
        for capture_ref in list(self.order.payments.captures):
            with suppress(Refusal):
                reported = {"capture_ref": capture_ref, "refund_id": self._name(), "reason": "at_the_end"}
                self._submit("refund_buyer_funds", by=PLATFORM, **reported)
        self._pay_back(come_back=False)
        for case in list(self.order.cases.values()):
            if case.state == "approved" and case.unsubmitted:  # its capture failed or was disputed: no provider pays it
                reported = {"refund_id": case.id, "method": "bank_transfer", "reference": "TR"}
                self._submit("pay_refund_by_alternative", by=PLATFORM, **reported)
        self._provider_pays(0, 0)

    def _goods_asked_back(self, which: int, qty: int) -> None:
        self._ask_goods_back([{"line_id": self._line(which), "qty": qty}], which)

    def _goods_arrive(self, which: int, _: int) -> None:
        """Reports the goods of every refund that waits for them as received; or, rarely, their time is over."""
        for case in list(self.order.cases.values()):
            if case.awaits_goods:
                self._submit("report_return_received" if which % 4 != 3 else "expire_return", refund_id=case.id)

    def _paid_at_once(self, sale: Sale, parts: list[Money]) -> list[Money]:
        return parts[:-1] if sale.pays_late else parts

    def _pay_back(self, *, come_back: bool) -> None:
        """As far as providers can."""
        for case in list(self.order.cases.values()):
            with suppress(Refusal):
                self._submit("submit_refund", refund_id=case.id)
            for attempt in [s for s in case.attempts.values() if s.state == "submitted"]:
                self._outcome(attempt.attempt_id, "succeeded", attempt.amount)
                if come_back:
                    self._outcome(attempt.attempt_id, "reversed", attempt.amount)

    def _decide_open_cases(self) -> None:
        """Decides the open cases. Rejects those for more money than the buyer paid and no dispute gave back."""
        for case in list(self.order.cases.values()):
            if case.is_open and (refundable(self.order, beside=case.id) < case.amount or self._line_has_less(case)):
                self._submit("reject_refund", by=PLATFORM, refund_id=case.id, round=1, reason="never_paid")
        super()._decide_open_cases()

    def _line_has_less(self, case: Case) -> bool:
        asked = Counter[str]()
        for line in case.lines:
            asked[line.line_id] += line.buyer_amount.minor
        return any(self.order.lines[line_id].left_to_buyer.minor < minor for line_id, minor in asked.items())

    def _due(self) -> Money:
        quantities = {line_id: book.live for line_id, book in self.order.lines.items()}
        return amount_due(self.order.placed, quantities)

    @property
    def order(self) -> Any:
        return self.scenario.order

    def _capture(self, which: int, qty: int) -> None:
        amount = Money(1 + which * qty * 37, self.currency)
        self._submit("report_payment_captured", **capture(self._name(), str(amount), payment_id=f"PAY-{which % 3}"))

    def _reported_again(self, which: int, qty: int) -> None:
        known = self._one_of(self.order.payments.captures, which)
        amount = str(known.amount + Money(qty - 1, self.currency))
        self._submit("report_payment_captured", **capture(known.capture_ref, amount, payment_id=known.payment_id))

    def _capture_fails(self, which: int, _: int) -> None:
        if which % 4:
            return  # rare: it ends most of what could happen afterwards
        self._fails(self._one_of(self.order.payments.captures, which))

    def _fails(self, known: Capture) -> None:
        reported = {"payment_id": known.payment_id, "psp": "stripe", "capture_ref": known.capture_ref}
        self._submit("report_payment_failed", amount=str(known.amount), code="nsf", **reported)

    def _hold(self, which: int, qty: int) -> None:
        self._submit("report_payment_authorised", **self._held(which), amount=self._money(qty * 5_000))
        self._submit("capture_payment", by=PLATFORM, payment_id=f"PAY-{which % 3}")

    def _void(self, which: int, qty: int) -> None:
        self._submit("report_payment_voided", **self._held(which), amount=self._money(qty * 5_000))

    def _lapse(self, which: int, qty: int) -> None:
        self._submit("report_authorisation_expired", **self._held(which), amount=self._money(qty * 5_000))

    def _funds_back(self, which: int, qty: int) -> None:
        known = self._one_of(self.order.payments.captures, which)
        amount = str(Money(max(1, known.free.minor // qty), self.currency))
        reported = {
            "capture_ref": known.capture_ref,
            "refund_id": self._name(),
            "reason": "duplicate",
            "amount": amount,
        }
        self._submit("approve_duplicate_capture_refund" if which % 2 else "refund_buyer_funds", by=PLATFORM, **reported)

    def _refund_fails(self, *_: int) -> None:
        """Reports the failure of a refund attempt; the refund is still owed."""
        for case in list(self.order.cases.values()):
            with suppress(Refusal):
                self._submit("submit_refund", refund_id=case.id)
            for attempt in [s for s in case.attempts.values() if s.state == "submitted"]:
                self._outcome(attempt.attempt_id, "failed", attempt.amount)

    def _refund_sent(self, *_: int) -> None:
        for case in list(self.order.cases.values()):
            with suppress(Refusal):
                self._submit("submit_refund", refund_id=case.id)

    def _refund_muddle(self, which: int, qty: int) -> None:
        """A refund is on its way; in some order it fails, is paid after all, and its capture turns out to be none."""
        self._refund_sent()
        on_their_way = [
            s for case in self.order.cases.values() for s in case.attempts.values() if s.state == "submitted"
        ]
        if which % 4 or not on_their_way:
            return  # rare: it ends most of what could happen afterwards
        attempt = on_their_way[which % len(on_their_way)]
        for fact in list(permutations(("failed", "succeeded", "none")))[which // 4 % 6][: 1 + qty]:
            self.day += 1
            if fact == "none":
                self._fails(self.order.payments.captures[attempt.capture_ref])
            else:
                self._outcome(attempt.attempt_id, fact, attempt.amount)

    def _flag(self, which: int, _: int) -> None:
        known = self._one_of(self.order.payments.captures, which)
        self._submit("flag_unallocated_capture", capture_ref=known.capture_ref)

    def _open_dispute(self, which: int, qty: int) -> None:
        known = self._one_of(self.order.payments.captures, which)
        amount = Money(max(1, known.amount.minor // qty), self.currency)
        reported: dict[str, Any] = {"dispute_id": self._name(), "psp": "stripe", "capture_ref": known.capture_ref}
        reported |= {"amount": str(amount), "reason": REASONS[which % 3], "stage": STAGES[which % 2]}
        if which % 5 == 0:
            reported["lines"] = [{"line_id": self._line(which), "qty": qty}]
        self._submit("report_dispute_opened", by=PARTNER, **reported)

    def _give_part(self, which: int, qty: int) -> None:
        """An issuer gives the buyer a part of the price of a line's unit."""
        line_id, name = self._line(which), self._name()
        price: Money = self.order.lines[line_id].line.unit_reference
        captures = self.order.payments.captures
        if not captures:
            raise NothingThere
        known = max(captures.values(), key=lambda each: each.amount)
        about = {"dispute_id": name, "psp": "stripe", "capture_ref": known.capture_ref, "reason": REASONS[which % 3]}
        about |= {"amount": str(Money(max(1, price.minor * (1 + which) // 100), price.currency))}
        lines = [{"line_id": line_id, "qty": qty}]
        self._submit("report_dispute_opened", by=PARTNER, **about, stage="chargeback", lines=lines)
        self._decide(self.order.disputes.by_id[name], won=False)

    def _withdraw(self, which: int, _: int) -> None:
        dispute = self._dispute(which)
        self._submit("report_dispute_funds_withdrawn", **_of(dispute), amount=str(dispute.amount))

    def _fee(self, which: int, qty: int) -> None:
        self._submit(
            "report_dispute_fee",
            **_of(self._dispute(which)),
            amount=self._money(1_000 + qty),
            psp_ref=f"fee-{which % 2}",
        )

    def _win(self, which: int, _: int) -> None:
        self._decide(self._dispute(which), won=True)

    def _lose_dispute(self, which: int, _: int) -> None:
        self._decide(self._dispute(which), won=False)

    def _next_stage(self, which: int, qty: int) -> None:
        dispute = self._dispute(which)
        reported = {"amount": str(dispute.amount), "reason": dispute.reason, "stage": STAGES[qty - 1]}
        self._submit("report_dispute_opened", by=PARTNER, **_of(dispute), **reported)

    def _provider_pays(self, which: int, qty: int) -> None:
        """A batch with a part, or all, of everything that is still to be settled."""
        self.batches += 1
        lines: list[dict[str, Any]] = []
        for (kind, reference, _), item in self.order.receivables.items.items():
            part = _part(item, qty)
            if part:
                fee = Money(which % 3, self.currency) if kind == "charge" else Money(0, self.currency)
                sums = {"gross": str(part), "fee": str(fee), "net": str(part - fee)}
                at = rate(f"{Decimal(QUOTES[self.currency]) * (9_900 + which * 2) / 10_000:.6f}", base=self.currency)
                about = {"kind": kind, "psp_ref": f"t-{len(lines)}"}
                lines.append(settled_line(reference, **sums, **about) | {"rate": at})
        if lines:
            reported = settles(*lines, batch_ref=f"po-{self.batches}")
            self._submit("report_psp_settlement", by=PARTNER, **reported)

    def _freight(self, which: int, qty: int) -> None:
        reported = {
            "parcel_id": "P-1",
            "partner": "sf",
            "charge_ref": self._name(),
            "amount": f"CNY {which + 1}.0{qty}",
        }
        self._submit("record_logistics_charge", by=PARTNER, **reported)

    def _duty(self, which: int, _: int) -> None:
        reported = {
            "parcel_id": "P-1",
            "partner": "sf",
            "assessment_ref": self._name(),
            "amount": self._money(which + 1),
        }
        borne_by = "platform"  # the buyer's tax is what it was allocated or all given back, which `Life` checks
        self._submit("report_duty", by=PARTNER, declared_value=self._money(100), borne_by=borne_by, **reported)

    def _claim(self, which: int, qty: int) -> None:
        reported = {"claim_id": self._name(), "partner": "sf", "parcel_id": "P-1"}
        self._submit("report_claim_accepted", by=PARTNER, amount=self._money(qty * 100), **reported)
        if which % 2:
            self._submit("report_claim_denied", by=PARTNER, **reported)
        else:
            paid = {"amount": self._money(qty * 100), "cash": f"CNY {qty * 7}.00", "bank_entry_ref": "b-1"}
            self._submit("report_claim_settled", by=PARTNER, **reported, **paid)

    def _decide(self, dispute: Dispute, *, won: bool) -> None:
        self._submit("report_dispute_won" if won else "report_dispute_lost", by=PARTNER, **_of(dispute))

    def _money(self, minor: int) -> str:
        return str(Money(minor, self.currency))

    def _dispute(self, which: int) -> Dispute:
        found: Dispute = self._one_of(self.order.disputes.by_id, which)
        return found

    def _held(self, which: int) -> dict[str, Any]:
        return {"payment_id": f"PAY-{which % 3}", "psp": "stripe"}

    def _one_of(self, things: dict[str, Any], which: int) -> Any:
        if not things:
            raise NothingThere
        return list(things.values())[which % len(things)]


class NothingThere(Exception):
    """There is nothing to do that with."""


def _of(dispute: Dispute) -> dict[str, Any]:
    return {"dispute_id": dispute.dispute_id, "psp": "stripe", "capture_ref": dispute.capture_ref}


def _part(item: Receivable, of: int) -> Money:
    """A part of what is still to be settled; all of it for `of` 0 and 1."""
    minor = item.left.minor // of if of > 1 else item.left.minor
    return Money(minor if (minor > 0) == (item.left.minor > 0) else 0, item.left.currency)
