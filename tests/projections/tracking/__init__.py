"""Tests of projections.tracking."""
