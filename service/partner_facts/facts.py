"""The closed set of partner facts."""

from __future__ import annotations

from service.partner_facts.answers import InstructionAnswered
from service.partner_facts.bank import BankStatementsReported, PayoutStatusReported
from service.partner_facts.bodies import BodyUnmapped, BodyUnread
from service.partner_facts.invoices import ParcelCostInvoiced
from service.partner_facts.parcels import ParcelScanned
from service.partner_facts.payments import PROVIDER_FACTS, ProviderFact
from service.partner_facts.settlement import SettlementReported

PartnerFact = ProviderFact | ParcelScanned | InstructionAnswered | BodyUnread | BodyUnmapped  # of messages and answers
FileFact = BankStatementsReported | PayoutStatusReported | SettlementReported | ParcelCostInvoiced
# Every class of fact. Each has one line in `service/partner_reports/table.py`.
FACTS: frozenset[type[PartnerFact | FileFact]] = frozenset(
    (
        *PROVIDER_FACTS.values(),
        ParcelScanned,
        InstructionAnswered,
        BodyUnread,
        BodyUnmapped,
        BankStatementsReported,
        PayoutStatusReported,
        SettlementReported,
        ParcelCostInvoiced,
    )
)
