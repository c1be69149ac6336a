"""Bad values in the messages of carriers and tracking providers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from commands.unmatched.report_unmatched_fact import ReportUnmatchedFact
from projections.tracking.tracking_numbers import SCAN
from service.adapters.carriers import aftership, easypost, parsed, upu
from tests.service.adapters.planted import Form, Found, Plant
from tests.support.partner_facts import commands_from

_ODD: tuple[Any, ...] = (
    None, "", " ", "x", "x\0y", "\u0663", "x" * 3000, 0, -1, 10**30, 1.5, 1e300, True, False, [], [3], {}, {"x": 1},
    "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2025-02-30T00:00:00Z",
)  # fmt: skip
_NO_LISTS = tuple(odd for odd in _ODD if odd not in (None, []))
_ALL = ("T1.1", "T1.2", "T2.1", "T2.2")
_AT = "2025-04-0{}T12:00:00+08:00"
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Body:
    """A body of two parcels with two scans each. `parcels` and `scans` are the paths of their lists."""

    module: Any
    body: Any
    parcels: Path
    scans: str

    @property
    def form(self) -> Form:
        return Form(self.module.PROVIDER, self._read, _written(self.body), _ALL, self.plants)

    def plants(self) -> Iterator[Plant]:
        for path in _paths(self.body):
            is_scans = path[-1] == self.scans  # a parcel without scans says nothing yet
            for odd in _ODD if not is_scans else _NO_LISTS:
                yield Plant(f"{path} is {str(odd)[:12]!r}", _written(_with(self.body, path, odd)), self._costs(path))
            if isinstance(path[-1], str) and not is_scans:
                yield Plant(f"{path} is missing", _written(_without(self.body, path)), self._costs(path))

    def _costs(self, path: Path) -> frozenset[str]:
        """Returns the scans that a bad value may cost: its own, those of its parcel, or all of the list that it is."""
        within = path[len(self.parcels) :]
        if path[: len(self.parcels)] != self.parcels[: len(path)]:
            return frozenset()
        if not within:
            return frozenset(_ALL)
        parcel = f"T{int(within[0]) + 1}"
        if len(within) > 2 and within[1] == self.scans:
            return frozenset((f"{parcel}.{int(within[2]) + 1}",))
        return frozenset((f"{parcel}.1", f"{parcel}.2"))

    def _read(self, content: bytes) -> Found:
        commands = commands_from(self.module, content, lambda _: ())
        for command in commands:
            command.fingerprint()
        notes = [each for each in commands if isinstance(each, ReportUnmatchedFact)]
        scans = [each for each in notes if each.kind == SCAN]
        texts = [str(each.details.in_clear["text"]) if each.details and each.details.in_clear else "" for each in scans]
        items = [f"{each.refs['tracking_no']}.{text[-1:]}" for each, text in zip(scans, texts, strict=True)]
        return Found(items, [each.refs.get("reason", each.kind) for each in notes if each.kind != SCAN])


def _written(body: Any) -> bytes:
    return json.dumps(body).encode()


def _paths(value: Any, above: Path = ()) -> Iterator[Path]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield (*above, name)
        yield from _paths(part, (*above, name))


def _with(body: Any, path: Path, odd: Any) -> Any:
    changed = deepcopy(body)
    _at(changed, path[:-1])[path[-1]] = odd
    return changed


def _without(body: Any, path: Path) -> Any:
    changed = deepcopy(body)
    del _at(changed, path[:-1])[path[-1]]
    return changed


def _at(body: Any, path: Path) -> Any:
    for name in path:
        body = body[name]
    return body


def _parcels(make: Callable[[str, Any], Any], scan: Callable[[str, str], Any]) -> list[Any]:
    return [make(number, [scan(_AT.format(n), f"{number} scan {n}") for n in (1, 2)]) for number in ("T1", "T2")]


BODIES = [
    Body(
        aftership,
        {
            "event_id": "e-1",
            "data": {
                "trackings": _parcels(
                    lambda number, scans: {
                        "tracking_number": number, "slug": "ups", "tag": "InTransit", "subtag": "InTransit_004",
                        "updated_at": _AT.format(3), "return_to_sender": False, "checkpoints": scans,
                    },
                    lambda at, text: {
                        "tag": "InTransit", "subtag": "InTransit_004", "checkpoint_time": at, "slug": "ups",
                        "city": "Reno", "state": "NV", "country_name": "USA", "location": "Reno", "message": text,
                    },
                )
            },
        },
        ("data", "trackings"),
        "checkpoints",
    ),
    Body(
        easypost,
        {
            "object": "Event",
            "id": "evt_1",
            "trackers": _parcels(
                lambda number, scans: {
                    "object": "Tracker", "tracking_code": number, "carrier": "UPS", "status": "in_transit",
                    "status_detail": "in_transit", "updated_at": _AT.format(3), "tracking_details": scans,
                },
                lambda at, text: {
                    "object": "TrackingDetail", "status": "in_transit", "status_detail": "in_transit", "datetime": at,
                    "source": "UPS", "carrier_code": "X1", "message": text,
                    "tracking_location": {"city": "Reno", "state": "NV", "country": "US"},
                },
            ),
        },
        ("trackers",),
        "tracking_details",
    ),
    Body(
        parsed,
        [
            _parcels(
                lambda number, scans: {
                    "tracking_number": number, "carrier_name": "gls", "delivered": False, "status": "in_transit",
                    "events": scans,
                },
                lambda at, text: {
                    "status": "in_transit", "timestamp": at, "date": "2025-04-01", "time": "12:00", "code": "X1",
                    "reason": "", "location": "Reno", "description": text,
                },
            ),
            [],
        ],
        (0,),
        "events",
    ),
    Body(
        upu,
        _parcels(
            lambda number, scans: {"item_id": number, "operator": "CN", "events": scans},
            lambda at, text: {"code": "EMD", "at": at, "office": "CNBJSA", "reason": "", "action": "", "text": text},
        ),
        (),
        "events",
    ),
]  # fmt: skip
