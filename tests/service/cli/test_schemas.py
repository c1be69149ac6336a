"""`redledger schema`: needs no ledger."""

import json

import pytest

from service.cli.main import main
from service.schemas.catalogue import catalogue


def test_a_schema_is_printed_as_it_is_served(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["schema", "events/order.placed.v1"])
    assert json.loads(capsys.readouterr().out)["$id"] == "/v1/schemas/events/order.placed.v1"


def test_every_schema_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["schema", "--format", "json"])
    listed = [row["name"] for row in json.loads(capsys.readouterr().out)]
    assert listed == [f"{id.kind}/{id.name}" for id in catalogue()]


def test_a_name_that_there_is_not_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["schema", "events/order.lost.v9"])
    assert ended.value.code == 1
    assert "There is no schema events/order.lost.v9." in capsys.readouterr().err
