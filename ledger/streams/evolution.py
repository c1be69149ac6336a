"""The fold that everything remembered has in common: `evolve`, one registered method an event, found quickly."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, singledispatchmethod
from typing import Any, ClassVar


class Evolving:
    """Something that changes by events. Subclasses declare `evolve`, a singledispatchmethod with a method an event.

    `remember` calls the same methods as `evolve` does, without the work of the descriptor and of looking the method up
    on every call: streams are folded far more often than anything else is done.
    """

    _method_for: ClassVar[Callable[[type], Callable[[Any, Any], None]]]

    def __init_subclass__(cls, **about: Any) -> None:
        super().__init_subclass__(**about)
        evolve = cls.__dict__.get("evolve")
        if isinstance(evolve, singledispatchmethod):
            cls._method_for = staticmethod(cache(evolve.dispatcher.dispatch))

    def remember(self, event: Any) -> None:
        """Change what is remembered by one event."""
        type(self)._method_for(type(event))(self, event)
