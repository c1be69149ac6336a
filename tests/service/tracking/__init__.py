"""Tests of service.tracking."""
