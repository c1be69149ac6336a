"""The base class of events, and the registry that finds an event by its stored name and version."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, ClassVar, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from ledger.canonical import canonical
from ledger.deadlines import Timing, counts_from, is_plain
from ledger.sealed import KeyStore, Sealed
from ledger.validation_messages import complaints

EVENTS: dict[tuple[str, int], type[Event]] = {}  # by name and version; each event class adds itself
_LONGEST_REASON = 200
UPCASTS: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}  # payload → payload of the next version


class Undecodable(ValueError):
    """A stored payload that this code cannot read. `decode` raises no other error."""


class UnknownEvent(Undecodable):
    """A stored name and version that this code does not know."""


def is_absent(value: object) -> bool:
    """True for None: the field is then left out of the payload."""
    return value is None


def _is_empty(found: dict[str, str]) -> bool:
    return not found


class Event(BaseModel):
    """A fact in the past tense, complete and never edited. A new shape is a new version with an upcast.

    Declared as `class OrderPlaced(Event, name="order.placed", version=1)`. The name outlives the class.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_timedelta="iso8601", arbitrary_types_allowed=True)

    name: ClassVar[str]
    schema_version: ClassVar[int]
    sealed_fields: ClassVar[tuple[str, ...]] = ()

    # How far ahead the reported instant lay when it was recorded. `plain` (it had come) is left out of the payload.
    timing: Timing = Field(default="plain", exclude_if=is_plain)
    # Shortened key → full reference, for partners' references that are too long for a key (`ledger.references`).
    in_full: dict[str, str] = Field(default={}, exclude_if=_is_empty)

    def __init_subclass__(cls, *, name: str = "", version: int = 1, **config: Any) -> None:
        super().__init_subclass__(**config)

    @classmethod
    def __pydantic_init_subclass__(cls, *, name: str = "", version: int = 1, **_: Any) -> None:
        if not name:
            return  # an abstract class with fields that several events share
        assert (name, version) not in EVENTS, f"two events are called {name} v{version}"
        cls.name, cls.schema_version = name, version
        cls.sealed_fields = tuple(f for f, info in cls.model_fields.items() if "Sealed[" in str(info.annotation))
        EVENTS[name, version] = cls

    @property
    def posts_on(self) -> date | None:
        """The accounting day of the entry, if it is not the day of the event (accruals, revaluations); else None."""
        return None

    def payload(self) -> str:
        """Returns the canonical JSON text that is stored and hashed. Personal values must be sealed before."""
        return canonical(self.__pydantic_serializer__.to_python(self, mode="json"))

    def counts_from(self, at: datetime) -> datetime:
        """Returns the instant from which deadlines run, for a reported instant; `NEVER` if it lies too far ahead."""
        return counts_from(at, self.timing)

    def sealed_for(self, stream: str, subject: str, keys: KeyStore) -> Event:
        """Returns the event with every personal value encrypted under `subject`'s key, bound to `stream` and field."""
        if not self.sealed_fields:
            return self
        closed = {
            field: value.close(subject=subject, place=seal_place(stream, self.name, field), keys=keys)
            for field in self.sealed_fields
            if isinstance(value := getattr(self, field), Sealed)
        }
        return self.model_copy(update=closed)


def seal_place(stream: str, name: str, field: str) -> str:
    """Returns the associated data that a sealed value is authenticated with: stream, event name and field."""
    return f"{stream}#{name}.{field}"


def decode(name: str, version: int, payload: str | bytes) -> Event:
    """Returns the event of a stored payload, lifted to the newest version. Raises `Undecodable`."""
    kind = EVENTS.get((name, version))
    if kind is None:
        raise UnknownEvent(f"no event is called {name} v{version}")
    try:
        if (name, version) not in UPCASTS:
            return cast(Event, kind.__pydantic_validator__.validate_json(payload))
        return _lifted(name, version, payload)
    except Exception as error:  # an upcast may raise anything on a payload that it does not expect
        raise Undecodable(f"{name} v{version}: {_why(error)}") from error


def _lifted(name: str, version: int, payload: str | bytes) -> Event:
    data = from_json(payload)
    while (upcast := UPCASTS.get((name, version))) is not None:
        data, version = upcast(data), version + 1
    return EVENTS[name, version].model_validate(data)


def _why(error: Exception) -> str:
    """Returns the cause without the values, which may be personal."""
    if not isinstance(error, ValidationError):
        return f"{type(error).__name__}: {error}"[:_LONGEST_REASON]
    return "; ".join(complaints(error))[:_LONGEST_REASON]


def readable(name: str, version: int, payload: str | bytes) -> Event | None:
    """Returns the event of a stored payload, or None if it cannot be decoded."""
    try:
        return decode(name, version, payload)
    except Undecodable:
        return None
