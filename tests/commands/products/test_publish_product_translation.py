"""Translations of a product's texts for buyers."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from commands.products.publish_product_translation import PublishProductTranslation
from ledger.events.products import ProductTranslationPublished
from ledger.refusals.catalogue import ProductNotSubmitted
from tests.commands.merchants.known_merchant import PRODUCT, approved, submitted
from tests.support.given import NOW, ask, given

TEXT: dict[str, Any] = {"locale": "en-US", "source_version": "7", "text_hash": "ab" * 32, "engine": "mt-3"}
PUBLISHED = ProductTranslationPublished(**PRODUCT, **TEXT, published_at=NOW)


def publish(**other: Any) -> PublishProductTranslation:
    return ask(PublishProductTranslation, **PRODUCT, **(TEXT | other))


def test_a_translation_is_kept_by_its_hash() -> None:
    given(submitted(), approved()).when(publish()).then(PUBLISHED)


def test_the_same_translation_again_changes_nothing() -> None:
    given(submitted(), PUBLISHED).when(publish()).then_nothing()


def test_each_language_has_its_own() -> None:
    given(submitted(), PUBLISHED).when(publish(locale="zh-Hant-HK")).then(ProductTranslationPublished)


def test_another_text_replaces_it() -> None:
    given(submitted(), PUBLISHED).when(publish(text_hash="cd" * 32)).then(ProductTranslationPublished)


def test_a_product_nobody_knows_has_no_translation() -> None:
    given().when(publish()).then_refused(ProductNotSubmitted, product_id="tea-1")


@pytest.mark.parametrize("locale", ["english", "en_US", "EN-us", "pt-BRA", ""])
def test_a_locale_is_a_language_tag(locale: str) -> None:
    with pytest.raises(ValidationError):
        publish(locale=locale)
