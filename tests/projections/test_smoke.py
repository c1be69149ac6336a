from tests.projections.history import *
from projections.engine.worker import ProjectionWorker
from projections.registry import PROJECTIONS
from projections.balances import balances, trial_balance, journal_lines, Moment
from projections.trail import trail, TrailFilter

def test_smoke(ledger, views):
    h=History(ledger)
    h.entry(1, sale("M-1","10.00")); h.entry(1, release("M-1","10.00")); p=h.entry(1, payout("M-1","4.00"))
    h.entry(1, paid("M-1","4.00"), day=date(2025,4,2))
    for pr in PROJECTIONS.values():
        ProjectionWorker(ledger.engine, ledger.reader, pr).catch_up()
    print(views.status(PROJECTIONS["merchant_balances"]))
    print(balances(views))
    print(balances(views, Moment(at={1:p})))
    print(balances(views, Moment(as_of=DAY)))
    print(trial_balance(views))
    for l in journal_lines(views,"M-1"): print(l)
    print(trail(views, TrailFilter(merchant="M-1")))
