"""A file is done with once."""

from commands.reconciliation.complete_file import CompleteFile
from commands.unmatched.mark_fact_matched import MarkFactMatched
from ledger.events.files import FileAccepted, FileRecorded
from ledger.events.platform import UnmatchedFactMatched, UnmatchedFactReported
from ledger.refusals.finance import UnmatchedItemNotFound
from tests.support.given import FINANCE, NOW, ask, given

DIGEST = "0" * 64
ACCEPTED = FileAccepted(
    kind="camt053", digest=DIGEST, file_name="s.xml", partner="bank", rows=3, header={}, accepted_at=NOW
)
COMPLETE = ask(CompleteFile, by=FINANCE, kind="camt053", digest=DIGEST, refused=1)
NOTED = UnmatchedFactReported(
    system="sf", reference="INV-1.1", kind="partner_charge", refs={}, body={}, happened_at=NOW
)
ROUTE = ask(MarkFactMatched, by=FINANCE, system="sf", reference="INV-1.1", streams=["order/M-1/O-1"])


def test_it_says_how_many_rows_there_were() -> None:
    done = given(ACCEPTED).when(COMPLETE).then(FileRecorded).event(FileRecorded)
    assert (done.rows, done.refused) == (3, 1)


def test_it_is_done_with_once() -> None:
    given(ACCEPTED, *given(ACCEPTED).when(COMPLETE).events).when(COMPLETE).then_nothing()


def test_a_file_nobody_accepted_is_not_done_with() -> None:
    given().when(COMPLETE).then_nothing()


def test_a_fact_leaves_the_unmatched_items_once() -> None:
    matched = given(NOTED).when(ROUTE).then(UnmatchedFactMatched).events
    given(NOTED, *matched).when(ROUTE).then_nothing()


def test_what_does_not_stand_there_does_not_leave() -> None:
    given().when(ROUTE).then_refused(UnmatchedItemNotFound)
