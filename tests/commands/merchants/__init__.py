"""Tests of commands.merchants."""
