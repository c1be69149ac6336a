"""Tests of commands.reconciliation."""
