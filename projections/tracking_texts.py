"""What a buyer reads at each milestone. One table, in English for now; a catalogue of another language has its keys."""

from __future__ import annotations

MILESTONE_TEXTS: dict[str, str] = {
    "noted": "Update from the carrier",
    "found": "Found again and on its way",
    "consolidated": "Packed together with another parcel",
    "split": "Travelling on in several parcels",
    "created": "Being prepared by the seller",
    "dispatched": "Shipped by seller",
    "received_at_warehouse": "At our warehouse",
    "export_declared": "Export customs",
    "export_inspected": "Customs check before export",
    "export_detained": "Customs check before export",
    "export_released": "Cleared to leave",
    "export_closed": "Export completed",
    "departed": "On its way",
    "arrived": "Arrived in country",
    "import_presented": "Import customs",
    "import_held": "Customs check on import",
    "import_released": "Cleared by customs",
    "out_for_delivery": "Out for delivery",
    "delivery_attempted": "Delivery attempted",
    "available_for_pickup": "Ready to collect",
    "damaged": "Damaged on the way",
    "rejected_at_warehouse": "Returned to seller by our warehouse",
    "export_rejected": "Could not be exported",
    "import_refused": "Refused by customs",
    "returning_to_sender": "On its way back",
    "returned_to_warehouse": "Back at our warehouse",
    "lost": "Lost on the way",
    "destroyed": "Destroyed on the way",
    "deemed_signed": "Delivered",
    "signed_for": "Delivered",
}
ORDER_TEXTS: dict[str, str] = {
    "unplaced": "Order being recorded",
    "placed": "Waiting for payment",
    "confirmed": "Paid",
    "expired": "Not paid in time",
    "cancelled": "Cancelled",
}
