"""Tests of commands.payouts."""
