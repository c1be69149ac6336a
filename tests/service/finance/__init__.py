"""Tests of service.finance."""
