"""Tests of commands.payments."""
