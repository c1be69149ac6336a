"""Tests of service.schemas."""
