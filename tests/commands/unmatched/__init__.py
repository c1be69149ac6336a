"""Tests of commands.unmatched."""
