"""Enrolling a merchant: asked for by the merchant, granted by the platform."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import CountryCode
from commands.merchants.merchant_command import MerchantCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.merchants import MerchantEnrolled, MerchantEnrolmentRequested
from ledger.policies.markets import Markets
from ledger.policies.programme_start import ProgrammeStart
from ledger.refusals.catalogue import MerchantNotDomestic, MerchantNotEnrolled
from ledger.streams.merchants import Merchant, Terms


class EnrolMerchant(MerchantCommand, name="enrol_merchant"):
    """A merchant joins the programme, or changes its markets. Run by a merchant, it waits for the platform's yes; what
    the yes leaves out is as the merchant asked.
    """

    country: CountryCode = "CN"
    markets: tuple[CountryCode, ...] = ()  # none named or asked for: all that are open
    terms_version: str = ""  # where it is left out: what was asked for, or 1


def decide(command: EnrolMerchant, merchant: Merchant, rules: Rules) -> Iterator[Event]:
    countries = rules.policy(ProgrammeStart).merchant_countries
    if command.country not in countries:
        raise MerchantNotDomestic(country=command.country, countries=countries)
    open_markets = rules.policy(Markets)
    granted = command.actor.kind != "merchant"
    asked = _terms(command, merchant.asked if granted else None, open_markets.open)
    open_markets.expect_open(asked.markets)
    if merchant.enrolment == "suspended":
        raise MerchantNotEnrolled(merchant_id=command.merchant_id, state=merchant.enrolment)
    if merchant.is_enrolled and asked == merchant.terms and merchant.asked is None:
        return
    if asked != merchant.asked and not (granted and merchant.is_enrolled):
        yield _requested(command, asked)
    if granted:
        yield _enrolled(command, asked)


def _terms(command: EnrolMerchant, asked: Terms | None, open_markets: tuple[str, ...]) -> Terms:
    markets, terms_version = (asked.markets, asked.terms_version) if asked else (open_markets, "1")
    return Terms(command.country, command.markets or markets, command.terms_version or terms_version)


def _requested(command: EnrolMerchant, asked: Terms) -> MerchantEnrolmentRequested:
    return MerchantEnrolmentRequested(
        merchant_id=command.merchant_id,
        country=command.country,
        markets=asked.markets,
        terms_version=asked.terms_version,
        requested_by=command.actor,
        requested_at=command.decided_at,
    )


def _enrolled(command: EnrolMerchant, asked: Terms) -> MerchantEnrolled:
    return MerchantEnrolled(
        merchant_id=command.merchant_id,
        country=command.country,
        markets=asked.markets,
        terms_version=asked.terms_version,
        reviewer=command.actor,
        effective_at=command.decided_at,
    )
