"""Who asked or reported, and which system a fact came from."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from ledger.ids import Id

ActorKind = Literal["system", "platform", "merchant", "buyer", "partner", "importer"]


class Actor(BaseModel):
    """Who asked or reported. `role` is what the person acts as: merchant, platform_cs, finance, admin …"""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ActorKind
    id: Id
    role: str = ""

    @property
    def is_importer(self) -> bool:
        """Importers bring the times of the decisions they replay (design §2, Time)."""
        return self.kind == "importer"


class Source(BaseModel):
    """The system a fact came from and its own name for it: a webhook id, a file and line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: Id
    external_id: str = ""
