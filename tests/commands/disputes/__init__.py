"""Tests of commands.disputes."""
