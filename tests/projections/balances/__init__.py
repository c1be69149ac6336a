"""Tests of projections.balances."""
