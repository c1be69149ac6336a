"""The documents in `docs/` are those that the code makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.menu import MENU
from ledger.events.event import Event
from ledger.journal.rule import rule
from ledger.refusals.catalogue import REFUSALS
from projections.registry import PROJECTIONS
from service.docs_from_code import DOCUMENTS
from service.docs_from_code.posting_rules import POSTING_RULES
from service.docs_from_code.raised_refusals import refusals_of

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_a_document_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == DOCUMENTS[name](), "python -m service.docs_from_code writes it"


def test_every_refusal_is_documented() -> None:
    text = DOCUMENTS["refusals.md"]()
    assert [code for code in REFUSALS if f"| `{code}` |" not in text] == []


def test_every_command_is_documented() -> None:
    text = DOCUMENTS["commands.md"]()
    assert [name for name in MENU if f"## {name}\n" not in text] == []


def test_every_event_that_writes_an_entry_names_its_posting_rule() -> None:
    ours = {kind for kind in rule.registry if kind.__module__.startswith("ledger.events.")}
    assert set(POSTING_RULES) == {kind.name for kind in ours if issubclass(kind, Event)}


def test_every_shape_that_a_command_names_has_its_section() -> None:
    text = DOCUMENTS["commands.md"]()
    assert "### OrderLine\n" in text
    assert "### Money\n" in text


def test_every_command_of_the_command_line_is_documented() -> None:
    text = DOCUMENTS["cli.md"]()
    assert "## redledger import olist DIR\n" in text
    assert "## redledger record FILE|-\n" in text


def test_no_default_of_an_option_is_lost_as_markup() -> None:
    assert "[default" not in DOCUMENTS["cli.md"]()


def test_every_read_model_is_documented() -> None:
    text = DOCUMENTS["views.md"]()
    assert [name for name in PROJECTIONS if f"## {name} v" not in text] == []


def test_the_refusals_of_a_command_are_found_through_what_it_calls() -> None:
    found = refusals_of(MENU["dispatch_parcel"].decide)
    assert {"PARCEL_NOT_FOUND", "DUPLICATE_TRACKING_NO", "ORDER_NOT_CONFIRMED", "REFUND_PENDING_ON_LINE"} <= set(found)


def test_a_command_is_not_given_refusals_of_others() -> None:
    assert "PAYOUT_IN_FLIGHT" not in refusals_of(MENU["dispatch_parcel"].decide)


@pytest.mark.parametrize("name", ["report_tracking", "report_dispatch", "report_signature", "report_split"])
def test_a_report_is_refused_for_nothing_it_says(name: str) -> None:
    assert refusals_of(MENU[name].decide) == []


def test_what_the_rules_refuse_is_found() -> None:
    assert "POLICY_NOT_EFFECTIVE" in refusals_of(MENU["place_order"].decide)


def test_what_a_policy_refuses_is_found() -> None:
    assert "MARKET_NOT_OPEN" in refusals_of(MENU["submit_product"].decide)
