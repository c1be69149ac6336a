"""Tests of commands.products."""
