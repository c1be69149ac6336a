"""Examples of the OpenAPI document: requests of one scenario, in their order, each with the status of its answer.

`tests/service/http/test_document_examples.py` sends all of them to a new ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from service.http.document.parts import operations
from service.http.outcomes import REPLAYED

_SHOP = {"merchant_id": "M-1042"}
_ORDER = _SHOP | {"order_id": "2025-000017"}
_PARCEL = _ORDER | {"parcel_id": "17-1"}
_DAY = "2025-04-01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A request to an operation, and the status that a ledger answers that has answered the examples before."""

    operation: str
    says: str
    status: int = 200
    values: Mapping[str, str] = field(default_factory=dict)  # parameters of the path, the query and the headers
    body: Any = None
    headers: tuple[str, ...] = ()  # that the answer has


def _command(name: str, says: str, data: Any, status: int = 200, *, key: str = "", **more: Any) -> Example:
    dry_run = {"dry_run": "true"} if more.pop("dry_run", False) else {}
    values = {"Idempotency-Key": key or name.replace("_", "-"), **dry_run}
    headers = more.pop("headers", ())
    return Example(operation=name, says=says, status=status, values=values, body={"data": data} | more, headers=headers)


def _read(name: str, says: str, status: int = 200, **values: str) -> Example:
    return Example(operation=name, says=says, status=status, values=values)


def _money(currency: str, amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": currency}


def _rate(kind: str) -> dict[str, str]:
    return {"pair": "USD/CNY", "rate": "7.2000", "kind": kind, "provider": "example", "as_of": _DAY}


_FAN = {"line_id": "A", "product_id": "P-fan", "qty": 2, "unit_list": _money("CNY", "180.00"),
        "unit_reference": _money("USD", "25.00"), "title_source": "苏绣团扇",
        "title_shown": "Suzhou embroidery round fan", "locale": "en-US"}  # fmt: skip
_REFERENCE = {"base": "USD", "quote": "CNY", "value": "7.2000", "kind": "reference", "source": "example", "as_of": _DAY}
_PLACED = _ORDER | {
    "checkout_id": "C-17",
    "market": "US",
    "buyer_ref": "B-7",
    "ship_to_ref": "B-7-home",
    "ship_to": {"name": "Alex Doe", "city": "Portland"},
    "channel": {"type": "post", "content_id": "N-30"},
    "lines": [_FAN],
    "list_total": _money("CNY", "360.00"),
    "buyer_total": _money("USD", "50.00"),
    "reference_rate": _REFERENCE,
}
_CAPTURED = _ORDER | {
    "payment_id": "pay-17",
    "psp": "examplepay",
    "capture_ref": "ch-17",
    "amount": _money("USD", "50.00"),
}
_BATCH = [
    {"command": "set_auto_export", "id": "auto-export", "data": _SHOP | {"enabled": True}},
    {"command": "submit_product", "id": "submit-fan", "data": _SHOP | {"product_id": "P-fan", "category_id": "home"}},
    {"command": "approve_product", "id": "approve-fan", "data": _SHOP | {"product_id": "P-fan"}},
]
_CLOSE = {"proposal_id": "close-march", "command": "close_period", "data": {"period": "2025-03"},
          "reason": "month-end"}  # fmt: skip

EXAMPLES = (
    _command("enrol_merchant", "What would be recorded", _SHOP | {"markets": ["US"]}, dry_run=True),
    _command("enrol_merchant", "A merchant is enrolled", _SHOP | {"markets": ["US"]}),
    _command("enrol_merchant", "The same key again", _SHOP | {"markets": ["US"]}, headers=(REPLAYED,)),
    _command("enrol_merchant", "The key with another body", _SHOP | {"markets": ["HK"]}, 422),
    _command("enrol_merchant", "A field of the wrong type", {"merchant_id": 1042}, 422, key="wrong-type"),
    _command("record_fx_rate", "The book rate of a day", _rate("book")),
    Example(operation="submit_commands", says="Three commands at once", body={"commands": _BATCH}),
    _command("place_order", "An order of two fans", _PLACED),
    _command("place_order", "An order id that is taken", _PLACED | {"checkout_id": "C-18"}, 409, key="again"),
    _command("report_payment_captured", "A payment that came before", _CAPTURED, occurred_at=f"{_DAY}T01:02:00Z"),
    _command("create_parcel", "The order is packed",
             _PARCEL | {"items": [{"line_id": "A", "qty": 2}], "warehouse_id": "W-SZ"}),
    _command("dispatch_parcel", "The parcel leaves", _PARCEL | {"carrier": "SF", "tracking_no": "SF0017"}),
    _command("hold_settlement", "A merchant that nobody enrolled",
             {"merchant_id": "M-9", "hold_id": "H-1", "amount": _money("CNY", "50.00"), "reason": "review"}, 409),
    _command("propose", "What takes two people", _CLOSE),
    _read("balances", "The balances of all merchants"),
    _read("balance", "The balance of a merchant", merchant="M-1042"),
    _read("balance", "At the end of a day", merchant="M-1042", as_of="2025-06-30"),
    _read("balance", "A merchant that is not known", 404, merchant="M-9"),
    _read("track", "Where the parcels are", order="2025-000017"),
    _read("history", "The history of an order", order="2025-000017"),
    _read("audit", "The last changes of a merchant", merchant="M-1042", limit="2"),
    _read("trial_balance", "The sums of all accounts"),
    _read("trial_balance", "A day that does not exist", 422, as_of="2025-02-30"),
    Example(operation="sales", says="Sales of April", values={"from": "2025-04-01", "to": "2025-05-01"}),
    _read("search", "A part of a tracking number", q="SF0017"),
)  # fmt: skip


def with_examples(document: dict[str, Any]) -> dict[str, Any]:
    """Returns the document with the bodies and the parameters of the examples in their operations."""
    by_id = {operation["operationId"]: operation for _, _, operation in operations(document)}
    for example in EXAMPLES:
        operation = by_id[example.operation]
        if example.body is not None:
            media = operation["requestBody"]["content"]["application/json"]
            named = media.setdefault("examples", {})
            named[example.says] = {"summary": f"{example.says}: {example.status}", "value": example.body}
        for parameter in operation.get("parameters", ()):
            if example.status == 200 and parameter["name"] in example.values:
                parameter.setdefault("example", example.values[parameter["name"]])
    return document
