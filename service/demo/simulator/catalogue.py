"""Simulated merchants and products: list prices in CNY, source titles, and titles for buyers."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from ledger.actors import Actor

_GOODS = (
    ("apparel", "手工刺绣马面裙", "Hand-embroidered mamianqun skirt", "手工刺繡馬面裙", 39_900),
    ("apparel", "新中式盘扣上衣", "New-Chinese frog-button top", "新中式盤扣上衣", 25_900),
    ("beauty", "山茶花护手霜三支装", "Camellia hand cream, set of 3", "山茶花護手霜三支裝", 8_900),
    ("beauty", "竹炭洁面皂", "Bamboo charcoal soap", "竹炭潔面皂", 3_600),
    ("home", "景德镇手绘茶杯", "Jingdezhen hand-painted teacup", "景德鎮手繪茶杯", 16_800),
    ("home", "苏绣团扇", "Suzhou embroidery round fan", "蘇繡團扇", 12_800),
    ("home", "香樟木收纳盒", "Camphorwood storage box", "香樟木收納盒", 21_500),
    ("food", "武夷山大红袍礼盒", "Wuyi Da Hong Pao tea gift box", "武夷山大紅袍禮盒", 29_800),
    ("food", "云南小粒咖啡豆", "Yunnan arabica beans", "雲南小粒咖啡豆", 6_800),
    ("stationery", "手账贴纸套装", "Journal sticker set", "手帳貼紙套裝", 2_990),
    ("stationery", "狼毫小楷毛笔", "Wolf-hair calligraphy brush", "狼毫小楷毛筆", 5_800),
    ("jewellery", "淡水珍珠耳环", "Freshwater pearl earrings", "淡水珍珠耳環", 18_800),
)


@dataclass(frozen=True, slots=True)
class Product:
    """A product of one merchant; `list_minor` is its list price in fen."""

    product_id: str
    category_id: str
    title_source: str
    title_en: str
    title_hant: str
    list_minor: int

    def shown(self, market: str) -> str:
        return self.title_en if market == "US" else self.title_hant


@dataclass(frozen=True, slots=True)
class Merchant:
    """A mainland merchant with its products; `express_refund` is its setting."""

    merchant_id: str
    express: bool
    products: tuple[Product, ...]

    @property
    def owner(self) -> Actor:
        return Actor(kind="merchant", id=self.merchant_id, role="merchant")


def make_merchants(random: Random, count: int, *, after: int = 1000) -> list[Merchant]:
    """Returns `count` merchants, with numbers above `after`."""
    return [_merchant(random, after + number) for number in range(1, count + 1)]


def _merchant(random: Random, number: int) -> Merchant:
    goods = random.sample(_GOODS, random.randint(3, 6))
    return Merchant(
        merchant_id=f"M-{number}",
        express=random.random() < 0.6,
        products=tuple(
            Product(
                product_id=f"P-{number}-{index}",
                category_id=category,
                title_source=source,
                title_en=english,
                title_hant=traditional,
                list_minor=price + 100 * random.randint(-5, 5),
            )
            for index, (category, source, english, traditional, price) in enumerate(goods, 1)
        ),
    )
