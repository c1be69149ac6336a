"""Reports of scans: to the parcel of the tracking number, or an unmatched item."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any, get_args

from pydantic import ValidationError

from commands.command import Command
from commands.limits import kept_text
from commands.parcels.parcel_reports import ParcelReport
from commands.parcels.report_loss import ReportLoss
from commands.parcels.report_signature import ReportSignature
from commands.parcels.report_tracking import ReportTracking
from commands.unmatched.report_unmatched_fact import ReportUnmatchedFact
from ledger.actors import Source
from ledger.canonical import canonical, digest
from ledger.events.milestones import TrackedMilestone
from ledger.events.parcels import EvidenceKind
from ledger.events.platform import UnmatchedFactReported
from ledger.references import number_key
from projections.tracking.tracking_numbers import SCAN, NumberedParcel
from service.partner_facts.parcels import Doubt, ParcelScanned
from service.partner_reports.kept_bodies import partner_actor
from service.partner_reports.references import References

# Returns the parcels of all merchants under a number: `projections.tracking.tracking_numbers.parcels_numbered`.
Lookup = Callable[[str], Sequence[NumberedParcel]]
_REACHED = {*get_args(TrackedMilestone), "signed_for", "lost"}
_EVIDENCE = get_args(EvidenceKind)


def to_parcel(scan: ParcelScanned, known: References) -> Iterator[Command]:
    """Yields the report to the parcel of the tracking number, else an unmatched item. Its id is derived from the
    scan's content, so that a repeated scan changes nothing.
    """
    key = _digest(scan)
    envelope, parcel = _envelope(scan, key), _one_of(known.parcels(number_key(scan.tracking_no)), scan.carrier)
    yield _unmatched(scan, key, envelope) if parcel is None else _report(scan, parcel, envelope)


def reported_again(
    fact: UnmatchedFactReported, text_of: Callable[[UnmatchedFactReported], str], lookup: Lookup
) -> ParcelReport | None:
    """Returns the report of an unmatched scan whose number is now known; None if it is not known.

    A fact that other systems noted without a scan's fields also returns None; people match it. `text_of` opens the
    sealed text. It is called only for a scan that is reported, so that the report records each opening.
    """
    scan = _scan_of(fact)
    parcel = _one_of(lookup(number_key(scan.tracking_no)), scan.carrier) if scan else None
    if scan is None or parcel is None:
        return None
    scan = replace(scan, text=text_of(fact))
    try:
        return _report(scan, parcel, _envelope(scan, _digest(scan)) | {"occurred_at": fact.happened_at})
    except ValidationError:
        return None


def contenders(fact: UnmatchedFactReported, lookup: Lookup) -> Sequence[NumberedParcel]:
    """Returns the parcels of several orders that an unmatched scan fits; an empty sequence if the number identifies
    one.
    """
    number = fact.refs.get("tracking_no", "")
    if fact.kind != SCAN:
        return ()
    parcels = lookup(number_key(number))
    is_shared = len({(parcel.merchant, parcel.order_id) for parcel in parcels}) > 1
    return parcels if is_shared and _one_of(parcels, fact.refs.get("carrier", "")) is None else ()


def _scan_of(fact: UnmatchedFactReported) -> ParcelScanned | None:
    """Returns the scan without its text; None if the fact is no scan."""
    reported = {name: str(fact.body.get(name) or "") for name in ("milestone", "raw_code", "location", "doubt")}
    evidence = str(fact.body.get("evidence_kind") or "unspecified")
    if reported["milestone"] not in _REACHED or reported["doubt"] not in get_args(Doubt) or evidence not in _EVIDENCE:
        return None
    return ParcelScanned(
        provider=fact.system,
        carrier=fact.refs.get("carrier", ""),
        tracking_no=fact.refs["tracking_no"],
        happened_at=None if reported["doubt"] == "time_unknown" else fact.happened_at,
        evidence_kind=evidence,  # type: ignore[arg-type]
        **reported,  # type: ignore[arg-type]
    )


def _envelope(scan: ParcelScanned, key: str) -> dict[str, Any]:
    return {
        "id": f"{scan.provider}.{key[:40]}",
        "actor": partner_actor(scan.provider),
        "source": Source(system=scan.provider, external_id=kept_text(scan.event_id)),
        "occurred_at": scan.happened_at,
    }


def _report(scan: ParcelScanned, parcel: NumberedParcel, envelope: dict[str, Any]) -> ParcelReport:
    reported = envelope | {
        "merchant_id": parcel.merchant,
        "order_id": parcel.order_id,
        "parcel_id": parcel.parcel_id,
        "location": kept_text(scan.location)[:500],
        "raw_code": kept_text(scan.raw_code)[:500],
        "reason": scan.doubt,
        "carrier": kept_text(scan.carrier)[:500],
    }
    match scan.milestone:
        case "signed_for":
            return ReportSignature(**reported, evidence_kind=scan.evidence_kind)
        case "lost":
            return ReportLoss(**reported)
        case "noted":
            return ReportTracking(**reported, milestone="noted", text=kept_text(scan.text) or None)
    return ReportTracking(**reported, milestone=scan.milestone)


def _unmatched(scan: ParcelScanned, key: str, envelope: dict[str, Any]) -> Command:
    body: dict[str, Any] = {"milestone": scan.milestone, "doubt": scan.doubt}
    body |= {"raw_code": kept_text(scan.raw_code), "location": kept_text(scan.location)}
    return ReportUnmatchedFact(
        **envelope,
        system=scan.provider,
        reference=key[:32],
        kind=SCAN,
        refs={"tracking_no": kept_text(scan.tracking_no), "carrier": kept_text(scan.carrier)},
        body=body | {"evidence_kind": scan.evidence_kind},
        details={"text": kept_text(scan.text)} if scan.text else None,
    )


def _one_of(parcels: Sequence[NumberedParcel], carrier: str) -> NumberedParcel | None:
    """Returns the parcel of a number. If several have it, returns the one of this carrier, or None if that does not
    decide.
    """
    places = {(parcel.merchant, parcel.order_id, parcel.parcel_id): parcel for parcel in parcels}
    if len(places) > 1:
        places = {key: p for key, p in places.items() if p.carrier and _plain(p.carrier) == _plain(carrier)}
    return next(iter(places.values())) if len(places) == 1 else None


def _plain(carrier: str) -> str:
    return "".join(letter for letter in carrier.casefold() if letter.isalnum())


def _digest(scan: ParcelScanned) -> str:
    """Returns a digest of the scan's content, without the id of its message."""
    said = asdict(scan) | {"event_id": "", "happened_at": scan.happened_at.isoformat() if scan.happened_at else ""}
    return digest(canonical(said))
