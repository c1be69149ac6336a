"""The policies a new ledger starts with, shipped as data: each says whether it is our assumption, and why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pydantic_core import from_json

from ledger.policies.kinds import read_content
from ledger.policies.policy import Policy


@dataclass(frozen=True, slots=True)
class Default:
    """One policy of `defaults.json`. `assumption`: the programme's own words do not settle it."""

    policy: Policy
    assumption: bool
    note: str

    @property
    def key(self) -> str:
        return self.policy.key


@cache
def default_policies() -> tuple[Default, ...]:
    """All defaults of domain §5, one a kind, checked as they are read."""
    entries = from_json(files("ledger.policies").joinpath("defaults.json").read_bytes())
    return tuple(
        Default(policy=read_content(entry["key"], entry["content"]), assumption=entry["assumption"], note=entry["note"])
        for entry in entries
    )
