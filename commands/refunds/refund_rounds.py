"""Checks on the round of an after-sales case and on its approver."""

from __future__ import annotations

from commands.authority import Role, role_of
from commands.rules import Rules
from ledger.actors import Actor
from ledger.policies.approvals import Approvals, Approver
from ledger.refusals.catalogue import CaseClosed, CaseNotFound, RoleNotAllowed, SameApprover, WrongRound
from ledger.streams.orders.cases import Case
from ledger.streams.orders.order import Order

CUSTOMER_SERVICE: Role = "support"


def open_case(order: Order, refund_id: str) -> Case:
    """Returns the open case. Raises `CaseNotFound` or `CaseClosed`."""
    case = order.cases.get(refund_id)
    if case is None:
        raise CaseNotFound(order_id=order.order_id, refund_id=refund_id)
    if not case.is_open:
        raise CaseClosed(refund_id=refund_id, state=case.state)
    return case


def expect_round(case: Case, asked: int, actor: Actor, rules: Rules) -> None:
    """Raises a refusal with the reason if this person may not decide this round (statements 28 and 31)."""
    if asked != case.next_round:
        raise WrongRound(asked=asked, expected=case.next_round)
    approvals = rules.policy_then(Approvals, case.requested_at)
    if approvals.distinct and actor.id in case.approvers:
        raise SameApprover(approver=actor.id)
    needed = approvals.approver_of(asked) if case.type == "unshipped" else "platform"
    if not actor.is_importer and role_of(actor) != _role(needed):
        raise RoleNotAllowed(role=role_of(actor), needed=_role(needed))


def _role(approver: Approver) -> Role:
    """Returns the role of a round's approver. The platform decides through customer service (statement 31)."""
    return CUSTOMER_SERVICE if approver == "platform" else approver
