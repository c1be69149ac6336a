"""Tests of commands.settlement."""
