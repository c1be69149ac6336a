"""The two times of every money question over HTTP."""

from __future__ import annotations

from datetime import date, datetime

from projections.balances import Moment
from service.app import App
from service.http.errors import BadParameter
from service.http.parameters import Wait


def moment_of(app: App, as_of: date | None, as_known_at: datetime | None, wait: Wait) -> Moment:
    """Raises `BadParameter` for an instant that has not come yet."""
    if as_known_at is not None and as_known_at > app.clock():
        raise BadParameter("as_known_at", "What will be known then is not known yet.")
    return Moment(as_of=as_of, as_known_at=as_known_at, at_least=wait.vector, timeout_s=wait.timeout_s)
