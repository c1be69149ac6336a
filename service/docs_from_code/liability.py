"""Generates the document of liability: each place of units, cause and fault, from the function that decides it."""

from __future__ import annotations

from typing import get_args

from ledger.policies.defaults import default_policies
from ledger.policies.liability import BY_CAUSE, BY_PLACE, POSSIBLE, Cause, Fault, Liability, UnitPlace
from service.docs_from_code.markdown import sentences, table

PLACES: dict[UnitPlace, str] = {
    "unsent": "with the merchant: never packed, packed and not handed over, or turned away at the warehouse's door",
    "to_warehouse": "handed over, and nothing proves that the warehouse has accepted them",
    "turned_back": "sent back, or back, before the warehouse had accepted them",
    "in_custody": "accepted by the warehouse, or further on: every later step proves that",
    "signed_for": "with the recipient, who signed; a signature proves our custody, and ends a loss",
    "coming_back": "sent back, or back, from our custody",
}
CAUSES: dict[Cause, str] = {
    "cancelled": "`cancel_order`, and refunds before dispatch, Express Refund included",
    "lost": "`refund_lost_parcel`, or a dispute or claim about a parcel reported lost",
    "damaged": "`refund_damaged_parcel`, or a dispute or claim about a parcel reported damaged or destroyed",
    "refused": "`refund_refused_parcel`, or a dispute or claim about a parcel that customs refused",
    "undeliverable": "`refund_returned_parcel`, or a dispute or claim about a parcel on its way back",
    "returned": "`approve_refund` of a return",
    "not_received": "`approve_refund` of a claim, or a dispute, that the goods never came",
    "product_unacceptable": "a dispute about the goods",
    "other": "a dispute for any other reason: fraud, a duplicate",
}
_HEAD = """# Who bears it

Made from the code by `python -m service.docs_from_code`, from the one function that every refund, loss, damage, refusal, returned parcel, buyer's claim and dispute asks (`ledger/streams/units/unit_bearers.py`).

Who bears what becomes of units follows from where they are, then from whose fault it is, then from the cause. It is decided for the units of each place, not for an order or a line: a refund or a lost dispute about units in several places is `shared`, and each line of it says whose it is.

- What the merchant bears leaves its balance. What the platform bears is the merchant's at once (policy `release`).
- Units that were never sent are the merchant's to bear, whatever the cause, the reason and the fault, and they are never released. A reviewer who finds otherwise is refused (`UNSENT_IS_MERCHANTS`).
- A refund or dispute of a part of a unit's price follows the same rule, and stays with the unit: one that is sent later is released at the rest, one that is cancelled gives the buyer the rest.
- Goods that never came are the merchant's until the warehouse has accepted them: the domestic leg is the merchant's own, and custody passes at the warehouse (domain §2.1, statements 12 and 20). "Not received is the platform's" (domain §5) holds from there on.
- A claim against a partner (`file_logistics_claim`) decides nothing about who bears what. It is between the partner and the platform: it posts 1210, 5150 and the bank, and no account of a merchant. What a partner pays for goods whose loss the merchant bore is passed on by an adjustment.
- What partners reported of a parcel that nobody signed for (lost, damaged, refused, on its way back) stands above what its buyer or an issuer calls it.
- The fault is the reviewer's finding (`liability` of `approve_refund`), or else the policy's lists `merchant_faults` and `platform_faults`: the reason of the refund or dispute is looked up there, and so are the reasons that partners gave for what still stands in the parcel's way.
- A parcel that was signed for is not lost, whether the loss is reported before the signature or after it: `refund_lost_parcel` is refused (`PARCEL_NOT_LOST`), a break is open, and no money moves. A signature that is only deemed proves nothing, and ends no loss.
"""  # noqa: E501


def liability() -> str:
    """Returns the text of `docs/liability.md`."""
    policy = next(default.policy for default in default_policies() if isinstance(default.policy, Liability))
    faults = get_args(Fault)
    rows = [
        (f"`{cause}`", f"`{place}`", _rule(place, cause), *(policy.bearer(place, cause, fault) for fault in faults))
        for cause, places in POSSIBLE.items()
        for place in get_args(UnitPlace)
        if place in places
    ]
    places = table(("Place", "The units are"), [(f"*{place}*", said) for place, said in PLACES.items()])
    causes = table(("Cause", "Who asks"), [(f"*{cause}*", said) for cause, said in CAUSES.items()])
    head = ("Cause", "Place", "Policy field", "Nobody's fault", "The merchant's fault", "The platform's fault")
    return (
        f"{_HEAD}\n## Where units are\n\n{places}\n\n## Causes\n\n{causes}\n\n## Who bears them\n\n"
        f"By the default policy; `Policy field` is what changes the answer where it is nobody's fault. A cause that is"
        f" missing for a place cannot be: its command is refused.\n\n{table(head, rows)}\n\n"
        f"{sentences(Liability.__doc__)}\n"
    )


def _rule(place: UnitPlace, cause: Cause) -> str:
    before, after = BY_CAUSE[cause]
    rule = BY_PLACE.get(place) or (before if place == "to_warehouse" else after)
    return "" if place == "unsent" or rule == "merchant" else f"`{rule}`"
