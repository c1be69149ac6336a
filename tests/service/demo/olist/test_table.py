"""Source tables: what is read of them, and the one sentence that says what is wrong with them."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.money import Money
from service.demo.olist.folder import Folder, read_folder
from service.demo.olist.oddities import oddities
from service.demo.olist.table import BadSource
from tests.service.demo.olist.sample import hexed, replaced


def test_every_row_of_every_table_is_read(folder: Path) -> None:
    rows = {table.value: read for table, read in read_folder(folder).rows_read.items()}
    assert rows == {
        "orders": 18,
        "order_items": 19,
        "order_payments": 47,
        "customers": 18,
        "sellers": 2,
        "products": 2,
        "product_category_name_translation": 1,
    }


def test_prices_are_whole_centavos(folder: Path) -> None:
    (item,) = read_folder(folder).items[hexed("plain")]
    assert (item.price, item.freight) == (Money(1000, "BRL"), Money(501, "BRL"))


def test_wall_clock_times_are_those_of_sao_paulo_with_its_summer_time(folder: Path) -> None:
    order = next(order for order in read_folder(folder).orders if order.order_id == hexed("plain"))
    assert order.purchased_at == datetime(2017, 11, 24, 12, 0, tzinfo=UTC)


def test_a_table_may_also_come_uncompressed(folder: Path) -> None:
    packed = folder / "sellers.csv.gz"
    (folder / "sellers.csv").write_bytes(gzip.decompress(packed.read_bytes()))
    packed.unlink()
    assert len(read_folder(folder).sellers) == 2


@pytest.mark.parametrize(
    ("table", "change", "sentence"),
    [
        ("orders", lambda t: t.replace(",order_status,", ",state,"), r"line 1: the column order_status is missing"),
        (
            "order_items",
            lambda t: t.replace("10.00", "ten", 1),
            r"line 2: price is 'ten', not an amount with at most",
        ),
        ("order_items", lambda t: t.replace("10.00", "0.00", 1), r"line 2: price is '0.00', not an amount above zero"),
        ("order_items", lambda t: t.replace("5.01", "5.015", 1), r"line 2: freight_value is '5.015', not an amount"),
        ("order_payments", lambda t: t.replace("15.01", "-15.01", 1), r"line 2: payment_value is '-15.01'"),
        ("orders", lambda t: t.replace("2017-11-24 10:00:00", "24/11/2017", 1), r"line 2: .* not a time such as"),
        ("order_items", lambda t: t.replace(hexed("soap"), hexed("x"), 1), r"line 2: product_id .* its own table has"),
        ("orders", lambda t: t + t.splitlines()[1] + "\n", r"line 20: .* stands in this file twice"),
        ("sellers", lambda t: t.replace(",SP", "", 1), r"line 2: 3 columns, not 4"),
        ("sellers", lambda t: t.replace(hexed("ana"), "ana", 1), r"line 2: seller_id is 'ana', not an id of 32"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(
    folder: Path, table: str, change: Callable[[str], str], sentence: str
) -> None:
    with pytest.raises(BadSource, match=rf"^{table}\.csv\.gz, {sentence}"):
        read_folder(replaced(folder, table, change))


def test_a_missing_table_is_named(folder: Path) -> None:
    (folder / "order_payments.csv.gz").unlink()
    with pytest.raises(BadSource, match=r"order_payments\.csv\.gz is missing"):
        read_folder(folder)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="there is no such folder"):
        read_folder(tmp_path / "nowhere")


def test_a_truncated_file_is_named_with_the_last_line_read(folder: Path) -> None:
    path = folder / "orders.csv.gz"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(BadSource, match=r"^orders\.csv\.gz, after line \d+: cannot be read to its end"):
        read_folder(folder)


def test_every_oddity_of_the_sample_is_counted(folder: Path) -> None:
    assert oddities(read_folder(folder)) == {
        "orders without items": 1,
        "orders without a payment": 1,
        "orders of two or more sellers": 1,
        "orders with several payments": 2,
        "payments of zero": 1,
        "paid orders whose payments equal items and freight": 13,
        "paid orders off by one cent": 1,
        "paid orders off by more than a cent": 2,
        "handed over before the approval": 2,
        "handed over before the purchase": 1,
        "delivered before handed over": 1,
        "delivered before the approval": 1,
        "said to be delivered, without a delivery time": 1,
        "said to be delivered, without an approval": 1,
        "cancelled after the hand-over": 1,
        "cancelled after the delivery": 1,
    }


def test_the_oddities_of_the_real_folder_are_those_its_publisher_names(real_folder: Folder) -> None:
    found = oddities(real_folder)
    assert list(found.values()) == [677, 1, 319, 863, 4, 27_353, 71, 92, 212, 34, 6, 11, 5, 4, 75, 6]
