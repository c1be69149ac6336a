"""Pages of the console on a recorded month: the time of the server, and the first paint where Chromium is installed."""

from __future__ import annotations

from contextlib import closing
from itertools import count
from pathlib import Path
from time import perf_counter

from httpx2 import Client
from playwright.sync_api import BrowserContext, sync_playwright
from sqlalchemy import text

from commands.menu import MENU
from ledger.ids import order_stream
from service.app import App, open_app
from service.console.application import with_console
from service.console.session import COOKIE, HOME, SIGN_IN
from service.embedded import EmbeddedPostgres
from service.http.application import make_application
from service.settings import Settings
from tests.benchmarks.bench_commands import month_clock, record_months
from tests.benchmarks.bench_parcels import Dispatched, dispatched
from tests.benchmarks.ledgers import open_ledger
from tests.benchmarks.measure import Table
from tests.benchmarks.scale import Scale
from tests.browser.chromium import installed, launched
from tests.support.access import token_for
from tests.support.given import PARTNER
from tests.support.http_server import served

_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
_NOTED = MENU["report_tracking"].command


def measure_console(server: EmbeddedPostgres, table: Table, keys: Path, scale: Scale) -> None:
    """The home of finance and the page of an order of 200 events, asked one after the other by one person."""
    settings = Settings(database_url=server.url("bench_console"), data_dir=keys.parent / "console", key_file=keys)
    with month_clock(open_ledger(settings.database_url, keys)) as (_, clock, bus):
        record_months((1,), clock, bus, orders=scale.orders)
    with open_app(settings) as app:
        order = _long_order(app, scale.history)
        app.catch_up()
        with app.ledger.engine.begin() as connection:
            connection.execute(text("ANALYZE"))
        home = table.figure("console: home of finance, server", unit="ms", aim="< 150 ms")
        page = table.figure(f"console: order of {scale.history} events, server", unit="ms", aim="< 100 ms")
        address = f"{HOME}/orders/{order.order_id}/history?merchant={order.merchant_id}"
        token = token_for(app, "bench", "finance")
        with served(with_console(make_application(app))) as server_of_pages:
            base = f"http://127.0.0.1:{server_of_pages.port}"
            with Client(base_url=base) as client:
                assert client.post(SIGN_IN, data={"token": token, "next": f"{HOME}/"}).status_code == 303
                for figure, path in ((home, f"{HOME}/"), (page, address)):
                    _ask(client, path)  # warm
                    figure.samples += [_ask(client, path) for _ in range(scale.pages)]
                session = client.cookies[COOKIE]
            if installed():
                figure = table.figure("console: home of finance, first paint", unit="ms", aim="< 1,000 ms")
                figure.samples += _paints(f"{base}{HOME}/", session, scale.rounds)


def _long_order(app: App, events: int) -> Dispatched:
    """Returns an order that carriers have reported until it has so many events."""
    order = dispatched(app.ledger)[0]
    stream, book = (
        order_stream(order.merchant_id, order.order_id),
        app.ledger.directory.known_book_of(order.merchant_id),
    )
    assert book is not None
    names = {"merchant_id": order.merchant_id, "order_id": order.order_id, "parcel_id": order.parcel_id}
    for number in count():
        if len(app.ledger.reader.read_stream(book, stream)) >= events:
            return order
        said = {"milestone": "noted", "raw_code": f"n-{number}", "occurred_at": order.at}
        app.bus.submit([_NOTED.model_validate({"id": f"noted-{number}", "actor": PARTNER, **names, **said})])
    raise AssertionError("counting has no end")


def _ask(client: Client, path: str) -> float:
    started = perf_counter()
    answer = client.get(path)
    assert answer.status_code == 200, answer.text[:500]
    return (perf_counter() - started) * 1000


def _paints(address: str, session: str, rounds: int) -> list[float]:
    with sync_playwright() as playwright:
        browser = launched(playwright)
        context = browser.new_context()
        context.add_cookies([{"name": COOKIE, "value": session, "url": address}])
        return [_painted_after(context, address) for _ in range(rounds)]


def _painted_after(context: BrowserContext, address: str) -> float:
    with closing(context.new_page()) as visit:
        visit.goto(address)
        return float(visit.wait_for_function(_PAINTED).json_value())
