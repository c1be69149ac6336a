"""Tests of service.docs_from_code."""
