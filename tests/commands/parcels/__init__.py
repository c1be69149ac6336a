"""Tests of commands.parcels."""
