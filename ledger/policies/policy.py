"""What a policy is: a keyed, versioned content that holds from an instant on."""

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
        """The policy of a content that was published: a duration beyond all bounds is read as the longest there is."""
        if isinstance(content, str):
            return cls.model_validate_json(content, context=STORED)
        return cls.model_validate(content, context=STORED)

    @classmethod
    def usable(cls, content: str | dict[str, Any]) -> Self | None:
        """The same; None for one that this code cannot use, as of a newer version: the version before it governs."""
        try:
            return cls.stored(content)
        except ValueError:
            return None
