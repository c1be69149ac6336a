"""Every refusal: a name, a code that never changes, one plain sentence, and the facts it rests on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from pydantic_core import to_jsonable_python

REFUSALS: dict[str, type[Refusal]] = {}  # by code, in the order they stand below, which is the catalogue's


class Refusal(Exception):
    """A command is refused: an outcome, not a fault. Subclasses declare their facts as annotations.

    The docstring is the sentence people read, with the facts in braces; `remedy` says what would make it valid.
    """

    code: ClassVar[str]
    remedy: ClassVar[str]
    fact_names: ClassVar[tuple[str, ...]]

    def __init_subclass__(cls, *, code: str, remedy: str) -> None:
        assert code not in REFUSALS, f"two refusals have the code {code}"
        cls.code, cls.remedy = code, remedy
        cls.fact_names = tuple(cls.__annotations__)
        REFUSALS[code] = cls

    def __init__(self, **facts: Any) -> None:
        assert set(facts) == set(self.fact_names), f"{self.code} rests on {self.fact_names}, not on {sorted(facts)}"
        super().__init__(facts)
        self.facts: dict[str, Any] = to_jsonable_python(facts, fallback=str)
        for name, value in facts.items():
            setattr(self, name, value)

    @property
    def sentence(self) -> str:
        """One plain sentence with the facts filled in."""
        return sentence_of(self.code, self.facts)

    def __str__(self) -> str:
        return f"{self.code}: {self.sentence}"


def sentence_of(code: str, facts: dict[str, Any]) -> str:
    """The sentence of a stored refusal, made again from its code and facts."""
    template = " ".join((REFUSALS[code].__doc__ or "").split())
    return template.format_map(facts)


class VersionConflict(
    Refusal, code="VERSION_CONFLICT", remedy="Send the command again: it is decided on what is true by then."
):
    """What this was decided on changed {attempts} times while it was being recorded."""

    attempts: int


class IdempotencyKeyReused(Refusal, code="IDEMPOTENCY_KEY_REUSED", remedy="Use a new id for a new command."):
    """The id {command_id} was already used for another command."""

    command_id: str


class InstantNotYours(
    Refusal, code="INSTANT_NOT_YOURS", remedy="Leave occurred_at out: the ledger's clock says when a decision is made."
):
    """The command {command} is a decision: only reports and importers bring the time it happened."""

    command: str


class PolicyNotEffective(
    Refusal, code="POLICY_NOT_EFFECTIVE", remedy="Publish the policy with an earlier effective date."
):
    """No version of the policy {policy} is in force at {at}."""

    policy: str
    at: datetime


class RateMissing(Refusal, code="RATE_MISSING", remedy="Record a rate for the pair on or before that day."):
    """No {kind} rate for {pair} is known on or before {day}."""

    pair: str
    kind: str
    day: date
