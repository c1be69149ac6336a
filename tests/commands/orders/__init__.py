"""Tests of commands.orders."""
