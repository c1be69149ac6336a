"""Tests of the package that other programs import."""
