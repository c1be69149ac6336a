"""Tests of service.cli.work."""
