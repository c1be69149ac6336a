"""Tests of projections.worklists."""
