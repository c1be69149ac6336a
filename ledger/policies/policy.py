"""Policies: versioned contents with a key, each in force from an instant on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from ledger.instants import STORED

T = TypeVar("T")
POLICIES: dict[str, type[Policy]] = {}  # by key


class Policy(BaseModel):
    """The content of one kind of policy. Declared as `class Release(Policy, key="release")`."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_timedelta="iso8601")

    key: ClassVar[str]

    def __init_subclass__(cls, *, key: str, **config: Any) -> None:
        super().__init_subclass__(**config)

    @classmethod
    def __pydantic_init_subclass__(cls, *, key: str = "", **_: Any) -> None:
        assert key not in POLICIES, f"two policies have the key {key}"
        cls.key = key
        POLICIES[key] = cls

    @classmethod
    def stored(cls, content: str | dict[str, Any]) -> Self:
        """Returns the policy of a published content. A duration above the limit is read as the limit. Raises
        ValueError.
        """
        if isinstance(content, str):
            return cls.model_validate_json(content, context=STORED)
        return cls.model_validate(content, context=STORED)

    @classmethod
    def in_turn(cls, contents: Iterable[tuple[T, str | dict[str, Any]]]) -> list[tuple[T, Self]]:
        """Returns the contents that this code can read, each with its key, in this order. Contents beyond today's
        limits come last, so that they count only where no other does.
        """
        readable = [(key, content, policy) for key, content in contents if (policy := cls.usable(content))]
        of_today = [cls._is_of_today(content) for _, content, _ in readable]
        return [
            (key, policy)
            for wanted in (True, False)
            for (key, _, policy), is_of_today in zip(readable, of_today, strict=True)
            if is_of_today is wanted
        ]

    @classmethod
    def _is_of_today(cls, content: str | dict[str, Any]) -> bool:
        try:
            cls.model_validate_json(content) if isinstance(content, str) else cls.model_validate(content)
        except ValueError:
            return False
        return True

    @classmethod
    def usable(cls, content: str | dict[str, Any]) -> Self | None:
        """Returns the policy as `stored` does; None if this code cannot read it, for example of a newer version."""
        try:
            return cls.stored(content)
        except ValueError:
            return None
