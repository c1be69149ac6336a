"""Tests of the service: the interfaces to the outside."""
