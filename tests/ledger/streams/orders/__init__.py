"""Tests of ledger.streams.orders."""
