"""Policies: versioned contents with a key, each in force from an instant on."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict

from ledger.instants import STORED

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
    def usable(cls, content: str | dict[str, Any]) -> Self | None:
        """Returns the policy as `stored` does; None if this code cannot read it, for example of a newer version."""
        try:
            return cls.stored(content)
        except ValueError:
            return None
