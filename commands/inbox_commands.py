"""What commands about money in the inbox have in common: its stream, and the capture that stands there."""

from __future__ import annotations

from ledger.events.platform import InboxPaymentCaptured
from ledger.finance_refusals import InboxAlreadyRouted, InboxItemNotFound
from ledger.streams.reference_streams import InboxItem


def capture_of(item: InboxItem) -> InboxPaymentCaptured:
    """The capture that stands in this item. Raises `InboxItemNotFound`."""
    if item.capture is None:
        _, source, reference = item.name.split("/")
        raise InboxItemNotFound(source=source, reference=reference)
    return item.capture


def unrouted_capture(item: InboxItem) -> InboxPaymentCaptured:
    """The capture, if nobody has said yet where it belongs. Raises `InboxAlreadyRouted` too."""
    capture = capture_of(item)
    if item.plan or item.is_routed:
        state = "routed" if item.is_routed else "being routed"
        raise InboxAlreadyRouted(source=capture.psp, reference=capture.capture_ref, state=state)
    return capture
