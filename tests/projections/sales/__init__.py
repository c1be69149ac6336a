"""Tests of projections.sales."""
