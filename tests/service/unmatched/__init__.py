"""Tests of service.unmatched."""
