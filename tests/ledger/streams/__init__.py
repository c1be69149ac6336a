"""Tests of what streams remember."""
