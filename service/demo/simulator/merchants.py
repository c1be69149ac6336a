"""Simulates how merchants join the programme and their products enter the export pool."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256

from service.demo.simulator.catalogue import Merchant, Product
from service.demo.simulator.step import FINANCE, OPERATIONS, Step
from service.demo.simulator.world import World

_ENGINE = "simtranslate-2"


def joins(world: World, merchant: Merchant) -> Iterator[Step]:
    """The merchant is enrolled, its account verified, automatic export set, and its products submitted, approved and
    translated.
    """
    at = world.day(0) - timedelta(days=3)
    prefix = f"sim{world.seed}.{merchant.merchant_id}"
    name = {"merchant_id": merchant.merchant_id}
    account = {**name, "account_ref": f"acct-{merchant.merchant_id}"}
    yield Step(at, f"{prefix}.a-enrol", "enrol_merchant", OPERATIONS, name)
    yield Step(at, f"{prefix}.b-account", "register_payout_account", merchant.owner, {**account, "bank_code": "ICBC"})
    yield Step(at, f"{prefix}.c-verified", "verify_payout_account", FINANCE, account)
    yield Step(at, f"{prefix}.d-auto", "set_auto_export", merchant.owner, {**name, "enabled": True})
    express = {**name, "enabled": merchant.express}  # set even if off, because an earlier month may have left it on
    yield Step(at, f"{prefix}.e-express", "set_express_refund", merchant.owner, express)
    for product in merchant.products:
        which = {**name, "product_id": product.product_id}
        product_prefix = f"{prefix}.f-{product.product_id}"
        submitted = {**which, "category_id": product.category_id}
        yield Step(at, f"{product_prefix}.1", "submit_product", merchant.owner, submitted)
        yield Step(at, f"{product_prefix}.2", "approve_product", OPERATIONS, which)
        for locale, text in _texts(product).items():
            translated = {**which, "locale": locale, "text_hash": sha256(text.encode()).hexdigest()}
            translated |= {"source_version": "1", "engine": _ENGINE}
            yield Step(at, f"{product_prefix}.3-{locale}", "publish_product_translation", OPERATIONS, translated)


def _texts(product: Product) -> dict[str, str]:
    """Returns the texts for buyers, by locale."""
    return {"en-US": product.title_en, "zh-Hant-HK": product.title_hant, "zh-Hant-MO": product.title_hant}
