"""A carrier, a warehouse or customs reports a milestone of a parcel."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import model_validator

from commands.fields import RawText
from commands.parcels.customs_tie import untied
from commands.parcels.interception import first_reported
from commands.parcels.parcel_reports import MilestoneReport, against, against_lines, contradictions, refunded_lines
from commands.parcels.return_to_sender import read_again
from commands.parcels.sequence_contradictions import out_of_sequence
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.milestones import MILESTONES, UNDONE_BY, TrackedMilestone
from ledger.events.parcels import ParcelFact
from ledger.folds.parcel import Parcel
from ledger.folds.parcel_facts import fact_of
from ledger.ids import Id
from ledger.numbers import Count, Quantity
from ledger.sealed import Sealed
from ledger.streams.orders.order import Order

_AT_WAREHOUSE = ("received_at_warehouse", "rejected_at_warehouse")


class ReportTracking(MilestoneReport, name="report_tracking"):
    """Records a milestone at `occurred_at`. A fact without a fitting milestone is `noted`. Weights are in grams.

    Some fields belong to certain milestones: warehouse, condition and weight; customs mode and declaration; the
    delivery attempt; evidence of a problem; the text of a note.
    """

    milestone: TrackedMilestone
    warehouse_id: Id | None = None
    condition: RawText | None = None
    weight_g: Count | None = None
    customs_mode: RawText | None = None
    declaration_no: RawText | None = None
    attempt_no: Quantity | None = None
    evidence_ref: RawText | None = None
    text: Sealed[str] | None = None

    @model_validator(mode="after")
    def _fields_go_with_the_milestone(self) -> ReportTracking:
        if self.milestone in _AT_WAREHOUSE and self.warehouse_id is None:
            raise ValueError(f"milestone {self.milestone} needs warehouse_id")
        if strangers := self._further().keys() - MILESTONES[self.milestone].event.model_fields.keys():
            raise ValueError(f"milestone {self.milestone} takes no {', '.join(sorted(strangers))}")
        return self

    def event(self) -> ParcelFact:
        """Returns the fact as the event of its milestone."""
        event = MILESTONES[self.milestone].event.model_validate({**self.reported(), **self._further()})
        assert isinstance(event, ParcelFact), "what is tracked is a fact of a parcel's way"
        return event

    def _further(self) -> dict[str, object]:
        given = self.model_fields_set & _OWN
        return {name: value for name in given if (value := getattr(self, name)) is not None}


_OWN = ReportTracking.model_fields.keys() - MilestoneReport.model_fields.keys() - {"milestone"}


def decide(report: ReportTracking, order: Order, rules: Rules) -> Iterator[Event]:
    parcel = order.parcels.of(report.parcel_id)
    event = report.event()
    if parcel and report.text is None and fact_of(event) in parcel.facts:  # sealed texts cannot be compared
        return
    yield event
    yield from contradictions(report, order, report.milestone)
    yield from out_of_sequence(report, order, fact_of(event))
    if report.milestone.startswith("export"):
        yield from untied(
            report,
            order,
            milestone=report.milestone,
            customs_mode=report.customs_mode or "",
            declaration_no=report.declaration_no or "",
        )
    if parcel:
        yield from read_again(report, order, parcel, fact_of(event))
        yield from _at_another_warehouse(report, order, parcel)
        yield from _on_its_way_after_a_refund(report, order, parcel)
        yield from first_reported(report, order, parcel, report.milestone)


def _at_another_warehouse(report: ReportTracking, order: Order, parcel: Parcel) -> Iterator[Event]:
    if parcel.warehouse_id and report.warehouse_id and report.warehouse_id != parcel.warehouse_id:
        yield from against(
            report,
            order,
            report.milestone,
            about=report.warehouse_id,
            expected=parcel.warehouse_id,
            kind="WRONG_WAREHOUSE",
        )


def _on_its_way_after_a_refund(report: ReportTracking, order: Order, parcel: Parcel) -> Iterator[Event]:
    """Opens a break for refunded units that travel on. A person decides about the goods."""
    undone = [word for word, undoing in UNDONE_BY.items() if undoing == report.milestone]
    turned_away = [at for word in undone if (at := parcel.first(word)) and at < report.happened_at]
    if not turned_away and report.milestone != "found":
        return
    yield from against_lines(report, order, report.milestone, about="refunded", expected=refunded_lines(order, parcel))
