"""Tests of ledger.log.verification."""
