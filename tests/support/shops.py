"""A desk as the service sees it: an app on its ledger, bus and clock."""

from __future__ import annotations

from projections.engine.views import Views
from service.app import App
from service.settings import Settings
from tests.support.buses import Desk


def app_of(desk: Desk, settings: Settings | None = None) -> App:
    return App(settings or Settings(), desk.ledger, desk.bus, Views(desk.ledger.engine, desk.ledger.reader), desk.clock)
