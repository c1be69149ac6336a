"""What a refusal is: a code that never changes, one plain sentence, and the facts it rests on."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic_core import to_jsonable_python

REFUSALS: dict[str, type[Refusal]] = {}  # by code, in the order of the catalogue, `ledger.refusals`


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
