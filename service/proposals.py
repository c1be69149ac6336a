"""Finds the stream of a proposal in the log itself, so that a view that stopped keeps nobody from deciding."""

from __future__ import annotations

from ledger.events.proposal import ProposalMade
from ledger.ledger import Ledger
from ledger.log.engine import cursor_of
from service.failures import ServiceFailure

# The payload is canonical JSON and an id holds nothing that JSON escapes: nothing need be parsed.
_FIND = "SELECT DISTINCT stream FROM log.events WHERE type = %(type)s AND strpos(payload, %(id)s) > 0 ORDER BY stream"


def stream_of(ledger: Ledger, proposal_id: str) -> str:
    """The stream that a proposal stands in. Raises `ServiceFailure` where there is none, or more than one."""
    with cursor_of(ledger.engine) as cursor:
        cursor.execute(_FIND, {"type": ProposalMade.name, "id": f'"proposal_id":"{proposal_id}"'})
        streams = [stream for (stream,) in cursor.fetchall()]
    if not streams:
        raise ServiceFailure(f"No proposal {proposal_id!r} was made. `redledger proposals` lists what waits.")
    if len(streams) > 1:
        raise ServiceFailure(f"Several proposals are called {proposal_id!r}: --stream chooses of {', '.join(streams)}.")
    (stream,) = streams
    return str(stream)
