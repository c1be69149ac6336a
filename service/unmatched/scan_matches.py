"""Matches unmatched scans: reports a scan to its parcel once a parcel has its tracking number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from commands.bus.bus import Bus
from commands.bus.outcome import Outcome, first_fault
from commands.parcels.flag_shared_number import FlagSharedNumber
from commands.parcels.parcel_reports import ParcelReport
from commands.unmatched.mark_fact_matched import MarkFactMatched
from ledger.events.event import seal_place
from ledger.events.platform import UnmatchedFactReported
from ledger.ids import PLATFORM_BOOK, command_id, order_stream, unmatched_stream
from ledger.ledger import Ledger
from projections.engine.views import FROM_THE_FIRST, Vector, Views
from projections.tracking.tracking_numbers import NumberedParcel, parcels_numbered, scans_to_match
from service.partner_reports.provider_reports import MATCHER
from service.partner_reports.scans import Lookup, contenders, reported_again

_PAGE = 500


class ScanFailed(Exception):
    """A scan of these streams could not be reported. Try each stream alone."""


class ScanMatcher:
    """May be interrupted and run again: the report has the id that the scan itself would have had. A scan that fits
    several orders stays unmatched, and each of them gets a break.
    """

    def __init__(self, ledger: Ledger, bus: Bus, views: Views) -> None:
        self._ledger, self._bus, self._views = ledger, bus, views
        self._flagged: set[tuple[str, str]] = set()  # streams and ids of flags that were submitted

    def pages(self, since: Vector = FROM_THE_FIRST, again: Sequence[str] = ()) -> Iterator[Sequence[str]]:
        """Yields pages of streams of scans whose parcel may be known now: new ones and new numbers after these
        positions, and the scans in `again`."""
        after = ""
        while streams := scans_to_match(self._views, since=since, again=again, after=after, limit=_PAGE):
            yield streams
            after = streams[-1]

    def report_to(self, facts: Iterable[UnmatchedFactReported], merchant_id: str, order_id: str) -> list[Outcome]:
        """Reports each scan to the order's parcel with its tracking number. Facts that fit none are skipped."""

        def of_the_order(number: str) -> tuple[NumberedParcel, ...]:
            found = parcels_numbered(self._views, number)
            return tuple(each for each in found if (each.merchant, each.order_id) == (merchant_id, order_id))

        reports = (reported_again(fact, self._text_of, of_the_order) for fact in facts)
        return self._bus.submit([report for report in reports if report])

    def match(self, streams: Sequence[str]) -> int:
        """Reports the scans of these streams whose parcel is known. Returns the number of matched scans. Raises
        `ScanFailed`.
        """
        lookup = partial(parcels_numbered, self._views)
        facts = list(self._facts(streams))
        self._flag([flag for fact in facts for flag in _flags(fact, lookup)])
        found = [(fact, report) for fact in facts if (report := reported_again(fact, self._text_of, lookup))]
        outcomes = self._bus.submit([report for _, report in found])
        if fault := first_fault(outcomes):
            raise ScanFailed(fault.sentence)
        marks = [
            _mark(fact, report) for (fact, report), outcome in zip(found, outcomes, strict=True) if outcome.is_accepted
        ]
        return sum(outcome.status == "recorded" for outcome in self._bus.submit(marks))

    def _flag(self, flags: Sequence[FlagSharedNumber]) -> None:
        fresh = {key: flag for flag in flags if (key := (flag.stream, flag.id)) not in self._flagged}
        if fault := first_fault(self._bus.submit(list(fresh.values()))):
            raise ScanFailed(fault.sentence)
        self._flagged.update(fresh)

    def _facts(self, streams: Sequence[str]) -> Iterator[UnmatchedFactReported]:
        for rows in self._ledger.reader.load(PLATFORM_BOOK, streams).values():
            yield from (event for row in rows if isinstance(event := row.readable_event, UnmatchedFactReported))

    def _text_of(self, fact: UnmatchedFactReported) -> str:
        """Returns the sealed text of the scan, to be sealed again under the key of the order's buyer."""
        place = seal_place(f"unmatched/{fact.system}/{fact.reference}", fact.name, "details")
        details = fact.details.open(place=place, keys=self._ledger.keys) if fact.details else None
        return str((details or {}).get("text") or "")


def _flags(fact: UnmatchedFactReported, lookup: Lookup) -> Iterator[FlagSharedNumber]:
    for parcel in contenders(fact, lookup):
        number = fact.refs["tracking_no"]
        yield FlagSharedNumber(
            id=command_id("shared", order_stream(parcel.merchant, parcel.order_id), number),
            actor=MATCHER,
            merchant_id=parcel.merchant,
            order_id=parcel.order_id,
            tracking_no=number,
        )


def _mark(fact: UnmatchedFactReported, report: ParcelReport) -> MarkFactMatched:
    return MarkFactMatched(
        id=command_id("matched", unmatched_stream(fact.system, fact.reference)),
        actor=MATCHER,
        system=fact.system,
        reference=fact.reference,
        streams=(report.stream,),
    )
