"""Base class of commands on one merchant."""

from __future__ import annotations

from commands.command import Command
from ledger.ids import Id, merchant_stream


class MerchantCommand(Command):
    """A command on one merchant."""

    merchant_id: Id

    @property
    def stream(self) -> str:
        return merchant_stream(self.merchant_id)
