"""Enrolling a merchant: asked for by the merchant, granted by the platform."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.reviewing import is_platform
from commands.rules import Rules
from commands.shapes import CountryCode
from ledger.events.event import Event
from ledger.events.merchant import MerchantEnrolled, MerchantEnrolmentRequested
from ledger.ids import Id, merchant_stream
from ledger.policies.markets import Markets
from ledger.policies.programme_start import ProgrammeStart
from ledger.refusals import MerchantNotDomestic, MerchantNotEnrolled
from ledger.streams.merchant import Merchant


class EnrolMerchant(Command, name="enrol_merchant"):
    """A merchant joins the programme, or changes its markets. Run by a merchant, it waits for the platform's yes."""

    merchant_id: Id
    country: CountryCode = "CN"
    markets: tuple[CountryCode, ...] = ()  # none named: all that are open
    terms_version: str = "1"

    @property
    def stream(self) -> str:
        return merchant_stream(self.merchant_id)


def decide(command: EnrolMerchant, merchant: Merchant, rules: Rules) -> Iterator[Event]:
    countries = rules.policy(ProgrammeStart).merchant_countries
    if command.country not in countries:
        raise MerchantNotDomestic(country=command.country, countries=countries)
    open_markets = rules.policy(Markets)
    open_markets.expect_open(command.markets)
    if merchant.enrolment == "suspended":
        raise MerchantNotEnrolled(merchant_id=command.merchant_id, state=merchant.enrolment)
    asked = (command.country, command.markets or open_markets.open, command.terms_version)
    stands = (merchant.country, merchant.markets, merchant.terms_version)
    if merchant.is_enrolled and asked == stands:
        return
    if not merchant.is_enrolled and (merchant.enrolment != "requested" or asked != stands):
        yield _requested(command, asked[1])
    if is_platform(command.actor):
        yield _enrolled(command, asked[1])


def _requested(command: EnrolMerchant, markets: tuple[str, ...]) -> MerchantEnrolmentRequested:
    return MerchantEnrolmentRequested(
        merchant_id=command.merchant_id,
        country=command.country,
        markets=markets,
        terms_version=command.terms_version,
        requested_by=command.actor,
        requested_at=command.decided_at,
    )


def _enrolled(command: EnrolMerchant, markets: tuple[str, ...]) -> MerchantEnrolled:
    return MerchantEnrolled(
        merchant_id=command.merchant_id,
        country=command.country,
        markets=markets,
        terms_version=command.terms_version,
        reviewer=command.actor,
        effective_at=command.decided_at,
    )
