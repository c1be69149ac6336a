"""Tests of commands.refunds."""
