"""Every line of the carriers' own examples is accounted for: as scans of a number, or kept whole as a fact."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from commands.unmatched.report_unmatched_fact import ReportUnmatchedFact
from projections.tracking.tracking_numbers import NumberedParcel
from service.adapters.carriers import aftership, easypost, parsed
from service.formats.bodies import unmapped
from tests.service.adapters.carriers.samples import body_of, lines
from tests.support.partner_facts import commands_for, commands_from


def nobody(tracking_no: str) -> tuple[NumberedParcel, ...]:  # noqa: ARG001
    return ()


def ours(tracking_no: str) -> tuple[NumberedParcel, ...]:  # noqa: ARG001
    return (NumberedParcel("M-1", "O-1", "P-1", ""),)


def counted(name: str, module: Any) -> Counter[str]:
    """Returns the numbers of lines that become scans and unmapped facts; no line becomes nothing."""
    kinds: Counter[str] = Counter()
    for line in lines(name):
        commands = commands_from(module, body_of(line), nobody)
        (kind,) = {command.kind for command in commands if isinstance(command, ReportUnmatchedFact)}
        kinds[kind] += 1
    return kinds


def test_every_answer_of_aftership_is_accounted_for() -> None:
    assert counted("aftership_responses.jsonl", aftership) == {"tracking": 13, "carrier_payload": 1}


def test_every_answer_of_easypost_is_accounted_for() -> None:
    assert counted("easypost_responses.jsonl.gz", easypost) == {"tracking": 19, "carrier_payload": 30}


def test_every_carriers_payload_is_accounted_for() -> None:
    kinds: Counter[str] = Counter()
    for line in lines("carrier_payloads.jsonl.gz"):
        body = body_of(line)
        is_parsed = line["kind"] == "parsed"
        commands = commands_from(parsed, body, nobody) if is_parsed else commands_for([unmapped(body, "karrio")])
        assert commands, f"{line['carrier']} {line['name']} came to nothing"
        kinds[line["kind"]] += 1
    assert kinds == {"raw": 38, "parsed": 39}


def test_every_parsed_event_is_one_scan() -> None:
    trackers = [t for line in lines("carrier_payloads.jsonl.gz") if line["kind"] == "parsed" for t in line["body"][0]]
    events = [len(tracker.get("events") or [{}]) for tracker in trackers]
    assert [len(parsed.scans_of(tracker)) for tracker in trackers] == events


def test_the_scans_are_mapped_by_their_status() -> None:
    trackers = [t for line in lines("carrier_payloads.jsonl.gz") if line["kind"] == "parsed" for t in line["body"][0]]
    reached = Counter(scan.milestone for tracker in trackers for scan in parsed.scans_of(tracker))
    assert {word: reached[word] for word in ("out_for_delivery", "available_for_pickup", "delivery_attempted")} == {
        "out_for_delivery": 18,
        "available_for_pickup": 4,
        "delivery_attempted": 4,
    }


def test_no_parcel_is_signed_for_that_its_carrier_has_not_delivered() -> None:
    for line in lines("carrier_payloads.jsonl.gz"):
        for tracker in line["body"][0] if line["kind"] == "parsed" else ():
            signatures = [scan for scan in parsed.scans_of(tracker) if scan.milestone == "signed_for"]
            assert not (signatures and tracker.get("delivered") is False), tracker["tracking_number"]


def test_every_parsed_time_without_an_offset_is_flagged() -> None:
    for line in lines("carrier_payloads.jsonl.gz"):
        for tracker in line["body"][0] if line["kind"] == "parsed" else ():
            for event, scan in zip(tracker.get("events") or (), parsed.scans_of(tracker), strict=False):
                offset = str(event.get("timestamp") or "")[-6:-5] in ("+", "-")
                assert bool(scan.doubt) is not offset, event


@pytest.mark.parametrize("name", ["aftership_responses.jsonl", "easypost_responses.jsonl.gz"])
def test_what_a_sample_says_twice_is_one_command(name: str) -> None:
    module = aftership if name.startswith("aftership") else easypost
    for line in lines(name):
        first, again = (commands_from(module, body_of(line), ours) for _ in range(2))
        assert [(c.id, c.fingerprint()) for c in first] == [(c.id, c.fingerprint()) for c in again]


def test_a_raw_payload_keeps_its_codes_in_the_open() -> None:
    (line,) = (ln for ln in lines("carrier_payloads.jsonl.gz") if (ln["carrier"], ln["kind"]) == ("gls", "raw"))
    (note,) = commands_for([unmapped(body_of(line), "gls")])
    assert isinstance(note, ReportUnmatchedFact)
    assert "INTRANSIT" in note.body["codes"]
