"""The actor of a command, and the source of a fact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ledger.ids import Id

ActorKind = Literal["system", "platform", "merchant", "buyer", "partner", "importer"]


class Actor(BaseModel):
    """The person or system that submits a command.

    A person of the platform submits in one `role`: admin, finance, support or auditor; platform_cs is another name of
    support. Every other actor is judged by its `kind`, and its `role` is a note. `scope` is the merchant for whom a
    merchant's actor submits, and the `buyer_ref` for whom a buyer's does; without it, it is the actor's id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ActorKind
    id: Id
    role: str = ""
    scope: Id | None = Field(default=None, exclude_if=lambda scope: scope is None)

    @property
    def acts_for(self) -> str:
        """The merchant or the buyer for whom the actor submits, if it is of that kind."""
        return self.scope or self.id

    @property
    def is_importer(self) -> bool:
        """True if the actor replays past decisions with their own times (design §2, Time)."""
        return self.kind == "importer"


def fields_of_actor(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Returns every field of a stored actor. An actor without a scope is stored without the field."""
    return {"scope": None, **stored}


class Source(BaseModel):
    """The system that a fact comes from, and that system's id for it: a webhook id, or a file and line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: Id
    external_id: str = ""
