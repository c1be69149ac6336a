"""Tests of commands.returns."""
