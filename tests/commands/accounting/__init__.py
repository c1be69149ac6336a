"""Tests of commands.accounting."""
