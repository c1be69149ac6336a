"""The base class of folds: `evolve` has one registered method for each event type, found quickly."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, singledispatchmethod
from typing import Any, ClassVar


class Evolving:
    """An object that changes by events. Subclasses declare `evolve`, a singledispatchmethod with one method per event.

    `remember` calls the same methods as `evolve`, but caches the method for each event type and avoids the descriptor:
    folding streams is the most frequent operation.
    """

    _method_for: ClassVar[Callable[[type], Callable[[Any, Any], None]]]

    def __init_subclass__(cls, **about: Any) -> None:
        super().__init_subclass__(**about)
        evolve = cls.__dict__.get("evolve")
        if isinstance(evolve, singledispatchmethod):
            cls._method_for = staticmethod(cache(evolve.dispatcher.dispatch))

    def remember(self, event: Any) -> None:
        """Applies one event to the state."""
        type(self)._method_for(type(event))(self, event)
