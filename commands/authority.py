"""Checks of the actor: platform only, system only, and maker is not checker."""

from __future__ import annotations

from ledger.actors import Actor
from ledger.refusals.catalogue import MakerIsChecker, RoleNotAllowed

_PLATFORM = frozenset({"platform", "system", "importer"})


def platform_only(actor: Actor) -> None:
    """Raises `RoleNotAllowed` for merchants, buyers and partners."""
    if actor.kind not in _PLATFORM:
        raise RoleNotAllowed(role=actor.role or actor.kind, needed="platform")


def system_only(actor: Actor) -> None:
    """Raises `RoleNotAllowed` for people: it follows from what two of them said."""
    if actor.kind != "system":
        raise RoleNotAllowed(role=actor.role or actor.kind, needed="system")


def is_platform(actor: Actor) -> bool:
    return actor.kind in _PLATFORM


def another_actor(maker: Actor, checker: Actor) -> None:
    """Raises `MakerIsChecker`. An importer that proposed replays what two people had done elsewhere."""
    if maker.id == checker.id and not (maker.is_importer and checker.is_importer):
        raise MakerIsChecker(maker=maker.id)
