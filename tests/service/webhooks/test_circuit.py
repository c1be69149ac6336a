"""The circuit breaker: one probe at a time while an endpoint is dead."""

from __future__ import annotations

from random import Random

from service.webhooks.circuit import FAILURES, Circuit

_DAY_S = 86_400


def _opened() -> Circuit:
    circuit = Circuit(Random(1))
    for _ in range(FAILURES):
        circuit.failed(0.0)
    return circuit


def test_a_closed_circuit_has_room_for_what_is_not_in_flight() -> None:
    circuit = Circuit(Random(1))
    for _ in range(FAILURES - 1):
        circuit.failed(0.0)
    assert [circuit.room(0.0, in_flight=each, most=8) for each in (0, 5, 8, 9)] == [8, 3, 0, 0]


def test_an_open_circuit_has_room_for_one_probe_after_a_pause() -> None:
    circuit = _opened()
    assert circuit.room(0.0, in_flight=0, most=8) == 0
    assert circuit.room(_DAY_S, in_flight=0, most=8) == 1
    assert circuit.room(_DAY_S, in_flight=1, most=8) == 0


def test_a_probe_that_fails_makes_the_pause_longer_up_to_a_minute() -> None:
    circuit = _opened()
    pauses = []
    for day in range(1, 12):
        circuit.failed(day * _DAY_S)
        pauses.append(next(s for s in range(100) if circuit.room(day * _DAY_S + s, in_flight=0, most=8)))
    assert pauses[0] <= 2
    assert pauses[0] < pauses[3] < pauses[5] <= 60
    assert max(pauses) <= 60


def test_one_success_closes_the_circuit() -> None:
    circuit = _opened()
    circuit.succeeded()
    assert not circuit.is_open
    assert circuit.room(_DAY_S, in_flight=0, most=8) == 8


def test_nothing_is_sent_for_as_long_as_the_endpoint_asks() -> None:
    circuit = Circuit(Random(1))
    circuit.failed(0.0, asked_s=600.0)
    assert circuit.room(599.0, in_flight=0, most=8) == 0
    assert circuit.room(600.0, in_flight=0, most=8) == 8
