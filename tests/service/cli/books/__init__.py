"""Tests of service.cli.books."""
