"""The reader of a question: its role and scope decide what it may ask, and about what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from service.failures import NotKnown, ServiceFailure, UnknownValue
from service.questions.filters import FILTERS, Scope
from service.questions.question import Question, Role


class RoleMayNotRead(ServiceFailure):
    """The role of the token may not ask this."""

    @classmethod
    def unless(cls, role: Role, deed: str, roles: Iterable[Role]) -> RoleMayNotRead:
        """Returns the refusal of a role that may not do the deed, with the roles that may."""
        return cls(f"The role {role} may not {deed}. The roles that may: {', '.join(sorted(roles))}.")


@dataclass(frozen=True, slots=True)
class Reader:
    """The role of an access token, the merchant or the buyer that it reads for, and the account that owns it."""

    role: Role
    scope: str | None = None
    account_id: str = ""

    @property
    def merchant(self) -> str | None:
        """The merchant that a merchant's token reads for; None for another role."""
        return (self.scope or "") if self.role == "merchant" else None

    @property
    def buyer(self) -> str | None:
        """The buyer that a buyer's token reads for; None for another role."""
        return (self.scope or "") if self.role == "buyer" else None

    def merchant_asked(self, merchant: str | None) -> str | None:
        """Returns the merchant to ask about: a merchant's own, whether it names itself or nobody. Raises `UnknownValue`
        for another one."""
        if self.merchant is None:
            return merchant
        if merchant not in (None, self.merchant):
            raise UnknownValue("merchant", FILTERS["merchant"].unknown(str(merchant)))
        return self.merchant

    def values_for(self, question: Question, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Returns the values to ask with: a merchant asks every list about itself.

        Raises `RoleMayNotRead`; and for another merchant what an unknown one raises.
        """
        if self.role in question.readers.any:
            return values
        if self.role not in question.readers.own:
            raise RoleMayNotRead.unless(self.role, "ask this", question.readers.any | question.readers.own)
        if self.merchant is None:
            return values
        found = next((each for each in question.parameters if each.name == "merchant"), None)
        if found is None or values[found.name] == self.merchant:
            return values
        if values[found.name] is None:
            return {**values, found.name: self.merchant}
        sentence = FILTERS["merchant"].unknown(values[found.name])
        raise NotKnown(sentence) if question.names_in_path(found) else UnknownValue(found.outside, sentence)

    def scope_in(self, question: Question) -> Scope | None:
        """Returns the merchant or the buyer that the reader asks about, None if it may ask about everything."""
        if self.role in question.readers.any:
            return None
        return Scope("merchant", self.merchant or "") if self.buyer is None else Scope("buyer", self.buyer)

    def sees(self, question: Question, found: Any) -> bool:
        """True if the reader may see this thing, which was found by its id."""
        if self.role in question.readers.any or question.is_list or "merchant" in {p.name for p in question.parameters}:
            return True
        if self.account_id and getattr(found, "account_id", None) == self.account_id:
            return True
        owner = getattr(found, "merchant", None) or getattr(found, "merchant_id", None)
        return owner is not None and owner == self.scope
