"""A command: a request with an id, an actor and an instant, decided by a pure function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, model_validator

from commands.authority import Authority
from commands.limits import ONE_AMOUNT, Limits
from commands.rules import Rules
from ledger.actors import Actor, Source
from ledger.canonical import canonical, digest
from ledger.deadlines import Timing, timing_of
from ledger.events.event import Event
from ledger.ids import Id, merchant_of
from ledger.instants import Instant
from ledger.streams.stream import Stream

CommandId = Id


class Command(BaseModel):
    """A request that may be refused. Its own fields are the `data` of the JSON form; the rest is the envelope.

    `id` is the idempotency key, scoped to the actor and the merchant. `occurred_at` is brought by reports and importers
    only; for everybody else the bus sets it to its own clock (design §2, Time).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    name: ClassVar[str] = ""
    reports_a_fact: ClassVar[bool] = False
    limits: ClassVar[Limits] = ONE_AMOUNT

    id: CommandId
    actor: Actor
    source: Source | None = None
    occurred_at: Instant | None = None
    correlation_id: Id | None = None
    causation_id: Id | None = None

    @model_validator(mode="after")
    def _keeps_to_the_limits(self) -> Self:
        self.limits.check(self, "")
        return self

    decided_at: ClassVar[datetime]  # of an instance, once the bus has stamped it
    received_at: ClassVar[datetime]  # likewise: the ledger's own clock, also where an importer replays the past

    def __init_subclass__(cls, *, name: str = "", **config: Any) -> None:
        super().__init_subclass__(**config)

    @classmethod
    def __pydantic_init_subclass__(cls, *, name: str = "", **_: Any) -> None:
        cls.name = name

    @property
    def stream(self) -> str:
        """The stream this command writes; one, and in one book."""
        raise NotImplementedError

    @property
    def reads(self) -> tuple[str, ...]:
        """Further streams and guards of the same book that the decision rests on."""
        return ()

    @property
    def buyer(self) -> str | None:
        """The buyer whom the command names, where it opens what it is about."""
        return None

    @property
    def access_account(self) -> str | None:
        """The access account that the command names, where it opens what it is about."""
        return None

    def reads_of(self, stream: Stream) -> tuple[str, ...]:  # noqa: ARG002 - overridden
        """The same, as far as only the command's own stream says what the decision rests on."""
        return ()

    def stamped(self, now: datetime) -> Self:
        """The same command, to be decided at `now`; at the instant it brings, where an importer replays the past.

        `decided_at` is no field, so that nobody can bring it; every rule reads it, so that it is a plain attribute.
        """
        at = self.occurred_at if self.occurred_at and self.actor.is_importer else now
        return self.model_copy(update={"decided_at": at, "received_at": now})

    @property
    def brings_an_instant_it_may_not(self) -> bool:
        return self.occurred_at is not None and not self.reports_a_fact and not self.actor.is_importer

    @property
    def happened_at(self) -> datetime:
        """When it happened in the world: what a report says, else when it was decided."""
        return self.occurred_at or self.decided_at

    @property
    def timing(self) -> Timing:
        """The verdict on the instant it brings, by the ledger's own clock."""
        return timing_of(self.occurred_at, self.received_at) if self.occurred_at else "plain"

    def fingerprint(self) -> str:
        """SHA-256 of what is asked: the name and the data without personal values, not who asks nor when."""
        data = self.__pydantic_serializer__.to_python(self, mode="json", exclude=_envelope(type(self)))
        return digest(f"{self.name}\n{canonical(data)}")


class Report(Command):
    """A fact from outside: it happened, so it is recorded whatever is remembered; contradictions open breaks."""

    reports_a_fact: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Handler:
    """A line of the menu: a command, the pure function that decides it, and who may submit it."""

    command: type[Command]
    decide: Callable[[Any, Any, Rules], Iterator[Event]]
    authority: Authority

    def decide_if_allowed(self, command: Command, stream: Stream, rules: Rules) -> Iterator[Event]:
        """Returns the decision's events. Raises `RoleNotAllowed` or `ScopeNotAllowed` before the decision looks at
        anything."""
        self.authority.expect(
            command.actor,
            merchant=merchant_of(stream.name),
            buyer=stream.buyer or command.buyer,
            account=stream.access_account or command.access_account,
        )
        return self.decide(command, stream, rules)


_ENVELOPE = {"id", "actor", "source", "occurred_at", "correlation_id", "causation_id"}


@cache
def _envelope(kind: type[Command]) -> set[str]:
    personal = {f for f, info in kind.model_fields.items() if "Sealed[" in str(info.annotation)}
    return _ENVELOPE | personal
