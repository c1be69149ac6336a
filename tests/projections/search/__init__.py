"""Tests of projections.search."""
