"""Tests of projections.accounting."""
