"""The closed set of partner facts."""

from __future__ import annotations

from service.partner_facts.bodies import BodyUnmapped, BodyUnread
from service.partner_facts.parcels import ParcelScanned
from service.partner_facts.payments import PROVIDER_FACTS, ProviderFact

PartnerFact = ProviderFact | ParcelScanned | BodyUnread | BodyUnmapped
# Every class of fact. Each has one line in `service/partner_reports/table.py`.
FACTS: frozenset[type[PartnerFact]] = frozenset((*PROVIDER_FACTS.values(), ParcelScanned, BodyUnread, BodyUnmapped))
