"""The table's vocabulary of who may submit a command: roles, scopes and two people, and the one check of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

from ledger.actors import Actor
from ledger.refusals.catalogue import MakerIsChecker, RoleNotAllowed, ScopeNotAllowed

Role = Literal[
    "admin", "finance", "support", "auditor", "platform", "service", "merchant", "buyer", "system", "importer"
]
ROLES: tuple[Role, ...] = get_args(Role)
OTHER_NAMES: dict[str, Role] = {
    "": "platform",
    "platform_cs": "support",
    "platform_ops": "admin",
    "operations": "admin",
}


@dataclass(frozen=True, slots=True)
class Authority:
    """The roles that may submit a command, by scope.

    A role in `any` may submit it about every merchant and order, a role in `own` only about its own merchant or orders.
    A command with `two_people` is proposed by one person and approved by another; both need one of the roles.
    """

    any: frozenset[Role]
    own: frozenset[Role] = frozenset()
    two_people: bool = False

    def expect(self, actor: Actor, *, merchant: str | None, buyer: str | None, account: str | None = None) -> None:
        """Raises `RoleNotAllowed` if the actor has none of the roles, and `ScopeNotAllowed` if its role may submit the
        command about its own only, and this `merchant`, `buyer` or access `account` is another.

        The refusal is the same if the other's order exists and if it does not.
        """
        role = role_of(actor)
        if role in self.any:
            return
        if role not in self.own:
            raise RoleNotAllowed(role=role, needed=in_words(self.any | self.own))
        own, found = actor.acts_for, {"merchant": merchant, "buyer": buyer}.get(role)
        if account is not None:
            own, found = actor.id, account
        if found != own:
            raise ScopeNotAllowed(role=role, scope=own)

    def expect_second(self, proposer: Actor, approver: Actor) -> None:
        """Raises `MakerIsChecker` if the command takes two people and this is one."""
        if self.two_people:
            another_actor(proposer, approver)


def role_of(actor: Actor) -> str:
    """Returns the role by which the actor is judged.

    A person of the platform has the role that the actor names, and is `platform` if it names none. A partner has
    `service`. Every other kind of actor is its own role.
    """
    if actor.kind == "platform":
        role = OTHER_NAMES.get(actor.role, actor.role)
        return role if role in PEOPLE.any or role == "auditor" else f"{role[:64]} (unknown)"
    return "service" if actor.kind == "partner" else actor.kind


@lru_cache
def in_words(roles: Iterable[Role]) -> str:
    """Returns `admin, finance or support`: the roles in the order of `ROLES`."""
    *first, last = (role for role in ROLES if role in roles)
    return f"{', '.join(first)} or {last}" if first else last


def another_actor(maker: Actor, checker: Actor) -> None:
    """Raises `MakerIsChecker`. An importer that proposed replays what two people had done elsewhere."""
    if maker.id == checker.id and not (maker.is_importer and checker.is_importer):
        raise MakerIsChecker(maker=maker.id)


_STAFF: frozenset[Role] = frozenset({"admin", "finance", "support", "platform"})
_PLATFORM: frozenset[Role] = _STAFF | {"system", "importer"}
_PLATFORM_AND_SERVICE: frozenset[Role] = _PLATFORM | {"service"}
_MERCHANT: frozenset[Role] = frozenset({"merchant"})
_BUYER: frozenset[Role] = frozenset({"buyer"})

SYSTEM = Authority(any=frozenset({"system"}))
IMPORTER = Authority(any=frozenset({"importer"}))
PEOPLE = Authority(any=_STAFF)
PLATFORM = Authority(any=_PLATFORM)
TWO_PEOPLE = Authority(any=_PLATFORM, two_people=True)
MERCHANT = Authority(any=_PLATFORM, own=_MERCHANT)
BUYER = Authority(any=_PLATFORM_AND_SERVICE, own=_BUYER)
BUYER_OR_MERCHANT = Authority(any=_PLATFORM_AND_SERVICE, own=_BUYER | _MERCHANT)
REVIEWERS = Authority(any=frozenset({"support", "importer"}), own=_MERCHANT)
REPORTS = Authority(any=_PLATFORM_AND_SERVICE)
SHIPPERS = Authority(any=_PLATFORM_AND_SERVICE, own=_MERCHANT)
ADMINS = Authority(any=frozenset({"admin", "system"}))
_SUBSCRIBERS: frozenset[Role] = frozenset({"finance", "support", "auditor", "service", "merchant"})
SUBSCRIPTION_OWNERS = Authority(any=ADMINS.any, own=_SUBSCRIBERS)
TOKEN_OWNERS = Authority(
    any=ADMINS.any, own=frozenset({"finance", "support", "auditor", "service", "merchant", "buyer"})
)
