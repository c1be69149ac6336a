"""Tests of ledger.journal.rules."""
