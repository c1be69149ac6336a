"""The base class of refusals: a stable code, one plain sentence, the facts it rests on, and a remedy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic_core import to_jsonable_python

REFUSALS: dict[str, type[Refusal]] = {}  # by code, as their modules are imported; the catalogue has them in order

_FACT = re.compile(r"\{(\w+)\}")
_PART = re.compile(r"\[([^\[\]]*)\]")


class Refusal(Exception):
    """A command is refused: an outcome, not a fault. Subclasses declare their facts as annotations.

    The docstring is the sentence that people read, with the facts in braces; `remedy` says what to do next. A part in
    brackets is left out if a fact in it is unknown. `remedies` maps a value of the fact `state` or `status` to another
    remedy. A fact with a default in the class is optional.
    """

    code: ClassVar[str]
    remedy: ClassVar[str]
    remedies: ClassVar[Mapping[str, str]]
    fact_names: ClassVar[tuple[str, ...]]

    def __init_subclass__(cls, *, code: str, remedy: str, remedies: Mapping[str, str] | None = None) -> None:
        assert code not in REFUSALS, f"two refusals have the code {code}"
        cls.code, cls.remedy, cls.remedies = code, remedy, remedies or {}
        cls.fact_names = tuple(cls.__annotations__)
        REFUSALS[code] = cls

    def __init__(self, **facts: Any) -> None:
        facts = {name: facts.pop(name, getattr(type(self), name, ...)) for name in self.fact_names} | facts
        assert set(facts) == set(self.fact_names), f"{self.code} rests on {self.fact_names}, not on {sorted(facts)}"
        assert ... not in facts.values(), f"{self.code} rests on {self.fact_names}: {facts}"
        super().__init__(facts)
        self.facts: dict[str, Any] = to_jsonable_python(facts, fallback=str)
        for name, value in facts.items():
            setattr(self, name, value)

    @property
    def sentence(self) -> str:
        """The sentence with the facts filled in."""
        return sentence_of(self.code, self.facts)

    @property
    def next_step(self) -> str:
        """The remedy with the facts filled in."""
        return remedy_of(self.code, self.facts)

    def __str__(self) -> str:
        return f"{self.code}: {self.sentence}"


def sentence_of(code: str, facts: Mapping[str, Any]) -> str:
    """Returns the sentence of a stored refusal, made from its code and facts."""
    return _said(" ".join((REFUSALS[code].__doc__ or "").split()), facts)


def remedy_of(code: str, facts: Mapping[str, Any]) -> str:
    """Returns the remedy of a stored refusal, made from its code and facts."""
    kind = REFUSALS[code]
    state = str(facts.get("state") or facts.get("status"))
    return _said(kind.remedies.get(state, kind.remedy), facts)


def _said(template: str, facts: Mapping[str, Any]) -> str:
    def part(match: re.Match[str]) -> str:
        return match[1] if all(facts.get(name) for name in _FACT.findall(match[1])) else ""

    return _FACT.sub(lambda match: _shown(facts.get(match[1])), _PART.sub(part, template))


def _shown(value: Any) -> str:
    if not isinstance(value, list | tuple):
        return "unknown" if value is None else str(value)
    *others, last = map(str, value or ["none"])
    return f"{', '.join(others)} and {last}" if others else last
