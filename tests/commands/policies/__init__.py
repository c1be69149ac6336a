"""Tests of commands.policies."""
