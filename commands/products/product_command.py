"""Base class of commands on one product."""

from __future__ import annotations

from commands.command import Command
from ledger.ids import Id, product_stream


class ProductCommand(Command):
    """A command on one product."""

    merchant_id: Id
    product_id: Id

    @property
    def stream(self) -> str:
        return product_stream(self.merchant_id, self.product_id)
