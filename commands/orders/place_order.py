"""Places an order: prices, totals and policies are fixed from here on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, TypeAdapter, field_validator

from commands.contradictions import break_once
from commands.fields import LocaleTag
from commands.order_command import OrderCommand
from commands.orders.order_totals import check_totals
from commands.payments.confirmation import confirmed_by
from commands.requested_units import bounded
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.orders import Channel, Charge, OrderLine, OrderPlaced, PlacedLine
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.fx import Rate
from ledger.ids import Id, derived_id, merchant_stream, product_stream
from ledger.instants import Instant
from ledger.money import Money
from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.policies.fees import Fees
from ledger.policies.markets import Market, Markets
from ledger.policies.programme_start import ProgrammeStart
from ledger.policies.promise import Promise
from ledger.refusals.catalogue import (
    MarketNotOpen,
    MerchantNotEnrolled,
    OrderAlreadyPlaced,
    ProductNotInExportPool,
    PromiseBeforeOrder,
    QuoteExpired,
)
from ledger.sealed import Sealed
from ledger.streams.orders.order import Order
from ledger.streams.orders.payments import Capture
from ledger.validation_messages import read_as

_LOCALE = TypeAdapter(LocaleTag)


class PlaceOrder(OrderCommand, name="place_order"):
    """Places a buyer's order with one merchant, at the list and reference prices that the buyer saw.

    Refused if the merchant, the market or a product is not open for sale, the quote has expired, the totals do not
    agree, or the promised time is before the order. `promised_warehouse_by` follows from the promise policy if it is
    left out.
    """

    checkout_id: Id
    market: str
    buyer_ref: Id
    ship_to_ref: Id
    ship_to: Sealed[dict[str, str]] | None = None
    channel: Channel
    lines: Annotated[tuple[OrderLine, ...], AfterValidator(bounded)]
    charges: tuple[Charge, ...] = ()
    list_total: Money
    buyer_total: Money
    reference_rate: Rate
    promised_warehouse_by: Instant | None = None
    quote_expires_at: Instant | None = None

    @field_validator("lines")
    @classmethod
    def _named_once(cls, lines: tuple[OrderLine, ...]) -> tuple[OrderLine, ...]:
        if len({line.line_id for line in lines}) != len(lines):
            raise ValueError("each line of an order needs its own line_id")
        return lines

    @field_validator("lines")
    @classmethod
    def _shown_in_a_language(cls, lines: tuple[OrderLine, ...]) -> tuple[OrderLine, ...]:
        for line in lines:
            read_as(_LOCALE, line.locale)
        return lines

    @field_validator("lines")
    @classmethod
    def _shown_under_a_title(cls, lines: tuple[OrderLine, ...]) -> tuple[OrderLine, ...]:
        for line in lines:
            if not (line.title_source.strip() and line.title_shown.strip()):
                raise ValueError(f"line {line.line_id} needs title_source and title_shown")
        return lines

    @property
    def buyer(self) -> str:
        return self.buyer_ref

    @property
    def reads(self) -> tuple[str, ...]:
        products = dict.fromkeys(product_stream(self.merchant_id, line.product_id) for line in self.lines)
        return merchant_stream(self.merchant_id), *products


def decide(command: PlaceOrder, order: Order, rules: Rules) -> Iterator[Event]:
    if order.placed is not None:
        raise OrderAlreadyPlaced(order_id=command.order_id)
    if command.promised_warehouse_by and command.promised_warehouse_by < command.decided_at:
        raise PromiseBeforeOrder(promised_by=command.promised_warehouse_by, placed_at=command.decided_at)
    market = _open_market(command, rules)
    _check_products(command, rules)
    if command.quote_expires_at and command.decided_at > command.quote_expires_at:
        raise QuoteExpired(expired_at=command.quote_expires_at)
    check_totals(command, market.charge_currency)
    placed = _placed(command, rules)
    yield placed
    yield from _happened_before(placed, order)
    yield from _paid_before(command, placed, order)


def _open_market(command: PlaceOrder, rules: Rules) -> Market:
    merchant = rules.merchant(command.merchant_id)
    if not merchant.is_enrolled:
        raise MerchantNotEnrolled(merchant_id=command.merchant_id, state=merchant.enrolment)
    markets = rules.policy(Markets)
    market = markets.find(command.market)
    started = rules.policy(ProgrammeStart).has_started(command.decided_at)
    if market is None or not started or not merchant.sells_in(command.market):
        open_markets = tuple(code for code in markets.open if started and merchant.sells_in(code))
        raise MarketNotOpen(market=command.market, open_markets=open_markets)
    return market


def _check_products(command: PlaceOrder, rules: Rules) -> None:
    for line in command.lines:
        if not rules.product(command.merchant_id, line.product_id).on_sale_in(command.market):
            raise ProductNotInExportPool(product_id=line.product_id, market=command.market)


def _placed(command: PlaceOrder, rules: Rules) -> OrderPlaced:
    fees = rules.policy(Fees)
    rules.policy(AfterSalesLock)
    at = command.decided_at
    return OrderPlaced(
        order_id=command.order_id,
        checkout_id=command.checkout_id,
        merchant_id=command.merchant_id,
        market=command.market,
        buyer_ref=command.buyer_ref,
        ship_to_ref=command.ship_to_ref,
        ship_to=command.ship_to,
        channel=command.channel,
        lines=tuple(_placed_line(command, line, fees, rules) for line in command.lines),
        charges=command.charges,
        list_total=command.list_total,
        buyer_total=command.buyer_total,
        reference_rate=command.reference_rate,
        fee_schedule_version=rules.used[Fees.key],
        after_sales_lock_version=rules.used[AfterSalesLock.key],
        promised_warehouse_by=command.promised_warehouse_by or rules.policy(Promise).promised_by(at),
        placed_at=at,
    )


def _placed_line(command: PlaceOrder, line: OrderLine, fees: Fees, rules: Rules) -> PlacedLine:
    category_id = rules.product(command.merchant_id, line.product_id).category_id
    rate_bps = fees.rate_for(merchant_id=command.merchant_id, category_id=category_id, at=command.decided_at)
    return PlacedLine(**dict(line), category_id=category_id, fee_rate_bps=rate_bps)


def _happened_before(placed: OrderPlaced, order: Order) -> Iterator[Event]:
    """Opens a break for a parcel fact earlier than the order, as a later report of it would do."""
    for parcel in order.parcels:
        first = next(iter(parcel.timeline), None)
        if first and first.happened_at < placed.placed_at:
            yield from break_once(
                order.breaks,
                kind="fact_contradicts_state",
                expected=f"order placed at {placed.placed_at.isoformat()}",
                actual=f"{first.milestone} at {first.happened_at.isoformat()}",
                refs={
                    "order_id": placed.order_id,
                    "parcel_id": parcel.parcel_id,
                    "fact": first.milestone,
                    "about": "before_the_order",
                },
                at=placed.placed_at,
            )


def _paid_before(command: PlaceOrder, placed: OrderPlaced, order: Order) -> Iterator[Event]:
    """Applies captures that came before the order: they pay for it, or open a break for a wrong currency."""
    if not order.payments.captures:
        return
    currency = placed.buyer_total.currency
    for capture in order.payments.captures.values():
        if capture.amount.currency != currency and not capture.set_aside and not capture.failed:
            yield _unexpected(command, capture, currency)
    quantities = {line.line_id: line.qty for line in placed.lines}
    yield from confirmed_by(placed, quantities, order.payments.usable(currency), command, order)


def _unexpected(command: PlaceOrder, capture: Capture, currency: str) -> ReconciliationBreakOpened:
    return ReconciliationBreakOpened(
        break_id=derived_id("unexpected_capture", capture.capture_ref),
        kind="unexpected_capture",
        expected=currency,
        actual=str(capture.amount),
        refs={"order_id": command.order_id, "capture_ref": capture.capture_ref},
        opened_at=command.decided_at,
    )
