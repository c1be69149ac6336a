"""Evidence for each column of the engine's tables and of the views: the check that finds a wrong value."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.log.verification.evidence import Cover, Proof, recomputed
from projections.engine.projection import Projection

_ANEW = "a view without this row is folded again from the first event, so it cannot show a false row"
_REGISTERED = "the live generation is registered, with the tables of its version"
_FOLDED = "the view is folded again from the first event and compared"

CONTROL: dict[str, dict[str, Proof]] = {
    "views.projections": {
        "projection": Proof(Cover.NOT_EVIDENCE, _ANEW),
        "made": Proof(Cover.NOT_EVIDENCE, "it numbers the next generation"),
    }
    | recomputed(version=_REGISTERED, generation=_REGISTERED, fingerprint=_REGISTERED),
    "views.generations": recomputed(
        projection=_REGISTERED,
        generation=_REGISTERED,
        version=_REGISTERED,
        tables=_REGISTERED,
        fingerprint=_REGISTERED,
        role=_REGISTERED,
    )
    | {"made_at": Proof(Cover.NOT_EVIDENCE, "the time serves the estimate of a rebuild")},
    "views.checkpoints": recomputed(
        book="rows of a book need a checkpoint",
        projection="rows of a book need a checkpoint",
        generation="rows of a book need a checkpoint",
        position="events are folded up to it, and not beyond the head of the book",
        count="from the events up to the position",
        digest="from the leaf hashes of all events up to the position",
        status="the event behind the position can be applied, or it cannot",
        parked="from the events that park and unpark effects, up to the position",
        reason="what applying the event behind the position raises",
    ),
}


def view_evidence(projections: Iterable[Projection]) -> dict[str, dict[str, Proof]]:
    """Returns the evidence of every column of every view, by table."""
    return {
        f"views.{table.name}": recomputed(**dict.fromkeys(table.columns, _FOLDED))
        for projection in projections
        for table in projection.tables
    }
