"""The port by which reports find what partners' references name in our books, and its reader of the views."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from ledger.ids import PLATFORM_BOOK, unmatched_stream
from ledger.references import number_key, reference_key
from ledger.streams.loader import load_each
from ledger.streams.reference_data import UnmatchedItem
from projections.reconciliation.psp_references import PspReference, orders_of
from projections.tracking.tracking_numbers import NumberedParcel, parcels_numbered
from service.app import App
from service.partner_facts.facts import PartnerFact
from service.partner_facts.parcels import ParcelScanned
from service.partner_facts.payments import PaymentFailureReported, ProviderFact


class References(Protocol):
    """The references that our books know."""

    @property
    def is_whole(self) -> bool:
        """Returns False if a view has stopped in a book, where a reference may belong to further orders."""

    def named(self, psp: str, name: str) -> Sequence[PspReference]:
        """Returns the payments, captures, refunds and disputes of orders under a provider's reference."""

    def unmatched(self, psp: str, capture_ref: str) -> UnmatchedItem | None:
        """Returns the unmatched item of a capture; None if nothing was recorded under its reference."""

    def parcels(self, tracking_no: str) -> Sequence[NumberedParcel]:
        """Returns the parcels of all merchants with a tracking number."""


class RecordedReferences:
    """Looks up all references of some facts at once. Raises `ViewBehind`."""

    def __init__(self, app: App, facts: Sequence[PartnerFact]) -> None:
        self.is_whole = True
        reported = [fact for fact in facts if isinstance(fact, ProviderFact)]
        self._named = dict(self._found(app, reported))
        names = {unmatched_stream(fact.psp, name) for fact in reported for name in possible_captures(fact)}
        self._unmatched = load_each(app.ledger.reader, dict.fromkeys(names, PLATFORM_BOOK), UnmatchedItem)
        numbers = {number_key(fact.tracking_no) for fact in facts if isinstance(fact, ParcelScanned)}
        self._parcels = {number: parcels_numbered(app.views, number) for number in sorted(numbers)}

    def named(self, psp: str, name: str) -> Sequence[PspReference]:
        return self._named.get((psp, name), ())

    def unmatched(self, psp: str, capture_ref: str) -> UnmatchedItem | None:
        return self._unmatched.get(unmatched_stream(psp, capture_ref))

    def parcels(self, tracking_no: str) -> Sequence[NumberedParcel]:
        return self._parcels[number_key(tracking_no)]

    def _found(
        self, app: App, facts: Iterable[ProviderFact]
    ) -> Iterator[tuple[tuple[str, str], Sequence[PspReference]]]:
        names: defaultdict[str, set[str]] = defaultdict(set)
        for fact in facts:
            names[fact.psp] |= {*fact.names, *possible_captures(fact)}
        heads = {book: head for book, head in app.ledger.reader.heads().items() if head} if names else {}
        for psp, reported in sorted(names.items()):
            by_name: defaultdict[str, list[PspReference]] = defaultdict(list)
            known = orders_of(app.views, psp, sorted(reported), at_least=heads) if reported else None
            self.is_whole &= known is None or not known.held.short_in()
            for found in known.references if known else ():
                by_name[found.reference].append(found)
            yield from (((psp, name), found) for name, found in by_name.items())


def possible_captures(fact: ProviderFact) -> tuple[str, ...]:
    """Returns possible references of the fact's capture. Some providers use one reference for a payment and its
    capture.
    """
    also = (fact.psp_ref, fact.payment_id) if isinstance(fact, PaymentFailureReported) else ()
    return tuple(dict.fromkeys(filter(None, (fact.capture_key, *(reference_key(name) for name in also if name)))))
