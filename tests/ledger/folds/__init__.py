"""Tests of ledger.folds."""
