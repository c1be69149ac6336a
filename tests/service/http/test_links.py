"""Links over HTTP: every address in an answer answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient


@pytest.mark.parametrize("start", ["self", "statement", "settlement_run", "event"])
def test_every_link_of_a_payout_and_of_its_neighbours_answers(client: TestClient, start: str) -> None:
    payouts = client.get("/v1/payouts").json()["data"]
    payout = next(row for row in payouts if row["run_id"])
    found = client.get(payout["links"][start])
    assert found.status_code == 200
    for address in set(addresses(found.json()["data"])):
        assert client.get(address).status_code == 200, address


@pytest.mark.parametrize("place", ["1:999999999", "99999:1", "no-such"])
def test_a_place_beyond_the_log_is_not_known(client: TestClient, place: str) -> None:
    assert client.get(f"/v1/events/{place}").status_code == 404


def addresses(found: Any) -> Iterator[str]:
    """The addresses of all links in an answer."""
    if isinstance(found, dict):
        yield from found.get("links", {}).values()
    for each in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
        yield from addresses(each)
