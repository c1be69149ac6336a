"""Tests of projections.audit."""
