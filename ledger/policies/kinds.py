"""All kinds of policy by key, and the reading of a content by its key."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.policies.approvals import Approvals
from ledger.policies.automation import Automation
from ledger.policies.fees import Fees
from ledger.policies.liability import Liability
from ledger.policies.markets import Markets
from ledger.policies.order_charges import OrderCharges
from ledger.policies.payment_terms import PaymentTerms
from ledger.policies.payout_terms import PayoutTerms
from ledger.policies.policy import Policy
from ledger.policies.programme_start import ProgrammeStart
from ledger.policies.promise import Promise
from ledger.policies.reference_pricing import ReferencePricing
from ledger.policies.release import Release
from ledger.policies.return_window import ReturnWindow
from ledger.validation_messages import complaint

KINDS: dict[str, type[Policy]] = {
    "programme_start": ProgrammeStart,
    "markets": Markets,
    "reference_pricing": ReferencePricing,
    "promise": Promise,
    "fees": Fees,
    "release": Release,
    "payment_terms": PaymentTerms,
    "payout_terms": PayoutTerms,
    "after_sales_lock": AfterSalesLock,
    "return_window": ReturnWindow,
    "order_charges": OrderCharges,
    "approvals": Approvals,
    "liability": Liability,
    "automation": Automation,
}


def read_content(key: str, content: dict[str, Any], *, stored: bool = False) -> Policy:
    """Returns the policy of a content. Raises ValueError for an unknown key or a content that does not fit.

    `stored`: the content was published before, so values beyond today's limits are read as the limit.
    """
    kind = KINDS.get(key)
    if kind is None:
        raise ValueError(f"no policy is called {key!r}; there are {', '.join(KINDS)}")
    if stored:
        return kind.stored(content)
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise ValueError(complaint(error, shows_value=True)) from None


def written(policy: Policy) -> dict[str, Any]:
    """Returns the content as events store it: plain JSON with all defaults."""
    return policy.model_dump(mode="json")
