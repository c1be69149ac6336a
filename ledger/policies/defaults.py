"""The policies of a new ledger, from `defaults.json`. Each says whether it is an assumption, and why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pydantic_core import from_json

from ledger.policies.kinds import read_content
from ledger.policies.policy import Policy


@dataclass(frozen=True, slots=True)
class Default:
    """One policy of `defaults.json`. `assumption` is true if the programme's text does not settle it."""

    policy: Policy
    assumption: bool
    note: str

    @property
    def key(self) -> str:
        return self.policy.key


@cache
def default_policies() -> tuple[Default, ...]:
    """Returns all defaults of domain §5, one of each kind, validated."""
    entries = from_json(files("ledger.policies").joinpath("defaults.json").read_bytes())
    return tuple(
        Default(policy=read_content(entry["key"], entry["content"]), assumption=entry["assumption"], note=entry["note"])
        for entry in entries
    )
