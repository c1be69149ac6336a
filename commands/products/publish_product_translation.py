"""Publishes a translation of a product's texts, which buyers see from here on."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import LocaleTag, Sha256
from commands.products.product_command import ProductCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.products import ProductTranslationPublished
from ledger.ids import Id
from ledger.refusals.catalogue import ProductNotSubmitted
from ledger.streams.products import Product


class PublishProductTranslation(ProductCommand, name="publish_product_translation"):
    """Publishes a translation of a product's texts by an engine or a person (statement 6).

    The ledger keeps the hash of the shown text; the text stays in the catalogue. Refused if the product was not
    submitted.
    """

    locale: LocaleTag
    source_version: Id
    text_hash: Sha256
    engine: Id


def decide(command: PublishProductTranslation, product: Product, rules: Rules) -> Iterator[Event]:
    if not product.exists:
        raise ProductNotSubmitted(product_id=command.product_id, state=product.review)
    shown = (command.source_version, command.text_hash, command.engine)
    if product.translations.get(command.locale) == shown:
        return
    yield ProductTranslationPublished(
        merchant_id=command.merchant_id,
        product_id=command.product_id,
        locale=command.locale,
        source_version=command.source_version,
        text_hash=command.text_hash,
        engine=command.engine,
        published_at=command.decided_at,
    )
