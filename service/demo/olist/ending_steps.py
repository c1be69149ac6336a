"""Makes the steps that end an order: released after its signature, cancelled, or only reported as delivered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from commands.orders.cancel_order import CancelOrder
from commands.orders.report_status import ReportedStatus, ReportStatus
from commands.settlement.release_settlement import ReleaseSettlement
from ledger.policies.release import Release
from service.demo.olist.asker import IMPORTER, named, source_of
from service.demo.olist.orders import MerchantOrder
from service.demo.olist.step import Step, StepKind

_TIME_GUESSED = "time=latest known"  # the source has no time for a status


def ending_steps(order: MerchantOrder, release: Release) -> Iterator[Step]:
    """Yields the steps that follow from the signature and from the order's last status."""
    source = order.source
    if source.is_cancelled:
        yield _called_off_late(order) if source.handed_over_at else _called_off(order)
    elif source.delivered_at:
        yield _release(order, max(release.due_at(source.delivered_at), source.paid_at))
    elif source.is_delivered:
        yield _reported(order, "delivered")
    if source.is_delivered and not source.approved_at:
        yield _reported_unpaid(order)


def _release(order: MerchantOrder, at: datetime) -> Step:
    # The ledger decides about a release; it is not a fact of the source, so that no row depends on it.
    command_id = named(order.order_id, "release")
    build = partial(ReleaseSettlement, id=command_id, occurred_at=at, **_about(order))
    return Step(at, StepKind.RELEASE, command_id, build)


def _called_off(order: MerchantOrder) -> Step:
    source = order.source
    command_id = named(order.order_id, "cancel")
    at = source.last_known_at
    build = partial(
        CancelOrder,
        id=command_id,
        occurred_at=at,
        source=source_of(source.row, _TIME_GUESSED),
        reason=f"olist_{source.status}",
        **_about(order),
    )
    return Step(at, StepKind.CANCELLATION, command_id, build, (source.row,))


def _called_off_late(order: MerchantOrder) -> Step:
    """Returns a step that opens a break: an order whose goods are under way cannot be cancelled any more."""
    return _reported(order, "cancelled")


def _reported_unpaid(order: MerchantOrder) -> Step:
    """Returns a step that opens a break: nobody approved the payments, which are taken as captured at the purchase."""
    return _reported(order, "unpaid", "no approval", name="approval")


def _reported(order: MerchantOrder, status: ReportedStatus, reported: str = "", *, name: str = "status") -> Step:
    source = order.source
    command_id = named(order.order_id, name)
    at = source.last_known_at
    build = partial(
        ReportStatus,
        id=command_id,
        occurred_at=at,
        source=source_of(source.row, _TIME_GUESSED),
        status=status,
        reported=reported or source.status,
        **_about(order),
    )
    return Step(at, StepKind.STATUS, command_id, build, (source.row,))


def _about(order: MerchantOrder) -> dict[str, Any]:
    return {
        "actor": IMPORTER,
        "correlation_id": order.source.order_id,
        "merchant_id": order.merchant_id,
        "order_id": order.order_id,
    }
