"""A program: a member of the group of a subscription, which now and then gives an event back, until it is killed.

python -m tests.soak.member http://127.0.0.1:8600 events.sqlite NAME SEED    (the access token is in SOAK_TOKEN)
"""

from __future__ import annotations

import os
import sys
import time
from random import Random
from typing import Any

import httpx2

from tests.soak.notebook import Notebook
from tests.support.access import bearing

SUBSCRIPTION = "soak-group"
_PAUSE_S, _WAIT_S = 0.2, 5
_GIVEN_BACK = 0.03  # part of the events
_GONE = frozenset({409})  # the lease was taken back: the events come again, to somebody


class Member:
    """Leases, handles and settles. A call without an answer is not made again: what it was about comes again."""

    def __init__(self, client: httpx2.Client, notebook: Notebook, name: str, random: Random) -> None:
        self._client, self._notebook, self._name, self._random = client, notebook, name, random

    def work(self) -> None:
        """Handles one lease, once there are events or the service has waited for some."""
        leased = self._call("lease", most=20, wait_s=_WAIT_S)["events"]
        done, refused = self._handle(leased)
        if done:
            self._call("ack", receipts=[each["receipt"] for each in done])
            for each in done:
                self._notebook.settle(each["event"]["book"], int(each["event"]["sequence"]))
        if refused:
            self._call("nack", receipts=refused, retry_after_s=0)

    def _handle(self, leased: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
        """Returns the handled events, and the receipts of those that are given back. What comes after such an event in
        its stream goes back with it."""
        done, refused, waiting = [], [], set[str]()
        for each in leased:
            stream = each["event"]["subject"]
            if stream in waiting:
                continue
            if each["attempt"] == 1 and self._random.random() < _GIVEN_BACK:
                waiting.add(stream)
                refused.append(each["receipt"])
                continue
            self._notebook.note_cloud_event(each["event"])
            done.append(each)
        return done, refused

    def _call(self, verb: str, **body: Any) -> Any:
        answer = self._client.post(f"/v1/subscriptions/{SUBSCRIPTION}/{verb}", json={"member": self._name, **body})
        answer.raise_for_status()
        return answer.json()["data"]


def main(address: str, file: str, name: str, seed: str) -> None:
    with httpx2.Client(base_url=address, headers=bearing(os.environ["SOAK_TOKEN"]), timeout=30) as client:
        member = Member(client, Notebook(file), name, Random(seed))
        while True:
            try:
                member.work()
                continue
            except httpx2.HTTPStatusError as refused:
                if refused.response.status_code < 500 and refused.response.status_code not in _GONE:
                    raise
            except httpx2.TransportError:
                pass  # the service is away; whatever it was about comes again
            time.sleep(_PAUSE_S)


if __name__ == "__main__":
    main(*sys.argv[1:])
