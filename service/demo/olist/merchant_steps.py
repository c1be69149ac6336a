"""Enrols sellers as merchants with a verified account, and approves their products, each before its first fact."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from datetime import datetime
from functools import partial
from typing import TypeVar

from commands.command import Command
from commands.merchants.enrol_merchant import EnrolMerchant
from commands.merchants.set_auto_export import SetAutoExport
from commands.payouts.register_payout_account import RegisterPayoutAccount
from commands.payouts.verify_payout_account import VerifyPayoutAccount
from commands.products.approve_product import ApproveProduct
from commands.products.submit_product import SubmitProduct
from service.demo.olist.asker import IMPORTER, named, source_of
from service.demo.olist.folder import Folder
from service.demo.olist.orders import MARKETS, category_id
from service.demo.olist.source import Row, SourceOrder
from service.demo.olist.step import Step, StepKind

K = TypeVar("K", bound=Hashable)
_MARKETS = tuple(sorted(MARKETS))
_BANK = "OLIST"  # a placeholder that names its origin, because the source has no bank accounts


def merchant_steps(folder: Folder) -> Iterator[Step]:
    """Yields the steps of every seller and product that an order of the folder needs."""
    sellers: dict[str, datetime] = {}
    products: dict[tuple[str, str], datetime] = {}
    for order in folder.orders:
        for item in folder.items.get(order.order_id, ()):
            _earlier(sellers, item.seller_id, order)
            _earlier(products, (item.seller_id, item.product_id), order)
    for seller_id, at in sellers.items():
        yield from _seller(seller_id, at, folder.sellers[seller_id].row)
    for (seller_id, product_id), at in products.items():
        yield from _product(folder, seller_id, product_id, at)


def _earlier(firsts: dict[K, datetime], key: K, order: SourceOrder) -> None:
    firsts[key] = min(firsts.get(key, order.first_known_at), order.first_known_at)


def _seller(seller_id: str, at: datetime, row: Row) -> Iterator[Step]:
    account_ref = f"olist-{seller_id}"
    enrol = partial(EnrolMerchant, merchant_id=seller_id, markets=_MARKETS, source=source_of(row))
    register = partial(RegisterPayoutAccount, merchant_id=seller_id, account_ref=account_ref, bank_code=_BANK)
    verify = partial(VerifyPayoutAccount, merchant_id=seller_id, account_ref=account_ref)
    export = partial(SetAutoExport, merchant_id=seller_id, enabled=True)
    yield _step(StepKind.ENROLMENT, named(seller_id, "enrol"), at, enrol, (row,))
    yield _step(StepKind.PAYOUT_ACCOUNT, named(seller_id, "account"), at, register)
    yield _step(StepKind.VERIFICATION, named(seller_id, "verify"), at, verify)
    yield _step(StepKind.AUTO_EXPORT, named(seller_id, "export"), at, export)


def _product(folder: Folder, seller_id: str, product_id: str, at: datetime) -> Iterator[Step]:
    product = folder.products[product_id]
    category = folder.categories.get(product.category)
    rows = (product.row, category.row) if category else (product.row,)
    submit = partial(
        SubmitProduct,
        merchant_id=seller_id,
        product_id=product_id,
        category_id=category_id(product.category),
        source=source_of(product.row),
    )
    approve = partial(ApproveProduct, merchant_id=seller_id, product_id=product_id)
    yield _step(StepKind.ATTEMPT, named(product_id, "submit"), at, submit, rows)
    yield _step(StepKind.APPROVAL, named(product_id, "approve"), at, approve)


def _step(
    kind: StepKind, command_id: str, at: datetime, build: Callable[..., Command], rows: tuple[Row, ...] = ()
) -> Step:
    return Step(at, kind, command_id, partial(build, id=command_id, actor=IMPORTER, occurred_at=at), rows)
