"""Publishing a translation of a product's texts: what buyers are shown from here on."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.fields import LocaleTag, Sha256
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.products import ProductTranslationPublished
from ledger.ids import Id, product_stream
from ledger.refusals.catalogue import ProductNotSubmitted
from ledger.streams.products import Product


class PublishProductTranslation(Command, name="publish_product_translation"):
    """A translation engine or a person has put a product's texts into a buyer's language (statement 6).

    The ledger keeps which text was shown, by its hash; the text itself stays in the catalogue.
    """

    merchant_id: Id
    product_id: Id
    locale: LocaleTag
    source_version: Id
    text_hash: Sha256
    engine: Id

    @property
    def stream(self) -> str:
        return product_stream(self.merchant_id, self.product_id)


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
